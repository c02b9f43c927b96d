"""transformers.Trainer with our batches, our optimizer groups and our checkpoints. Two seams are named here:
`Batches`, where batches come from, and `Rows.inputs`, where the model starts: token ids, or hidden states stored at a cut.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import Trainer

from tlcore.engine.adam import HalvesAdamW
from tlcore.engine.beside import both, in_halves, side_by_side
from tlcore.engine.callbacks import Steps
from tlcore.engine.checkpoints import (  # fmt: skip
    Checkpoint,
    optimizer_groups,
    optimizer_tensors,
    random_state,
    set_optimizer,
    set_random_state,
)
from tlcore.engine.classifier import TextClassifier
from tlcore.engine.cut import Stored
from tlcore.engine.dropout import drawing
from tlcore.engine.low_weights import LowWeights
from tlcore.engine.precision import autocast, device
from tlcore.engine.tokens import by_length, pad, pad_id_of, shuffled_by_length

TOKENS_PER_EVALUATION_BATCH = 4096


@dataclass(frozen=True)
class Rows:
    """Token ids and encoded targets of the rows of one side; `stored`: what the blocks below a cut gave for them."""

    ids: list[list[int]]
    y: list[Any]
    stored: Stored | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def labels(self, rows: Sequence[int]) -> torch.Tensor:
        """What these rows should be answered, [rows, ...]."""
        return torch.tensor([self.y[i] for i in rows])

    def inputs(self, rows: Sequence[int], pad_id: int) -> dict[str, torch.Tensor]:
        """What the model is given for these rows: ids and mask, and where it starts if not at the bottom."""
        ids = [self.ids[i] for i in rows]
        start = self.stored.of(rows, [len(one) for one in ids]) if self.stored else {}
        return {**pad(ids, pad_id), **start}


@dataclass(frozen=True)
class Recipe:
    """What holds for all phases. Gradients longer than max_grad_norm are cut to it.

    tokens_per_pass: padded tokens that go through the model at once; a batch of long texts goes in several passes whose
    gradients add up to the same, so memory is bounded and the steps are not changed. parts: 1, or 2 where both halves of a
    batch are learned from at once, by a thread each. watch: `macro_f1`, `auroc`, or another of the metrics of `validate`,
    which judges the model by the validation rows in another way than `validation_metrics`; higher is better.
    """

    batch_size: int
    seed: int
    max_grad_norm: float = 1.0
    tokens_per_pass: int = 4096
    watch: str = "macro_f1"
    parts: int = 1
    validate: Callable[[Any, Any], dict[str, float | None]] | None = None


class LossBroke(Exception):
    """The loss is no number any more."""


class Batches(torch.utils.data.Sampler[list[int]]):
    """Where batches come from: rows of like length together, a new order each epoch."""

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int, epoch: int = 0) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        epoch, self.epoch = (
            self.epoch,
            self.epoch + 1,
        )  # at once: the Trainer takes the batches and never asks for an end
        yield from shuffled_by_length(self.lengths, self.batch_size, self.seed + 1000 * epoch)


class LengthTrainer(Trainer):
    """Trainer whose batches come by length in passes of bounded size, evaluated by `validate` without a padded data loader.

    Its optimizer is a HalvesAdamW, which cuts gradients that are too long. save: called when a checkpoint is due. judged: what
    the model looks like while it is judged. resumed: the checkpoint to go on from, already in the model.
    """

    def __init__(
        self, rows: Rows, recipe: Recipe, validate: Callable[[], dict[str, float | None]], resumed: Checkpoint | None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self._rows, self._recipe, self._validate, self._resumed = rows, recipe, validate, resumed
        self.steps: Steps | None = None
        self.save: Callable[[LengthTrainer], None] = lambda trainer: None
        self.judged: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
        self.pad_id = pad_id_of(kwargs["model"].encoder)
        self._low = LowWeights(kwargs["model"])
        self._adam: HalvesAdamW = kwargs["optimizers"][0]

    def get_train_dataloader(self) -> torch.utils.data.DataLoader[Any]:
        recipe, lengths = self._recipe, [len(one) for one in self._rows.ids]
        done = int(self._resumed.state["step"]) if self._resumed else 0
        per_epoch = -(-len(lengths) // recipe.batch_size)
        sampler = Batches(lengths, recipe.batch_size, recipe.seed, epoch=done // per_epoch)
        return torch.utils.data.DataLoader(range(len(lengths)), batch_sampler=sampler, collate_fn=self._collate)  # type: ignore[arg-type]

    def _collate(self, rows: list[int]) -> dict[str, Any]:
        """The batch in parts of as many tokens, each in passes of like length, each with its labels."""
        parts = halves(rows, [len(self._rows.ids[i]) for i in rows]) if self._recipe.parts == 2 else [rows]
        return {"parts": [self._passes(part) for part in parts], "rows": len(rows)}

    def _passes(self, rows: list[int]) -> list[dict[str, torch.Tensor]]:
        lengths = [len(self._rows.ids[i]) for i in rows]
        most = self._recipe.tokens_per_pass // self._recipe.parts
        return [self._pass([rows[i] for i in part]) for part in by_length(lengths, most)]

    def _pass(self, rows: list[int]) -> dict[str, torch.Tensor]:
        return {**self._rows.inputs(rows, self.pad_id), "labels": self._rows.labels(rows)}

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """Loss and gradients of a batch. Not by accelerate, whose autocast and backward know one thread."""
        model.train()
        inputs = self._prepare_inputs(inputs)
        moving = [parameter for parameter in model.parameters() if parameter.requires_grad]
        chance = (self._recipe.seed + 1) * 1_000_003 + 2 * self.state.global_step
        with self._low.in_place(moving) as stand_in:

            def learn(part: int) -> tuple[float, list[torch.Tensor]]:
                with drawing(chance + part):
                    return _gradients(model, inputs["parts"][part], inputs["rows"], stand_in)

            found = both(learn, len(inputs["parts"]))
        loss = sum(one for one, _ in found)
        if not math.isfinite(loss):
            raise LossBroke
        length = give_gradients(moving, [gradients for _, gradients in found])
        if not math.isfinite(length):
            raise LossBroke
        self._adam.cut_by(max(1.0, length / self._recipe.max_grad_norm))
        if self.steps:
            self.steps.saw_loss(loss)
        return torch.tensor(loss, device=self.args.device)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float | None]:  # type: ignore[override]
        begun = time.monotonic()
        with self.judged():
            metrics = self._validate()
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        if self.steps:
            self.steps.spent_outside += time.monotonic() - begun
        return metrics

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        self.save(self)

    def fill(self, checkpoint: Checkpoint) -> None:
        """Put what the Trainer itself must have to go on into a checkpoint."""
        assert self.optimizer is not None
        assert self.lr_scheduler is not None
        checkpoint.state |= {
            "step": self.state.global_step, "over": bool(self.control.should_training_stop),
            "optimizer": optimizer_groups(self.optimizer), "scheduler": self.lr_scheduler.state_dict(),
        }  # fmt: skip
        checkpoint.put("optimizer", optimizer_tensors(self.optimizer))
        checkpoint.put("random", random_state())

    def _load_from_checkpoint(self, *_: Any, **__: Any) -> None:
        """The weights are in the model already."""

    def _load_optimizer_and_scheduler(self, checkpoint: Any) -> None:
        if self._resumed:
            set_optimizer(self.optimizer, self._resumed.state["optimizer"], self._resumed.part("optimizer"))
            self.lr_scheduler.load_state_dict(self._resumed.state["scheduler"])  # type: ignore[union-attr]

    def _load_rng_state(self, checkpoint: Any) -> None:
        if self._resumed:
            set_random_state(self._resumed.part("random"))


def _gradients(
    model: Any, passes: Sequence[dict[str, torch.Tensor]], rows: int, moving: Sequence[torch.Tensor]
) -> tuple[float, list[torch.Tensor]]:
    """Loss of some passes of a batch of so many rows, and its gradient by each weight that moves; zeros where it has none."""
    total = 0.0
    found: list[torch.Tensor] = []
    for one in passes:
        with autocast(keep_weights=False):  # each is used once a pass, and what is kept would be shared by threads
            loss = model(**one)["loss"] * (len(one["labels"]) / rows)
        new = torch.autograd.grad(loss, moving, materialize_grads=True)
        total += float(loss.detach())
        found = [_sum(pair) for pair in zip(found, new, strict=True)] if found else list(new)
    return total, found


def give_gradients(weights: Sequence[torch.Tensor], parts: Sequence[Sequence[torch.Tensor]]) -> float:
    """Each weight gets the sum of its gradients in `parts` as its `grad`, in its own precision; the length of all of them."""

    @torch.no_grad()
    def give(some: list[int]) -> float:
        sums = [_sum([part[i] for part in parts]) for i in some]
        for i, total in zip(some, sums, strict=True):
            weights[i].grad = total
        return float(torch.stack(torch._foreach_norm(sums)).square().sum())

    return math.sqrt(sum(in_halves([one.numel() for one in weights], give)))


def _sum(some: Sequence[torch.Tensor]) -> torch.Tensor:
    """In fp32, and never one of them: autograd may give two weights one tensor."""
    total = some[0].to(torch.float32, copy=True)
    for one in some[1:]:
        total += one
    return total


def halves(rows: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """The shorter and the longer texts, as many tokens in both as whole texts allow; one part where there is but one text."""
    order = np.argsort(np.asarray(lengths), kind="stable")
    tokens = np.cumsum(np.asarray(lengths)[order])
    middle = int(np.clip(np.searchsorted(tokens, tokens[-1] / 2) + 1, 1, max(1, len(rows) - 1)))
    return [[rows[i] for i in part] for part in (order[:middle], order[middle:]) if len(part)]


def predict_rows(model: TextClassifier, rows: Rows) -> Any:
    """Logits, float32 [rows, classes], without gradients and by length; of each token, a list of [tokens, outputs]."""
    place, pad_id = device(), pad_id_of(model.encoder)
    was_training = model.training
    model.eval()
    found = np.zeros((len(rows), model.classifier.out_features), dtype=np.float32)
    of_tokens: list[np.ndarray] = [found] * len(rows)

    def predict(batches: Iterator[list[int]]) -> None:
        with torch.inference_mode(), autocast():  # around all batches: the weights are turned into bf16 once
            for batch in batches:
                inputs = {name: t.to(place) for name, t in rows.inputs(batch, pad_id).items()}
                logits = model(**inputs)["logits"].float().cpu().numpy()
                if model.per_token:
                    for row, one in zip(batch, logits, strict=True):
                        of_tokens[row] = one[: len(rows.ids[row])]
                else:
                    found[batch] = logits

    side_by_side(by_length([len(one) for one in rows.ids], TOKENS_PER_EVALUATION_BATCH), predict)
    model.train(was_training)
    return of_tokens if model.per_token else found


def validation_metrics(model: TextClassifier, rows: Rows) -> dict[str, float | None]:
    """The objective's metrics on the validation rows, each named `eval_…`; None without any, and the last round wins."""
    if not len(rows):
        return {"eval_loss": None, "eval_macro_f1": None, "eval_auroc": None}
    y: Any = rows.y if model.per_token else np.array(rows.y)
    return {f"eval_{name}": value for name, value in model.objective.metrics(predict_rows(model, rows), y).items()}
