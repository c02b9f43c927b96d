"""tlcore.engine.callbacks: each hook by itself, with a trainer's state made up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tlcore.engine import callbacks
from tlcore.engine.callbacks import KeepBest, Steps, StopWish
from tlcore.errors import StopRequested


class Events(list[dict[str, Any]]):
    def __call__(self, kind: str, **fields: Any) -> None:
        self.append({"kind": kind, **fields})


def control() -> SimpleNamespace:
    return SimpleNamespace(should_training_stop=False, should_evaluate=False)


def state(step: int = 0, epoch: float = 0.0, total: int = 10) -> SimpleNamespace:
    return SimpleNamespace(global_step=step, max_steps=total, epoch=epoch)


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
    keep = KeepBest(events, patience=5)
    rounds(keep, model, [0.2, 0.5, 0.9, 0.3, 0.9])
    assert (keep.best, keep.best_epoch) == (0.9, 2)
    assert model.weight.unique().tolist() == [4.0]
    keep.restore(model)
    assert model.weight.unique().tolist() == [2.0]
    assert [event["best"] for event in events] == [True, True, True, False, False]
    assert [event["patience_left"] for event in events] == [5, 5, 5, 4, 3]
    assert [event["macro_f1"] for event in events] == [0.2, 0.5, 0.9, 0.3, 0.9]


def test_it_ends_when_patience_is_spent_and_not_before() -> None:
    ends = rounds(KeepBest(Events(), patience=2), torch.nn.Linear(2, 2), [0.5, 0.4, 0.6, 0.5, 0.6])
    assert [end.should_training_stop for end in ends] == [False, False, False, False, True]


def test_what_was_kept_does_not_move_with_the_model() -> None:
    model = torch.nn.Linear(2, 2)
    keep = KeepBest(Events(), patience=3)
    rounds(keep, model, [0.5])
    with torch.no_grad():
        model.weight.add_(100)
    keep.restore(model)
    assert model.weight.unique().tolist() == [0.0]


def test_a_wish_to_keep_evaluates_and_ends_a_wish_to_cancel_raises() -> None:
    wish: list[str | None] = [None]

    def check() -> None:
        raise StopRequested(keep=False)

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
    steps = Steps(events, texts_per_epoch=50)
    args = SimpleNamespace(num_train_epochs=2)
    steps.on_train_begin(args, state(), control())
    steps.saw_loss(2.0)
    now[0] += 5
    steps.on_step_end(args, state(2, 0.4), control(), optimizer=optimizer())
    (event,) = events
    assert (event["step"], event["total_steps"], event["epoch"], event["loss"]) == (2, 10, 0.4, 2.0)
    assert event["rates"] == {"head": 0.01, "block 1": 0.001}
    assert event["texts_per_second"] == pytest.approx(4.0)  # a fifth of 100 texts in five seconds
    assert event["seconds_left"] == pytest.approx(20.0)
    assert event["memory_mb"] > 10


def test_steps_do_not_flood_but_the_last_is_always_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: now[0]))
    events = Events()
    steps = Steps(events, texts_per_epoch=50)
    args = SimpleNamespace(num_train_epochs=1)
    steps.on_train_begin(args, state(), control())
    for step in range(1, 101):
        now[0] += 0.01
        steps.on_step_end(args, state(step, step / 100, total=100), control(), optimizer=optimizer())
    assert 2 <= len(events) <= 4
    assert events[-1]["step"] == 100
    assert events[-1]["seconds_left"] == 0


def test_the_loss_is_smoothed_and_a_broken_one_is_left_out() -> None:
    steps = Steps(Events(), 10)
    steps.saw_loss(1.0)
    steps.saw_loss(float("nan"))
    steps.saw_loss(float("inf"))
    assert steps.loss == 1.0
    steps.saw_loss(0.0)
    assert 0.5 < (steps.loss or 0) < 1.0
