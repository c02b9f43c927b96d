"""Learning by contrast: texts of one class are drawn together, those of different classes apart, all of a batch at once."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from tlcore.engine.adam import HalvesAdamW
from tlcore.engine.beside import both
from tlcore.engine.callbacks import Steps
from tlcore.engine.dropout import drawing
from tlcore.engine.loop import Hooks
from tlcore.engine.low_weights import LowWeights
from tlcore.engine.phases import Phase, open_phase
from tlcore.engine.precision import autocast, device
from tlcore.engine.tokens import pad_id_of
from tlcore.engine.training import LossBroke, Rows, give_gradients, halves
from tlcore.errors import TlcoreError
from tlcore.models.pooling import mean_pool

NEVER = -1e9
LONGEST_GRADIENT = 1.0


class Embedder(torch.nn.Module):
    """forward(input_ids, attention_mask [batch, tokens]) -> the mean of the last hidden state at length 1, float32 [batch, width]."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        last = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return torch.nn.functional.normalize(mean_pool(last, attention_mask), dim=-1)


def contrast(embeddings: torch.Tensor, y: torch.Tensor, temperature: float) -> torch.Tensor:
    """Supervised contrastive loss (Khosla et al. 2020, arXiv 2004.11362), the mean over rows that have another of their class.

    embeddings: [rows, width], each of length 1. A row should be more like each of its class than like all the others: the
    negative log of its share among all similarities / temperature. 0 where no row has another of its class.
    """
    alike = embeddings @ embeddings.T / temperature
    itself = torch.eye(len(y), dtype=torch.bool, device=y.device)
    shares = torch.log_softmax(alike.masked_fill(itself, NEVER), dim=1)
    same = (y[:, None] == y[None, :]) & ~itself
    friends = same.sum(1)
    each = -(shares * same).sum(1)[friends > 0] / friends[friends > 0]
    return each.mean() if len(each) else (embeddings * 0).sum()


