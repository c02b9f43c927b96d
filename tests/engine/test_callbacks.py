"""tlcore.engine.callbacks: each hook by itself, with a trainer's state made up."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tlcore.engine import callbacks
from tlcore.engine.callbacks import Checkpoints, KeepBest, Remembers, Steps, StopWish
from tlcore.errors import StopRequested


class Events(list[dict[str, Any]]):
    def __call__(self, kind: str, **fields: Any) -> None:
        self.append({"kind": kind, **fields})


def control() -> SimpleNamespace:
    return SimpleNamespace(should_training_stop=False, should_evaluate=False, should_save=False)


def state(step: int = 0, epoch: float = 0.0, total: int = 10, rounds: int = 1) -> SimpleNamespace:
    return SimpleNamespace(global_step=step, max_steps=total, epoch=epoch, num_train_epochs=rounds)


def rounds(keep: KeepBest, model: torch.nn.Linear, scores: list[float]) -> list[SimpleNamespace]:
    """Evaluate once a round; before each, every weight is set to the number of the round."""
    ends = []
    for epoch, score in enumerate(scores):
        with torch.no_grad():
            model.weight.fill_(epoch)
        ends.append(control())
        keep.on_evaluate(
            None, state(epoch, epoch), ends[-1], metrics={"eval_macro_f1": score, "eval_loss": 1.0}, model=model
        )
    return ends


def test_the_best_round_is_kept_and_restored() -> None:
    events, model = Events(), torch.nn.Linear(2, 2)
    keep = KeepBest(events, {"weight"})
    keep.begin_phase(patience=5, least_rounds=0)
    rounds(keep, model, [0.2, 0.5, 0.9, 0.3, 0.9])
    assert (keep.best, keep.best_epoch) == (0.9, 2)
    assert model.weight.unique().tolist() == [4.0]
    keep.restore(model)
    assert model.weight.unique().tolist() == [2.0]
    assert [event["best"] for event in events] == [True, True, True, False, False]
    assert [event["patience_left"] for event in events] == [5, 5, 5, 4, 3]
    assert [event["macro_f1"] for event in events] == [0.2, 0.5, 0.9, 0.3, 0.9]


def test_it_ends_when_patience_is_spent_and_not_before() -> None:
    keep = KeepBest(Events(), {"weight"})
    keep.begin_phase(patience=2, least_rounds=0)
    ends = rounds(keep, torch.nn.Linear(2, 2), [0.5, 0.4, 0.6, 0.5, 0.6])
    assert [end.should_training_stop for end in ends] == [False, False, False, False, True]


def test_what_was_kept_does_not_move_with_the_model() -> None:
    model = torch.nn.Linear(2, 2)
    keep = KeepBest(Events(), {"weight"})
    keep.restore(model)  # nothing was judged yet: nothing changes
    assert not keep.seen
    rounds(keep, model, [0.5])
    assert keep.seen
    with torch.no_grad():
        model.weight.add_(100)
    keep.restore(model)
    assert model.weight.unique().tolist() == [0.0]


def test_a_wish_to_keep_evaluates_and_ends_a_wish_to_cancel_raises() -> None:
    wish: list[str | None] = [None]

    def check() -> None:
        raise StopRequested("cancel")

    hook = StopWish(check, lambda: wish[0])
    end = control()
    hook.on_step_end(None, state(), end)
    assert (end.should_training_stop, hook.kept) == (False, False)
    wish[0] = "keep"
    hook.on_step_end(None, state(), end)
    assert (end.should_training_stop, end.should_evaluate, hook.kept) == (True, True, True)
    hook.on_epoch_end(None, state(), end)
    assert not end.should_evaluate  # not twice at one step
    wish[0] = "cancel"
    with pytest.raises(StopRequested):
        hook.on_step_end(None, state(), end)


def optimizer() -> SimpleNamespace:
    return SimpleNamespace(param_groups=[{"name": "head", "lr": 0.01}, {"name": "block 1", "lr": 0.001}])


def test_steps_tell_loss_rates_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: now[0]))
    events = Events()
    steps = Steps(events, texts_per_round=50, steps_per_round=5)
    steps.begin_phase(10)
    steps.saw_loss(2.0)
    now[0] += 0.1
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_EVENTS", 200.0)
    steps.on_step_end(None, state(1, 0.2), control(), optimizer=optimizer())
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_EVENTS", 0.0)
    now[0] += 4.9
    steps.on_step_end(None, state(2, 0.4), control(), optimizer=optimizer())
    (event,) = events
    assert (event["step"], event["total_steps"], event["epoch"], event["loss"]) == (2, 10, 0.4, 2.0)
    assert event["rates"] == {"head": 0.01, "block 1": 0.001}
    assert event["texts_per_second"] == pytest.approx(4.0)  # two steps of ten texts in five seconds
    assert event["seconds_left"] == pytest.approx(20.0)
    assert event["memory_mb"] > 10


def test_steps_do_not_flood_but_the_last_is_always_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: now[0]))
    events = Events()
    steps = Steps(events, texts_per_round=50, steps_per_round=100)
    steps.begin_phase(100)
    for step in range(1, 101):
        now[0] += 0.01
        steps.on_step_end(None, state(step, step / 100, total=100), control(), optimizer=optimizer())
    assert 2 <= len(events) <= 4
    assert events[-1]["step"] == 100
    assert events[-1]["seconds_left"] == 0


def test_the_loss_is_smoothed_and_a_broken_one_is_left_out() -> None:
    steps = Steps(Events(), 10, 2)
    steps.saw_loss(1.0)
    steps.saw_loss(float("nan"))
    steps.saw_loss(float("inf"))
    assert steps.loss == 1.0
    steps.saw_loss(0.0)
    assert 0.5 < (steps.loss or 0) < 1.0


def test_steps_rounds_and_patience_over_two_phases(monkeypatch: pytest.MonkeyPatch) -> None:
    events, model = Events(), torch.nn.Linear(2, 2)
    steps, keep = Steps(events, 50, 5), KeepBest(events, {"weight"})
    steps.begin_phase(30)
    keep.begin_phase(patience=2, least_rounds=0)
    rounds(keep, model, [0.5, 0.4])
    for hook in (steps, keep):
        hook.on_train_end(None, state(10, 2.0), control())
    steps.begin_phase(20)
    keep.begin_phase(patience=2, least_rounds=0)
    rounds(keep, model, [0.3, 0.6])
    steps.on_step_end(None, state(5, 1.0, total=20), control(), optimizer=optimizer())
    evals = [event for event in events if event["kind"] == "eval"]
    assert [event["epoch"] for event in evals] == [0, 1, 2, 3]
    assert [event["patience_left"] for event in evals] == [2, 1, 2, 2]
    assert (keep.best, keep.best_epoch) == (0.6, 3)
    assert (events[-1]["step"], events[-1]["total_steps"], events[-1]["epoch"]) == (15, 30, 3.0)


def told(hook: Checkpoints, step: int) -> bool:
    """Whether a step of two rounds of five asks for a checkpoint."""
    end = control()
    hook.on_step_end(None, state(step, step / 5, total=10, rounds=2), end)
    return bool(end.should_save)


class Wished:
    """A hook whose user wishes what `wish` says; counts how often it ended for a pause."""

    def __init__(self) -> None:
        self.wish: str | None = None
        self.paused = 0
        self.hook = Checkpoints(lambda: self.wish, self.pause)

    def pause(self) -> None:
        self.paused += 1
        raise StopRequested("pause")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_a_checkpoint_is_asked_for_once_in_a_while(clock: list[float]) -> None:
    run = Wished()
    asked = []
    for step in range(1, 5):
        clock[0] += 0.4 * callbacks.SECONDS_BETWEEN_CHECKPOINTS
        asked.append(told(run.hook, step))
    assert asked == [False, False, True, True]  # until it was made
    run.hook.on_save(None, state(4), control())
    assert not told(run.hook, 4)
    clock[0] += callbacks.SECONDS_BETWEEN_CHECKPOINTS
    assert told(run.hook, 4)
    assert run.paused == 0


@pytest.mark.parametrize("wish", [None, "pause"])
def test_never_between_the_last_step_of_a_round_and_its_evaluation(clock: list[float], wish: str | None) -> None:
    run = Wished()
    run.wish = wish
    clock[0] += 10 * callbacks.SECONDS_BETWEEN_CHECKPOINTS
    assert [told(run.hook, step) for step in range(1, 11)] == [True] * 4 + [False] + [True] * 4 + [False]
    end = control()
    run.hook.on_epoch_end(None, state(5, 1.0, total=10, rounds=2), end)
    assert end.should_save


def test_a_wish_to_pause_asks_at_once_and_ends_only_when_all_is_saved(clock: list[float]) -> None:
    run = Wished()
    assert not told(run.hook, 1)
    run.wish = "pause"
    assert told(run.hook, 2)
    assert run.paused == 0
    with pytest.raises(StopRequested):
        run.hook.on_save(None, state(2), control())


@pytest.mark.parametrize("wish", [None, "keep", "cancel"])
def test_other_wishes_are_not_its_business(clock: list[float], wish: str | None) -> None:
    run = Wished()
    run.wish = wish
    assert not told(run.hook, 1)
    run.hook.on_save(None, state(1), control())
    assert run.paused == 0


def over_a_pause(before: Remembers, after: Remembers) -> None:
    """What one hook knew, through JSON, into another of its kind."""
    after.load_state_dict(json.loads(json.dumps(before.state_dict())))


def test_steps_go_on_counting_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_EVENTS", 0.0)
    before, events = Steps(Events(), 50, 5), Events()
    before.begin_phase(30)
    before.saw_loss(2.0)
    before.saw_loss(1.0)
    before.on_train_end(None, state(10, 2.0), control())
    before.begin_phase(20)
    after = Steps(events, 50, 5)
    over_a_pause(before, after)
    after.on_step_end(None, state(5, 1.0, total=20), control(), optimizer=optimizer())
    (event,) = events
    assert (event["step"], event["total_steps"], event["epoch"], event["loss"]) == (15, 30, 3.0, 1.9)


def test_the_best_round_and_the_patience_left_survive_a_pause() -> None:
    model, events = torch.nn.Linear(2, 2), Events()
    before, after = KeepBest(Events(), {"weight"}), KeepBest(events, {"weight"})
    before.begin_phase(patience=3, least_rounds=0)
    rounds(before, model, [0.5, 0.9, 0.3])
    before.on_train_end(None, state(10, 3.0), control())
    before.waited = 1
    over_a_pause(before, after)
    assert (after.best, after.best_epoch, after.patience, after.waited) == (0.9, 1, 3, 1)
    ends = []
    for epoch, (score, loss) in enumerate([(0.9, 1.0), (0.9, 1.5)], start=1):
        ends.append(control())
        metrics = {"eval_macro_f1": score, "eval_loss": loss}
        after.on_evaluate(None, state(epoch, epoch), ends[-1], metrics=metrics, model=model)
    assert [event["best"] for event in events] == [False, False]  # a tie with a loss that is no lower
    assert [event["epoch"] for event in events] == [4, 5]
    assert [end.should_training_stop for end in ends] == [False, True]


def test_before_any_round_was_judged_there_is_something_to_keep_too() -> None:
    before, after = KeepBest(Events(), {"weight"}), KeepBest(Events(), {"weight"})
    before.begin_phase(patience=4, least_rounds=2)
    over_a_pause(before, after)
    assert after.state_dict() == before.state_dict()
    assert after.lowest_loss == float("inf")


def test_of_equal_scores_the_lower_loss_is_the_better_round() -> None:
    events, model = Events(), torch.nn.Linear(2, 2)
    keep = KeepBest(events, {"weight"})
    keep.begin_phase(patience=9, least_rounds=0)
    for epoch, (score, loss) in enumerate([(0.5, 1.0), (0.5, 0.8), (0.5, 0.9), (0.4, 0.1)]):
        metrics = {"eval_macro_f1": score, "eval_loss": loss}
        keep.on_evaluate(None, state(epoch, epoch), control(), metrics=metrics, model=model)
    assert [event["best"] for event in events] == [True, True, False, False]
    assert (keep.best, keep.best_epoch, keep.lowest_loss) == (0.5, 1, 0.8)


def test_patience_is_not_spent_while_the_steps_still_grow() -> None:
    keep = KeepBest(Events(), {"weight"})
    keep.begin_phase(patience=1, least_rounds=3)
    ends = rounds(keep, torch.nn.Linear(2, 2), [0.5, 0.4, 0.4, 0.4, 0.4])
    assert [end.should_training_stop for end in ends] == [False] * 4 + [True]


def test_what_was_learned_is_held_also_where_the_start_is_better() -> None:
    keep, model = KeepBest(Events(), {"weight"}), torch.nn.Linear(2, 2)
    keep.begin_phase(patience=9, least_rounds=0)
    for epoch, score in enumerate([0.5, 0.3, 0.4, 0.2]):
        with torch.no_grad():
            model.weight.fill_(epoch)
        metrics = {"eval_macro_f1": score, "eval_loss": 1.0}
        keep.on_evaluate(None, state(epoch, epoch), control(), metrics=metrics, model=model)
    assert (keep.best, keep.best_epoch) == (0.5, 0)
    assert (keep.learned_best, keep.learned_epoch, keep.learned_loss) == (0.4, 2, 1.0)
    assert (float(keep.weights["weight"][0, 0]), float(keep.learned["weight"][0, 0])) == (0, 2)


def test_what_was_learned_is_not_held_twice_where_it_is_the_best() -> None:
    keep = KeepBest(Events(), {"weight"})
    keep.begin_phase(patience=9, least_rounds=0)
    rounds(keep, torch.nn.Linear(2, 2), [0.5, 0.9, 0.3])
    assert keep.learned is keep.weights
    assert (keep.learned_best, keep.learned_epoch) == (0.9, 1)


def test_rounds_may_be_judged_by_auroc() -> None:
    keep, model = KeepBest(Events(), {"weight"}, "auroc"), torch.nn.Linear(2, 2)
    keep.begin_phase(patience=9, least_rounds=0)
    for epoch, area in enumerate([0.5, 0.8, 0.7]):
        metrics = {"eval_macro_f1": epoch / 10, "eval_auroc": area, "eval_loss": 1.0}
        keep.on_evaluate(None, state(epoch, epoch), control(), metrics=metrics, model=model)
    assert (keep.best, keep.best_epoch) == (0.8, 1)
