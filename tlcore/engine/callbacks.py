"""What is added to transformers.Trainer, each a hook of its own: events, the user's stop, the best weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import psutil
import torch
from transformers import TrainerCallback

SECONDS_BETWEEN_EVENTS = 0.5
SMOOTHING = 0.9


class CountsOn(TrainerCallback):
    """Counts steps and rounds on over the phases; each phase is a Trainer of its own, which begins at 0."""

    steps_before, rounds_before = 0, 0.0

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.steps_before += state.global_step
        self.rounds_before += state.epoch or 0.0


class Steps(CountsOn):
    """Emits `step` events: smoothed loss, learning rates by group, texts a second, seconds left, memory.

    `begin_phase` says how many steps are still planned.
    """

    def __init__(self, emit: Callable[..., None], texts_per_round: int, steps_per_round: int) -> None:
        self.emit, self.texts_per_step = emit, texts_per_round / max(1, steps_per_round)
        self.loss: float | None = None
        self._said, self._begun = 0.0, time.monotonic()
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
        if now - self._said < SECONDS_BETWEEN_EVENTS and state.global_step < state.max_steps:
            return
        self._said = now
        spent = max(now - self._begun - self.spent_outside, 1e-6)
        step = self.steps_before + state.global_step
        rates = {group["name"]: group["lr"] for group in kwargs["optimizer"].param_groups}
        self.emit(
            "step", step=step, total_steps=self.planned, epoch=round(self.rounds_before + (state.epoch or 0.0), 3),
            loss=None if self.loss is None else round(self.loss, 5), rates=rates,
            texts_per_second=round(step * self.texts_per_step / spent, 1),
            seconds_left=round((now - self._begun) / max(step, 1) * max(0, self.planned - step), 1),
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


class KeepBest(CountsOn):
    """Holds a copy of the weights of the best round by validation macro-F1, stops when patience is spent, restores it.

    The head-first start counts as round 0, so fine-tuning cannot end below where it began (by validation). Of rounds
    with the same score the one with the lower loss is better: few validation rows often tie. Patience is not spent
    before `least_rounds`: while the steps still grow, a score that stands still says nothing.
    """

    def __init__(self, emit: Callable[..., None]) -> None:
        self.emit = emit
        self.patience, self.least_rounds = 1, 0
        self.best, self.best_epoch, self.waited, self._loss = -1.0, 0.0, 0, float("inf")
        self._weights: dict[str, torch.Tensor] = {}

    def begin_phase(self, patience: int, least_rounds: int) -> None:
        self.patience, self.least_rounds, self.waited = patience, least_rounds, 0

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        metrics = kwargs["metrics"]
        macro_f1, epoch = metrics["eval_macro_f1"], self.rounds_before + (state.epoch or 0.0)
        judged = macro_f1 is not None  # without validation rows there is nothing to judge by: the last round stays
        better = not judged or (macro_f1, -metrics["eval_loss"]) > (self.best, -self._loss)
        if better:
            self.best_epoch, self.waited = epoch, 0
            if judged:
                self.best, self._loss = macro_f1, metrics["eval_loss"]
            self._weights = {name: t.detach().to("cpu", copy=True) for name, t in kwargs["model"].state_dict().items()}
        elif (state.epoch or 0.0) > self.least_rounds:
            self.waited += 1
        if self.waited >= self.patience:
            control.should_training_stop = True
        self.emit(
            "eval", step=self.steps_before + state.global_step, epoch=round(epoch, 3),
            loss=round(metrics["eval_loss"], 5) if judged else None, macro_f1=round(macro_f1, 4) if judged else None,
            best=better, patience_left=self.patience - self.waited,
        )  # fmt: skip

    @property
    def seen(self) -> bool:
        """Whether any round was judged yet."""
        return bool(self._weights)

    def restore(self, model: torch.nn.Module) -> None:
        """The weights of the best round so far; nothing where there was none."""
        if self._weights:
            model.load_state_dict(self._weights, strict=False)