class ClassBatches(torch.utils.data.Sampler[list[int]]):
    """`steps` batches of at most `batch_size` rows in which classes are as even as they can be, and each has two rows or more.

    Rows come in turns: none comes again before all of its class have come. More classes than half a batch holds take turns too.
    """

    def __init__(self, y: Sequence[int], batch_size: int, steps: int, seed: int) -> None:
        self.steps, self.seed = steps, seed
        self.rows: dict[int, list[int]] = defaultdict(list)
        for i, one in enumerate(y):
            self.rows[one].append(i)
        self.batch_size = min(batch_size, len(y))

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng(self.seed)
        rows = {label: _Turns(of_class, rng) for label, of_class in self.rows.items()}
        classes = _Turns(sorted(self.rows), rng)
        many = min(len(self.rows), max(2, self.batch_size // 2))
        for _ in range(self.steps):
            chosen = classes.take(many)
            each = _even_shares([len(self.rows[label]) for label in chosen], self.batch_size)
            yield [row for label, share in zip(chosen, each, strict=True) for row in rows[label].take(share)]


def _even_shares(room: Sequence[int], total: int) -> list[int]:
    """How many of each, at most its room and `total` in all, as even as can be."""
    shares = [0] * len(room)
    while total and any(has < most for has, most in zip(shares, room, strict=True)):
        for i, most in enumerate(room):
            if total and shares[i] < most:
                shares[i], total = shares[i] + 1, total - 1
    return shares


class _Turns:
    """Items in a random order, then in another one, without end; none comes twice in one `take`."""

    def __init__(self, items: Sequence[int], rng: np.random.Generator) -> None:
        self._items, self._rng, self._left = list(items), rng, self._again(items, rng)

    def take(self, many: int) -> list[int]:
        """`many` of them, no more than there are."""
        if len(self._left) < many:
            others = self._again([one for one in self._items if one not in set(self._left)], self._rng)
            self._left += [*others, *self._again(self._left, self._rng)]
        taken, self._left = self._left[:many], self._left[many:]
        return taken

    @staticmethod
    def _again(items: Sequence[int], rng: np.random.Generator) -> list[int]:
        return [items[i] for i in rng.permutation(len(items))]


@dataclass(frozen=True)
class Contrast:
    """How to learn: so many steps of so many rows; parts: 2 where two threads each take half of a batch."""

    steps: int
    batch_size: int
    temperature: float
    seed: int
    parts: int = 1


class ContrastTrainer(Trainer):
    """Trainer whose loss belongs to a batch as a whole. It goes through the model in parts, a thread each: first all are
    embedded, then the loss says where each embedding should move, then each part carries that back (Gao et al. 2021,
    arXiv 2101.06983), so that no thread waits for another's gradients."""

    def __init__(self, rows: Rows, how: Contrast, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rows, self._how = rows, how
        self.steps: Steps | None = None
        self._low = LowWeights(kwargs["model"])
        self._adam: HalvesAdamW = kwargs["optimizers"][0]
        self._pad = pad_id_of(kwargs["model"].encoder)

    def get_train_dataloader(self) -> torch.utils.data.DataLoader[Any]:
        how = self._how
        batches = ClassBatches(self._rows.y, how.batch_size, how.steps, how.seed)
        return torch.utils.data.DataLoader(range(len(self._rows)), batch_sampler=batches, collate_fn=self._collate)  # type: ignore[arg-type]

    def _collate(self, rows: list[int]) -> dict[str, Any]:
        parts = halves(rows, [len(self._rows.ids[i]) for i in rows]) if self._how.parts == 2 else [rows]
        y = torch.tensor([self._rows.y[i] for part in parts for i in part])
        return {"parts": [self._rows.inputs(part, self._pad) for part in parts], "y": y}

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        model.train()
        inputs = self._prepare_inputs(inputs)
        parts, moving = inputs["parts"], [p for p in model.parameters() if p.requires_grad]
        chance = (self._how.seed + 1) * 1_000_003 + 2 * self.state.global_step
        with self._low.in_place(moving) as stand_in:

            def embed(part: int) -> torch.Tensor:
                with drawing(chance + part), autocast(keep_weights=False):
                    return model(**parts[part]).float()

            found = both(embed, len(parts))
            joined = torch.cat([one.detach() for one in found]).requires_grad_()
            loss = contrast(joined, inputs["y"], self._how.temperature)
            (pull,) = torch.autograd.grad(loss, joined)
            pulls = pull.split([len(one) for one in found])

            def back(part: int) -> list[torch.Tensor]:
                return list(torch.autograd.grad(found[part], stand_in, pulls[part], materialize_grads=True))

            gradients = both(back, len(parts))
        length = give_gradients(moving, gradients)
        if not math.isfinite(float(loss.detach()) + length):
            raise LossBroke
        self._adam.cut_by(max(1.0, length / LONGEST_GRADIENT))
        if self.steps:
            self.steps.saw_loss(float(loss.detach()))
        return loss.detach()

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        return {}


class _Wishes(TrainerCallback):
    """`keep` ends it after the step at hand; anything else that is wished for is raised at once."""

    def __init__(self, check_stop: Callable[[], None], wish: Callable[[], str | None]) -> None:
        self.check_stop, self.wish = check_stop, wish

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        wish = self.wish()
        if wish == "keep":
            control.should_training_stop = True
        elif wish:
            self.check_stop()


def learn_by_contrast(model: Embedder, rows: Rows, phase: Phase, how: Contrast, folder: str, hooks: Hooks) -> int:
    """Train in place, at the rates of `phase`; the steps that were taken.

    It is over in a minute or two: nothing is kept on the way, and a run that was killed begins it anew, to the same result.
    Raises StopRequested on cancel or pause, TlcoreError if the loss is no number any more.
    """
    arguments = TrainingArguments(
        output_dir=folder, max_steps=how.steps, eval_strategy="no", save_strategy="no", logging_strategy="no",
        report_to="none", disable_tqdm=True, use_cpu=device().type == "cpu", max_grad_norm=0, seed=how.seed,
        warmup_steps=round(phase.warmup * how.steps), lr_scheduler_type="linear",
    )  # fmt: skip
    size = min(how.batch_size, len(rows))
    steps = Steps(hooks.emit, size * how.steps, how.steps)
    steps.begin_phase(how.steps)
    trainer = ContrastTrainer(
        rows, how, model=model, args=arguments, train_dataset=rows,
        optimizers=(HalvesAdamW(open_phase(model, phase)), None),
        callbacks=[steps, _Wishes(hooks.check_stop, hooks.stop_wish)],
    )  # fmt: skip
    trainer.steps = steps
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train()
    except LossBroke as error:
        raise TlcoreError(
            "Training broke down: the loss was no number any more.",
            f"phase “{phase.name}”",
            "Choose a smaller step size in Plan, or another base model.",
        ) from error
    return int(trainer.state.global_step)
