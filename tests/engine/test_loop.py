"""tlcore.engine.loop: the loss falls, the best round stays, phases open, a stop is heard, and a kill at any step changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_rows import rows

from tlcore.engine import callbacks, loop
from tlcore.engine.classifier import TextClassifier
from tlcore.engine.cut import Cut, store
from tlcore.engine.groups import EMBEDDINGS, TOP, block_name
from tlcore.engine.loop import Hooks, run_phases
from tlcore.engine.phases import Phase, discriminative_rates, gradual_unfreezing
from tlcore.engine.training import Recipe, Rows, predict_rows, validation_metrics
from tlcore.errors import StopRequested, TlcoreError

GROUPS = [EMBEDDINGS, *(block_name(i) for i in (1, 2, 3)), TOP]
EVERYTHING = discriminative_rates(GROUPS, 5e-3, 1.0, 5e-3)


class Killed(BaseException):
    """What nobody catches: stands for SIGKILL."""


class Trial:
    """One fine-tuning, with what it said and, if wanted, a wish to stop at a step."""

    def __init__(
        self, model: TextClassifier, folder: Path, epochs: int = 8, seed: int = 0, patience: int = 20,
        stop_at: tuple[int, str] | None = None, phases: list[Phase] | None = None, kill_at: int = 0,
    ) -> None:  # fmt: skip
        self.model, self.events, self.stop_at, self.kill_at = model, [], stop_at, kill_at
        self.events: list[dict[str, Any]]
        hooks = Hooks(self.emit, self.check_stop, self.wish, lambda phase: self.emit("begin", name=phase.name))
        given = phases or [Phase("all", "Everything", EVERYTHING, epochs, patience, weight_decay=0.0)]
        self.best = run_phases(model, (rows(48, 0), rows(24, 1)), given, Recipe(8, seed), folder, hooks)

    def emit(self, kind: str, **fields: Any) -> None:
        self.events.append({"kind": kind, **fields})
        if kind == "step" and fields["step"] == self.kill_at:
            raise Killed

    def wish(self) -> str | None:
        begun = sum(event["kind"] == "eval" for event in self.events)
        return self.stop_at[1] if self.stop_at and begun > self.stop_at[0] else None

    def check_stop(self) -> None:
        raise StopRequested(self.wish() or "cancel")

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]


def weights(model: TextClassifier) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def test_the_loss_falls_rows_never_seen_are_told_apart_and_nothing_is_nan(
    make: Callable[..., TextClassifier], tmp_path: Path
) -> None:
    model = make()
    before = validation_metrics(model, rows(48, 0))
    trial = Trial(model, tmp_path)
    after, unseen = validation_metrics(model, rows(48, 0)), validation_metrics(model, rows(24, 1))
    assert after["eval_loss"] < 0.75 * before["eval_loss"]  # of the round kept: the best by validation, not the last
    assert unseen["eval_macro_f1"] > 0.85
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())
    evals = trial.of("eval")
    assert len(evals) == 9  # the start counts as round 0
    assert [e["epoch"] for e in evals] == list(range(9))
    assert trial.best.best == pytest.approx(max(e["macro_f1"] for e in evals), abs=1e-4)  # events are rounded
    last = trial.of("step")[-1]
    assert last["step"] == last["total_steps"] == 48
    assert {"head", "embeddings", "block 1"} <= set(last["rates"])
    assert np.isfinite(last["loss"])


def test_every_part_of_the_model_has_moved(make: Callable[..., TextClassifier], tmp_path: Path) -> None:
    model = make()
    before = weights(model)
    Trial(model, tmp_path, epochs=3)
    for name, value in weights(model).items():
        if "pooler" not in name and value.is_floating_point() and "position" not in name:
            assert not torch.equal(value, before[name]), name


def test_the_seed_decides(make: Callable[..., TextClassifier], tmp_path: Path) -> None:
    found = []
    for seed in (1, 1, 2):
        model = make()
        torch.manual_seed(seed)
        Trial(model, tmp_path, epochs=2, seed=seed)
        found.append(predict_rows(model, rows(24, 1)))
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_the_best_round_is_what_is_left_and_patience_ends_it(
    make: Callable[..., TextClassifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = [0.2, 0.5, 0.9, 0.3, 0.3, 0.3, 0.3]
    seen: list[dict[str, torch.Tensor]] = []

    def validate(model: TextClassifier, _: Rows) -> dict[str, float]:
        seen.append(weights(model))
        return {"eval_loss": 1.0, "eval_macro_f1": script[len(seen) - 1], "eval_auroc": 0.5}

    monkeypatch.setattr("tlcore.engine.loop.validation_metrics", validate)
    model = make()
    trial = Trial(model, tmp_path, epochs=6, patience=3)
    assert len(seen) == 6  # rounds 0 to 5: three without a better score
    assert (trial.best.best, trial.best.best_epoch) == (0.9, 2)
    for name, value in weights(model).items():
        assert torch.equal(value, seen[2][name]), name
    assert not torch.equal(seen[2]["classifier.weight"], seen[5]["classifier.weight"])


def test_stop_and_keep_evaluates_what_there_is_and_ends(make: Callable[..., TextClassifier], tmp_path: Path) -> None:
    trial = Trial(make(), tmp_path, epochs=50, stop_at=(2, "keep"))
    epochs = [e["epoch"] for e in trial.of("eval")]
    assert epochs[:3] == [0, 1, 2]
    assert 2 < epochs[-1] < 3
    assert trial.best.best == pytest.approx(max(e["macro_f1"] for e in trial.of("eval")), abs=1e-4)


def test_cancel_raises_at_once(make: Callable[..., TextClassifier], tmp_path: Path) -> None:
    with pytest.raises(StopRequested):
        Trial(make(), tmp_path, epochs=50, stop_at=(1, "cancel"))


def three_steps(patience: int = 9) -> list[Phase]:
    return gradual_unfreezing(3, 1, 3, (5e-3, 0.5, 1e-2), (1, 1, 2), patience=patience)


def test_blocks_open_from_the_top_down_and_the_rates_told_say_so(
    make: Callable[..., TextClassifier], tmp_path: Path
) -> None:
    trial = Trial(make(), tmp_path, phases=three_steps())
    assert [one["name"] for one in trial.of("begin")] == ["top 1", "top 2", "top 3"]
    told = [set(one["rates"]) for one in trial.of("step")]
    assert told[0] == {"head", "block 3"}
    assert told[-1] == {"head", "block 3", "block 2", "block 1"}
    for earlier, later in pairwise(told):
        assert earlier <= later
    for one in trial.of("step")[:-1]:
        assert one["rates"]["head"] == pytest.approx(2 * one["rates"]["block 3"])
        if "block 2" in one["rates"]:
            assert one["rates"]["block 2"] == pytest.approx(0.5 * one["rates"]["block 3"])


def test_what_is_not_open_stays_as_it_was_and_embeddings_always(
    make: Callable[..., TextClassifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make()
    seen = [weights(model)]
    scores = iter([0.1, 0.2, 0.3, 0.4, 0.5])

    def validate(model: TextClassifier, _: Rows) -> dict[str, float]:
        seen.append(weights(model))
        return {"eval_loss": 1.0, "eval_macro_f1": next(scores), "eval_auroc": 0.5}

    monkeypatch.setattr("tlcore.engine.loop.validation_metrics", validate)
    Trial(model, tmp_path, phases=three_steps())

    def moved(before: int, after: int) -> set[str]:
        return {name for name in seen[0] if not torch.equal(seen[before][name], seen[after][name])}

    def parts(names: set[str]) -> set[str]:
        return {name.split("layer.")[1][0] if "layer." in name else name.split(".")[0] for name in names}

    assert not moved(0, 1)  # the round before the first step
    assert parts(moved(1, 2)) == {"2", "classifier"}
    assert parts(moved(2, 3)) == {"1", "2", "classifier"}
    assert parts(moved(3, 5)) == {"0", "1", "2", "classifier"}


def test_steps_and_rounds_are_counted_on_over_the_phases(make: Callable[..., TextClassifier], tmp_path: Path) -> None:
    trial = Trial(make(), tmp_path, phases=three_steps())
    assert [one["epoch"] for one in trial.of("eval")] == [0, 1, 2, 3, 4]
    assert [one["step"] for one in trial.of("eval")] == [0, 6, 12, 18, 24]
    steps = [one["step"] for one in trial.of("step")]
    assert steps == sorted(steps)
    assert {one["total_steps"] for one in trial.of("step")} == {24}
    assert trial.of("step")[-1]["seconds_left"] == 0


def test_a_wish_to_keep_ends_all_phases(make: Callable[..., TextClassifier], tmp_path: Path) -> None:
    trial = Trial(make(), tmp_path, stop_at=(1, "keep"), phases=three_steps())
    assert [one["name"] for one in trial.of("begin")] in (["top 1"], ["top 1", "top 2"])


def test_a_broken_loss_brings_back_the_good_weights_at_half_the_rates(
    make: Callable[..., TextClassifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlcore.engine import training

    model, calls = make(), []
    real = training._gradients

    def gradients(*given: Any) -> Any:
        calls.append(1)
        loss, found = real(*given)
        if len(calls) == 8:
            with torch.no_grad():
                model.classifier.weight.fill_(float("nan"))
            return float("nan"), found
        return loss, found

    monkeypatch.setattr(training, "_gradients", gradients)
    trial = Trial(model, tmp_path, epochs=3)
    notes = [one["text"] for one in trial.of("note")]
    assert len(notes) == 1
    assert "half as large" in notes[0]
    assert len(trial.of("begin")) == 2
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())
    assert trial.best.best > 0.5


def test_a_loss_that_breaks_every_time_is_told_in_words(
    make: Callable[..., TextClassifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlcore.engine.training._gradients", lambda *_: (float("nan"), []))
    with pytest.raises(TlcoreError, match="no number any more") as told:
        Trial(make(), tmp_path, epochs=3)
    assert "smaller step size" in told.value.fix


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is told, and a checkpoint is due at each step."""
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_EVENTS", 0.0)
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)


