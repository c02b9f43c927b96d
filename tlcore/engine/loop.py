"""Training phase by phase: each a Trainer of its own, the hooks live through all; a broken loss, a pause and a crash are survived."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from transformers import TrainingArguments
from transformers.trainer_callback import PrinterCallback

from tlcore.engine.adam import HalvesAdamW
from tlcore.engine.averaging import Averaged
from tlcore.engine.callbacks import Checkpoints, KeepBest, Remembers, Steps, StopWish
from tlcore.engine.checkpoints import Checkpoint, checkpoint_folder, load_checkpoint, save_checkpoint
from tlcore.engine.classifier import TextClassifier
from tlcore.engine.forgetting import ForgettingGuard
from tlcore.engine.groups import HEAD
from tlcore.engine.phases import Phase, moving_names, open_phase
from tlcore.engine.precision import device
from tlcore.engine.training import LengthTrainer, LossBroke, Recipe, Rows, validation_metrics
from tlcore.errors import TlcoreError

MOST_HALVINGS = 3
MOST_AVERAGED = 50
"""Steps over which weights are averaged; a round, if that has fewer."""


@dataclass(frozen=True)
class Hooks:
    """How training speaks and listens: emit events, stop wishes, and what to say when a phase begins."""

    emit: Callable[..., None]
    check_stop: Callable[[], None]
    stop_wish: Callable[[], str | None]
    begin: Callable[[Phase], None] = lambda phase: None


def run_phases(
    model: TextClassifier, rows: tuple[Rows, Rows], phases: Sequence[Phase], recipe: Recipe, folder: Path, hooks: Hooks,
    guard: ForgettingGuard | None = None,
) -> KeepBest:  # fmt: skip
    """Train in place, phase by phase; the best weights of all by the validation rows are in the model afterwards.

    rows: to learn from, to validate on. Each phase goes on from where the one before ended. A loss that is no number any more
    is caught: the best weights come back and the phase begins again at half its rates. A checkpoint in `folder` is gone on
    from. Raises StopRequested on cancel or pause, TlcoreError if the loss breaks again and again.
    """
    return _Training(model, rows, phases, recipe, folder, hooks, guard).run()


class _Training:
    def __init__(
        self, model: TextClassifier, rows: tuple[Rows, Rows], phases: Sequence[Phase], recipe: Recipe, folder: Path,
        hooks: Hooks, guard: ForgettingGuard | None,
    ) -> None:  # fmt: skip
        self.model, self.rows, self.phases, self.recipe, self.folder = model, rows, list(phases), recipe, folder
        self.hooks, self.guard = hooks, guard
        self.per_round = -(-len(rows[0]) // recipe.batch_size)
        self.moving = moving_names(model, phases)
        self.steps = Steps(hooks.emit, len(rows[0]), self.per_round)
        self.best = KeepBest(hooks.emit, self.moving, recipe.watch)
        self.average = Averaged(model, self.moving, min(self.per_round, MOST_AVERAGED))
        self.stop = StopWish(hooks.check_stop, hooks.stop_wish)
        self.saves = Checkpoints(hooks.stop_wish, hooks.check_stop)
        self.remember: dict[str, Remembers] = {"steps": self.steps, "best": self.best}
        if guard:
            self.remember["guard"] = guard

    def run(self) -> KeepBest:
        resumed = self._resume()
        for number in range(resumed.state["phase"] if resumed else 0, len(self.phases)):
            if not (resumed and resumed.state["over"]):
                self._phase(number, resumed)
            resumed = None
            if self.stop.kept:
                break
        self.best.restore(self.model)
        return self.best

    def _phase(self, number: int, resumed: Checkpoint | None) -> None:
        """One phase; at half its rates again, as often as the loss breaks."""
        first = resumed.state["halvings"] if resumed else 0
        for halvings in range(first, MOST_HALVINGS + 1):
            phase = self._halved(self.phases[number], halvings)
            if not resumed:
                self.average.begin_phase()
                self.steps.begin_phase(self.per_round * sum(one.epochs for one in self.phases[number:]))
                self.best.begin_phase(phase.patience, math.ceil(phase.warmup * phase.epochs))
            self.hooks.begin(phase)
            trainer = self._trainer(phase, replace(self.recipe, seed=self.recipe.seed + number), resumed)
            trainer.save = lambda trainer, halvings=halvings: self._save(trainer, number, halvings)  # type: ignore[misc]
            try:
                trainer.train(resume_from_checkpoint=str(checkpoint_folder(self.folder)) if resumed else None)
                self.average.settle()
                return
            except LossBroke:
                self.best.restore(self.model)
                self._say_broken(phase, halvings)
                resumed = None

    def _halved(self, phase: Phase, halvings: int) -> Phase:
        """At rates halved as often as the loss broke, and the body's as often as the guard slowed it down."""
        slowed = self.guard.slowed if self.guard else 0
        halves = {name: halvings + (slowed if name != HEAD else 0) for name in phase.rates}
        return replace(phase, rates={name: rate / 2 ** halves[name] for name, rate in phase.rates.items()})

    def _say_broken(self, phase: Phase, halvings: int) -> None:
        if halvings == MOST_HALVINGS:
            raise TlcoreError(
                "Training broke down: the loss was no number any more, even with much smaller steps.",
                f"phase “{phase.name}”",
                "Choose a smaller step size in Plan, or another base model.",
            )
        text = "The loss was no number any more: the last good weights are back, and the steps are half as large."
        self.hooks.emit("note", level="warning", text=text)

    def _trainer(self, phase: Phase, recipe: Recipe, resumed: Checkpoint | None) -> LengthTrainer:
        """A Trainer for one phase: its own optimizer and warm-up."""
        train, validation = self.rows
        arguments = TrainingArguments(
            output_dir=str(self.folder), num_train_epochs=phase.epochs, eval_strategy="epoch", save_strategy="no",
            logging_strategy="no", report_to="none", disable_tqdm=True, use_cpu=device().type == "cpu",
            warmup_steps=round(phase.warmup * self.per_round * phase.epochs), max_grad_norm=0,
            per_device_train_batch_size=recipe.batch_size, lr_scheduler_type="linear", seed=recipe.seed,
            eval_on_start=not self.best.seen,
        )  # fmt: skip
        trainer = LengthTrainer(
            train, recipe, lambda: (recipe.validate or validation_metrics)(self.model, validation), resumed, model=self.model,
            args=arguments, train_dataset=train, eval_dataset=validation,
            optimizers=(HalvesAdamW(open_phase(self.model, phase)), None),
            callbacks=[self.average, *self.remember.values(), self.stop, self.saves],
        )  # fmt: skip
        trainer.steps, trainer.judged = self.steps, self.average.applied
        trainer.remove_callback(PrinterCallback)
        return trainer

    def _save(self, trainer: LengthTrainer, number: int, halvings: int) -> None:
        hooks = {name: hook.state_dict() for name, hook in self.remember.items()}
        checkpoint = Checkpoint({"phase": number, "halvings": halvings, "hooks": hooks})
        now = self.model.state_dict()
        checkpoint.put("model", {name: now[name] for name in self.moving})
        checkpoint.put("best", self.best.weights)
        if self.best.learned is not self.best.weights:
            checkpoint.put("learned", self.best.learned)
        checkpoint.put("average", self.average.weights)
        checkpoint.state["averaged"] = self.average.steps
        trainer.fill(checkpoint)
        save_checkpoint(self.folder, checkpoint, trainer.state)

    def _resume(self) -> Checkpoint | None:
        """Weights, best round and hooks as they were at the last checkpoint, if there is one that fits this training."""
        found = load_checkpoint(self.folder)
        if found is None or not self._fits(found.part("model")):
            return None
        self.model.load_state_dict(found.part("model"), strict=False)
        self.best.weights = found.part("best")
        self.best.learned = found.part("learned") or self.best.weights
        self.average.steps, self.average.weights = found.state["averaged"], self._at_home(found.part("average"))
        for name, hook in self.remember.items():
            hook.load_state_dict(found.state["hooks"][name])
        if found.state["over"]:
            self.average.settle()
            for hook in self.remember.values():
                hook.steps_before += found.state["step"]
                hook.rounds_before += found.state["step"] / self.per_round
        self.hooks.emit("resumed", step=self.steps.steps_before + (0 if found.state["over"] else found.state["step"]))
        return found

    def _fits(self, weights: dict[str, torch.Tensor]) -> bool:
        now = self.model.state_dict()
        return sorted(weights) == self.moving and all(now[name].shape == one.shape for name, one in weights.items())

    def _at_home(self, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """In the order and on the device of the model's weights."""
        return {name: tensors[name].to(device()) for name in self.moving}
