"""What is added to transformers.Trainer, each a hook of its own: events, the user's wishes, the best weights, checkpoints.

Each lives through all phases; `state_dict` and `load_state_dict` carry what it knows over a pause or a crash, as JSON.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection
from typing import Any

import psutil
import torch
from transformers import TrainerCallback

SECONDS_BETWEEN_EVENTS = 0.5
SECONDS_BETWEEN_CHECKPOINTS = 30.0
SMOOTHING = 0.9


class Remembers(TrainerCallback):
    """Counts steps and rounds on over the phases, each of which is a Trainer of its own that begins at 0."""

    kept: tuple[str, ...] = ("steps_before", "rounds_before")
    steps_before, rounds_before = 0, 0.0

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.steps_before += state.global_step
        self.rounds_before += state.epoch or 0.0

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name in self.kept:
            setattr(self, name, state[name])


class Steps(Remembers):
    """Emits `step` events: smoothed loss, learning rates by group, texts a second, seconds left, memory.

    `begin_phase` says how many steps are still planned.
    """

    kept = (*Remembers.kept, "loss", "planned")

    def __init__(self, emit: Callable[..., None], texts_per_round: int, steps_per_round: int) -> None:
        self.emit, self.texts_per_step = emit, texts_per_round / max(1, steps_per_round)
        self.loss: float | None = None
        self._said, self._begun, self._steps_here = 0.0, time.monotonic(), 0
        self.spent_outside = 0.0
        self.planned = 0

    def begin_phase(self, planned: int) -> None:
        """planned: steps of this phase and those after it."""
        self.planned = self.steps_before + planned

    def saw_loss(self, loss: float) -> None:
        if math.isfinite(loss):
            self.loss = loss if self.loss is None else SMOOTHING * self.loss + (1 - SMOOTHING) * loss

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        now = time.monotonic()
        self._steps_here += 1
        if now - self._said < SECONDS_BETWEEN_EVENTS and state.global_step < state.max_steps:
            return
        self._said = now
        spent = max(now - self._begun - self.spent_outside, 1e-6)
        step = self.steps_before + state.global_step
        rates = {group["name"]: group["lr"] for group in kwargs["optimizer"].param_groups}
        self.emit(
            "step", step=step, total_steps=self.planned, epoch=round(self.rounds_before + (state.epoch or 0.0), 3),
            loss=None if self.loss is None else round(self.loss, 5), rates=rates,
            texts_per_second=round(self._steps_here * self.texts_per_step / spent, 1),
            seconds_left=round((now - self._begun) / self._steps_here * max(0, self.planned - step), 1),
            memory_mb=round(psutil.Process().memory_info().rss / 2**20),
        )  # fmt: skip


class StopWish(TrainerCallback):
    """Looks at every step whether the user asked for an end: `cancel` raises at once, `keep` evaluates, then ends."""

    def __init__(self, check_stop: Callable[[], None], wish: Callable[[], str | None]) -> None:
        self.check_stop, self.wish = check_stop, wish
        self.kept = False

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        wish = self.wish()
        if wish == "cancel":
            self.check_stop()
        elif wish == "keep":
            self.kept = True
            control.should_evaluate = True
            control.should_training_stop = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.kept:
            control.should_evaluate = False  # it was just done, at this very step


class Checkpoints(TrainerCallback):
    """Asks the Trainer to save now and then, and when the user wants to pause; `pause` is called once that is saved.

    Never between the last step of a round and its evaluation: going on from there would leave the evaluation out.
    """

    def __init__(self, wish: Callable[[], str | None], pause: Callable[[], None]) -> None:
        self.wish, self.pause = wish, pause
        self._last = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step % self._steps_per_round(state):
            self._ask(control)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._ask(control)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._last = time.monotonic()
        if self.wish() == "pause":
            self.pause()

    def _ask(self, control: Any) -> None:
        due = time.monotonic() - self._last >= SECONDS_BETWEEN_CHECKPOINTS
        if due or self.wish() == "pause":
            control.should_save = True

    @staticmethod
    def _steps_per_round(state: Any) -> int:
        return max(1, round(state.max_steps / max(1, state.num_train_epochs)))


class KeepBest(Remembers):
    """Holds a copy of the weights of the best round, stops when patience is spent, restores it.

    Rounds are judged by macro-F1 (or, if `watch` says so, AUROC) on the validation rows. The head-first start counts as
    round 0, so fine-tuning cannot end below where it began (by validation). Of rounds with the same score the one with the
    lower loss is better: few validation rows often tie. Patience is not spent before `least_rounds`: while the steps still
    grow, a score that stands still says nothing. names: the weights to hold, those that some phase moves.

    `learned` holds the best round after the start, also where the start is better: half of what it learned may be better
    than either (see `blending`).
    """

    kept = (
        *Remembers.kept, "patience", "least_rounds", "best", "best_epoch", "waited", "lowest_loss",
        "learned_best", "learned_epoch", "learned_loss",
    )  # fmt: skip

    def __init__(self, emit: Callable[..., None], names: Collection[str], watch: str = "macro_f1") -> None:
        self.emit, self.names, self.watch = emit, set(names), watch
        self.patience, self.least_rounds = 1, 0
        self.best, self.best_epoch, self.waited, self.lowest_loss = float("-inf"), 0.0, 0, float("inf")
        self.learned_best, self.learned_epoch, self.learned_loss = float("-inf"), 0.0, float("inf")
        self.weights: dict[str, torch.Tensor] = {}
        self.learned: dict[str, torch.Tensor] = {}

    def begin_phase(self, patience: int, least_rounds: int) -> None:
        self.patience, self.least_rounds, self.waited = patience, least_rounds, 0

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        metrics = kwargs["metrics"]
        score, epoch = metrics.get(f"eval_{self.watch}"), self.rounds_before + (state.epoch or 0.0)
        judged = score is not None  # without validation rows there is nothing to judge by: the last round stays
        better = not judged or (score, -metrics["eval_loss"]) > (self.best, -self.lowest_loss)
        if better:
            self.best_epoch, self.waited = epoch, 0
            if judged:
                self.best, self.lowest_loss = score, metrics["eval_loss"]
            self.weights = self._copied(kwargs["model"])
        elif (state.epoch or 0.0) > self.least_rounds:
            self.waited += 1
        if judged and epoch > 0 and (score, -metrics["eval_loss"]) > (self.learned_best, -self.learned_loss):
            self.learned_best, self.learned_epoch, self.learned_loss = score, epoch, metrics["eval_loss"]
            self.learned = self.weights if better else self._copied(kwargs["model"])
        if self.waited >= self.patience:
            control.should_training_stop = True
        scores = {name.removeprefix("eval_"): value and round(value, 5) for name, value in metrics.items()}
        self.emit(
            "eval", step=self.steps_before + state.global_step, epoch=round(epoch, 3), **scores,
            best=better, patience_left=self.patience - self.waited,
        )  # fmt: skip

    def _copied(self, model: torch.nn.Module) -> dict[str, torch.Tensor]:
        everything = model.state_dict()
        return {name: everything[name].detach().to("cpu", copy=True) for name in self.names}

    @property
    def seen(self) -> bool:
        """Whether any round was judged yet."""
        return bool(self.weights)

    def restore(self, model: torch.nn.Module) -> None:
        """The weights of the best round so far; nothing where there was none."""
        if self.weights:
            model.load_state_dict(self.weights, strict=False)