def later_is_better(model: TextClassifier, unseen: Rows) -> dict[str, float | None]:
    """A score that grows with the distance from the start, which a training of few steps does."""
    size = float(model.classifier.weight.detach().norm())
    return {**validation_metrics(model, unseen), "eval_macro_f1": size / (1 + size)}


def test_killed_at_any_moment_of_any_phase_it_ends_as_if_nothing_had_happened(
    make: Callable[..., TextClassifier], tmp_path: Path, every_step: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen = rows(24, 1)
    # Each round is better than the one before: what is left is the very last step's.
    monkeypatch.setattr(loop, "validation_metrics", later_is_better)
    whole = Trial(make(), tmp_path / "whole", phases=three_steps())
    assert whole.best.best_epoch == 4
    expected = predict_rows(whole.model, unseen)
    moments = np.random.default_rng(0)
    begins, lasts = (1, 7, 13), (6, 12, 24)  # steps of the three phases
    for phase, (begin, last) in enumerate(zip(begins, lasts, strict=True)):
        for step in sorted({begin, last, *moments.choice(np.arange(begin, last + 1), 5, replace=False).tolist()}):
            folder = tmp_path / f"{phase}-{step}"
            with pytest.raises(Killed):
                Trial(make(), folder, phases=three_steps(), kill_at=step)
            again = Trial(make(), folder, phases=three_steps())
            assert np.array_equal(predict_rows(again.model, unseen), expected), step
            assert (again.best.best, again.best.best_epoch) == (whole.best.best, whole.best.best_epoch)
            resumed = [one["step"] for one in again.of("resumed")]
            assert resumed == ([step - 1] if step > 1 else []), step
            told = [(one["step"], one["epoch"]) for one in again.of("eval")]
            assert told == [(one["step"], one["epoch"]) for one in whole.of("eval")][-len(told) :]
            assert again.of("step")[-1]["rates"] == whole.of("step")[-1]["rates"]


def test_paused_it_ends_at_once_and_goes_on_from_that_very_step(
    make: Callable[..., TextClassifier], tmp_path: Path
) -> None:
    whole = Trial(make(), tmp_path / "whole", epochs=4)
    with pytest.raises(StopRequested) as caught:
        Trial(make(), tmp_path / "paused", epochs=4, stop_at=(2, "pause"))
    assert caught.value.wish == "pause"
    again = Trial(make(), tmp_path / "paused", epochs=4)
    assert [one["step"] for one in again.of("resumed")] == [13]  # the first step after round 2
    assert np.array_equal(predict_rows(again.model, rows(24, 1)), predict_rows(whole.model, rows(24, 1)))


def test_a_checkpoint_of_another_training_is_left_alone(
    make: Callable[..., TextClassifier], tmp_path: Path, every_step: None
) -> None:
    with pytest.raises(Killed):
        Trial(make(), tmp_path, kill_at=5)
    other = Trial(make(), tmp_path, phases=three_steps()[:1])
    assert not other.of("resumed")
    assert len(other.of("eval")) == 2


def test_checkpoints_are_not_made_at_every_step(make: Callable[..., TextClassifier], tmp_path: Path) -> None:
    Trial(make(), tmp_path, epochs=2)
    assert not (tmp_path / "checkpoint").exists()  # it took less than SECONDS_BETWEEN_CHECKPOINTS


def test_patience_spent_before_the_kill_is_not_given_again(
    make: Callable[..., TextClassifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_step: None
) -> None:
    """Killed in the second phase's first step: the first phase, which ended early, is over and stays so."""
    monkeypatch.setattr(
        "tlcore.engine.loop.validation_metrics", lambda *_: {"eval_loss": 1.0, "eval_macro_f1": 0.5, "eval_auroc": 0.5}
    )
    phases = [replace(phase, epochs=6, warmup=0.0) for phase in three_steps(patience=2)]
    whole = Trial(make(), tmp_path / "whole", phases=phases)
    ends = [one["step"] for one in whole.of("eval")]
    assert ends == [0, 6, 12, 18, 24, 30, 36]  # two rounds a phase
    with pytest.raises(Killed):
        Trial(make(), tmp_path / "killed", phases=phases, kill_at=13)
    again = Trial(make(), tmp_path / "killed", phases=phases)
    assert [one["name"] for one in again.of("begin")] == ["top 2", "top 3"]
    assert [one["step"] for one in again.of("eval")] == [18, 24, 30, 36]


def test_auroc_can_be_what_a_round_is_judged_by(
    make: Callable[..., TextClassifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    areas = iter([0.5, 0.9, 0.7])
    monkeypatch.setattr(
        "tlcore.engine.loop.validation_metrics",
        lambda *_: {"eval_loss": 1.0, "eval_macro_f1": 0.5, "eval_auroc": next(areas)},
    )
    hooks = Hooks(lambda *_, **__: None, lambda: None, lambda: None)
    phases = [Phase("all", "Everything", EVERYTHING, 2, 9)]
    best = run_phases(make(), (rows(48, 0), rows(24, 1)), phases, Recipe(8, 0, watch="auroc"), tmp_path, hooks)
    assert (best.best, best.best_epoch) == (0.9, 1)


def test_the_model_starts_above_blocks_that_stay_and_learns_as_well(
    make: Callable[..., TextClassifier], tmp_path: Path
) -> None:
    model = make()
    model.cut = Cut(model.encoder, 2)
    train, unseen = (
        replace(side, stored=store(model.encoder, model.cut, side.ids, model.layers, lambda: None))
        for side in (rows(48, 0), rows(24, 1))
    )
    model.cut.open()
    phases = gradual_unfreezing(3, 3, 1, (5e-3, 1.0, 1e-2), (8,), patience=20)
    hooks = Hooks(lambda *_, **__: None, lambda: None, lambda: None)
    best = run_phases(model, (train, unseen), phases, Recipe(8, 0), tmp_path, hooks)
    assert best.best > 0.7
    model.cut.close()
    whole = predict_rows(model, rows(24, 1))
    model.cut.open()
    assert np.allclose(whole, predict_rows(model, unseen), atol=0.1)
