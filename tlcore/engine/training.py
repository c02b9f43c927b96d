"""transformers.Trainer with our batches, our optimizer groups and our hooks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import f1_score
from transformers import Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from tlcore.engine.callbacks import KeepBest, Steps, StopWish
from tlcore.engine.classifier import TextClassifier
from tlcore.engine.phases import Phase, open_phase
from tlcore.engine.precision import autocast, device, use_bf16
from tlcore.engine.tokens import by_length, pad, shuffled_by_length
from tlcore.errors import TlcoreError

TOKENS_PER_EVALUATION_BATCH = 8192
MOST_HALVINGS = 3


@dataclass(frozen=True)
class Rows:
    """Token ids and integer labels of the rows of one side."""

    ids: list[list[int]]
    y: list[int]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Recipe:
    """What holds for all phases. Gradients longer than max_grad_norm are cut to it."""

    batch_size: int
    seed: int
    max_grad_norm: float = 1.0


class LossBroke(Exception):
    """The loss is no number any more."""


class Batches(torch.utils.data.Sampler[list[int]]):
    """Where batches come from: rows of like length together, a new order each epoch."""

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, 0

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        yield from shuffled_by_length(self.lengths, self.batch_size, self.seed + 1000 * self.epoch)
        self.epoch += 1


class LengthTrainer(Trainer):
    """Trainer whose batches come by length, and which evaluates with `validate` instead of a padded data loader."""

    def __init__(
        self, rows: Rows, recipe: Recipe, validate: Callable[[], dict[str, float | None]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._rows, self._recipe, self._validate = rows, recipe, validate
        self.steps: Steps | None = None
        self.pad_id = int(getattr(kwargs["model"].encoder.config, "pad_token_id", 0) or 0)

    def get_train_dataloader(self) -> torch.utils.data.DataLoader[Any]:
        sampler = Batches([len(one) for one in self._rows.ids], self._recipe.batch_size, self._recipe.seed)
        return torch.utils.data.DataLoader(range(len(self._rows)), batch_sampler=sampler, collate_fn=self._collate)  # type: ignore[arg-type]

    def _collate(self, rows: list[int]) -> dict[str, torch.Tensor]:
        batch = pad([self._rows.ids[i] for i in rows], self.pad_id)
        return {**batch, "labels": torch.tensor([self._rows.y[i] for i in rows])}

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        loss = super().training_step(*args, **kwargs)
        if not math.isfinite(value := float(loss)):
            raise LossBroke
        if self.steps:
            self.steps.saw_loss(value)
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float | None]:  # type: ignore[override]
        begun = time.monotonic()
        metrics = self._validate()
        if self.steps:
            self.steps.spent_outside += time.monotonic() - begun
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def predict_rows(model: TextClassifier, ids: Sequence[Sequence[int]]) -> np.ndarray:
    """Logits, float32 [rows, classes], without gradients and by length."""
    place = device()
    pad_id = int(getattr(model.encoder.config, "pad_token_id", 0) or 0)
    was_training = model.training
    model.eval()
    found = np.zeros((len(ids), model.classifier.out_features), dtype=np.float32)
    for batch in by_length([len(one) for one in ids], TOKENS_PER_EVALUATION_BATCH):
        inputs = {name: t.to(place) for name, t in pad([ids[i] for i in batch], pad_id).items()}
        with torch.inference_mode(), autocast():
            found[batch] = model(**inputs)["logits"].float().cpu().numpy()
    model.train(was_training)
    return found


def validation_metrics(model: TextClassifier, rows: Rows) -> dict[str, float | None]:
    """eval_loss and eval_macro_f1 on the validation rows; None without any, and the last round wins."""
    if not len(rows):
        return {"eval_loss": None, "eval_macro_f1": None}
    logits, y = predict_rows(model, rows.ids), np.array(rows.y)
    shifted = logits - logits.max(1, keepdims=True)
    loss = float(np.mean(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(y)), y]))
    return {"eval_loss": loss, "eval_macro_f1": float(f1_score(y, logits.argmax(1), average="macro"))}


@dataclass(frozen=True)
class Hooks:
    """How training speaks and listens: emit events, stop wishes, and what to say when a phase begins."""

    emit: Callable[..., None]
    check_stop: Callable[[], None]
    stop_wish: Callable[[], str | None]
    begin: Callable[[Phase], None] = lambda phase: None


def run_phases(
    model: TextClassifier, rows: tuple[Rows, Rows], phases: Sequence[Phase], recipe: Recipe, folder: Path, hooks: Hooks
) -> KeepBest:
    """Train in place, phase by phase; the best weights of all by validation macro-F1 are in the model afterwards.

    rows: to learn from, to validate on. Each phase begins with the best weights so far. A loss that is no number any more
    is caught: the best weights come back and the phase begins again at half its rates. Raises StopRequested on cancel,
    TlcoreError if the loss breaks again and again.
    """
    train, _ = rows
    per_round = -(-len(train) // recipe.batch_size)
    steps, best, stop = (
        Steps(hooks.emit, len(train), per_round),
        KeepBest(hooks.emit),
        StopWish(hooks.check_stop, hooks.stop_wish),
    )
    for number, phase in enumerate(phases):
        steps.begin_phase(per_round * sum(one.epochs for one in phases[number:]))
        for halvings in range(MOST_HALVINGS + 1):
            hooks.begin(phase)
            trainer = _trainer(
                model, rows, phase, replace(recipe, seed=recipe.seed + number), folder, [steps, stop, best]
            )
            trainer.args.eval_on_start = not best.seen
            try:
                trainer.train()
                break
            except LossBroke:
                best.restore(model)
                phase = _halved(phase, halvings, hooks)
        best.restore(model)
        if stop.kept:
            break
    return best


def _halved(phase: Phase, halvings: int, hooks: Hooks) -> Phase:
    if halvings == MOST_HALVINGS:
        raise TlcoreError(
            "Training broke down: the loss was no number any more, even with much smaller steps.",
            f"phase “{phase.name}”",
            "Choose a smaller step size in Plan, or another base model.",
        )
    text = "The loss was no number any more: the last good weights are back, and the steps are half as large."
    hooks.emit("note", level="warning", text=text)
    return replace(phase, rates={name: rate / 2 for name, rate in phase.rates.items()})


def _trainer(
    model: TextClassifier, rows: tuple[Rows, Rows], phase: Phase, recipe: Recipe, folder: Path, callbacks: list[Any]
) -> LengthTrainer:
    """A Trainer for one phase: its own optimizer and warm-up, the callbacks that live through all of them."""
    train, validation = rows
    steps, _, best = callbacks
    best.begin_phase(phase.patience, math.ceil(phase.warmup * phase.epochs))
    total = -(-len(train) // recipe.batch_size) * phase.epochs
    arguments = TrainingArguments(
        output_dir=str(folder), num_train_epochs=phase.epochs, eval_strategy="epoch", save_strategy="no",
        logging_strategy="no", report_to="none", disable_tqdm=True, bf16=use_bf16(), use_cpu=device().type == "cpu",
        warmup_steps=round(phase.warmup * total), max_grad_norm=recipe.max_grad_norm, seed=recipe.seed,
        per_device_train_batch_size=recipe.batch_size, lr_scheduler_type="linear",
    )  # fmt: skip
    trainer = LengthTrainer(
        train, recipe, lambda: validation_metrics(model, validation), model=model, args=arguments,
        train_dataset=train, eval_dataset=validation,
        optimizers=(torch.optim.AdamW(open_phase(model, phase), fused=True), None), callbacks=callbacks,
    )  # fmt: skip
    trainer.steps = steps
    trainer.remove_callback(PrinterCallback)
    return trainer
