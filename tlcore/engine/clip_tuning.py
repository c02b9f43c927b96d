"""Both towers of CLIP or SigLIP and their heads learn the labels together: all of them, the upper blocks, or LoRA's additions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from tlcore.engine.fusion import Heads
from tlcore.models.clip import Towers
from tlcore.models.saved import Head
from tlcore.predict.picture_files import Pictures, normalised, pixels
from tlcore.strategies.base import FitInput

HEADS_RATE = 1e-3
WARM = 0.1
HALVES = 0.5
"""How much the two heads that read one half count in the loss; the one that reads both counts 1."""
SECONDS_BETWEEN_EVENTS = 0.5
HELD = 4_000
"""Pictures that are kept unpacked in memory, 150 kB each; more are unpacked again each round."""


@dataclass(frozen=True)
class Rows:
    """Token ids int64 [rows, tokens], names of pictures, whether a row has words and a picture, and its class [rows]."""

    ids: np.ndarray
    names: Sequence[str]
    words: np.ndarray
    there: np.ndarray
    y: np.ndarray


def tune(given: FitInput, towers: Towers, pictures: Pictures, rows: Rows, heads: Heads) -> Heads:
    """Learn from the rows, in place; the heads that come of it. heads: where they start, learned on the still towers."""
    settings, moved = given.settings, _open(towers, given.settings)
    linears = _linears(heads)
    groups = [{"params": moved, "lr": settings.learning_rate}, {"params": linears.parameters(), "lr": HEADS_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    rng, held = np.random.default_rng(given.plan.seed), _Held(towers, pictures, rows.names)
    torch.manual_seed(given.plan.seed)
    order = [i for _ in range(settings.epochs) for i in rng.permutation(len(rows.y))]
    batches = [np.array(order[i : i + settings.batch_size]) for i in range(0, len(order), settings.batch_size)]
    told = _Told(given, len(batches), len(rows.y))
    for module in (towers.text, towers.eye.encoder):
        module.train()
    for step, batch in enumerate(batches):
        if given.stop_wish() == "keep":
            break
        given.check_stop()
        share = min(1.0, (step + 1) / max(1, round(WARM * len(batches)))) * (1 - step / len(batches))
        for group, rate in zip(optimizer.param_groups, (settings.learning_rate, HEADS_RATE), strict=True):
            group["lr"] = rate * share
        loss = _loss(towers, linears, rows, batch, held)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)
        optimizer.step()
        told.step(step + 1, float(loss.detach()), optimizer.param_groups[0]["lr"], len(batch))
    _close(towers)
    return _as_heads(linears)


def _open(towers: Towers, settings: Any) -> list[torch.nn.Parameter]:
    """What moves of both towers."""
    parts: tuple[Any, Any] = (towers.text, towers.eye.encoder)
    if settings.learn == "lora":
        from peft import LoraConfig, inject_adapter_in_model

        config = LoraConfig(
            r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=0.05, target_modules=["q_proj", "v_proj"]
        )
        for part in parts:
            inject_adapter_in_model(config, part)
        return [p for part in parts for p in part.parameters() if p.requires_grad]
    for part in parts:
        layers = list((part.text_model if part is towers.text else part.vision_model).encoder.layers)
        open_from = 0 if settings.learn == "full" else len(layers) - max(1, len(layers) // 3)
        part.requires_grad_(settings.learn == "full")
        for layer in layers[open_from:]:
            layer.requires_grad_(True)
        part.projection.requires_grad_(True)
    return [p for part in parts for p in part.parameters() if p.requires_grad]


def _close(towers: Towers) -> None:
    """Still again; LoRA's additions are merged into the weights that they stand beside."""
    from peft.tuners.lora import LoraLayer

    for part in (towers.text, towers.eye.encoder):
        for name, module in [*part.named_modules()]:
            if isinstance(module, LoraLayer):
                module.merge()
                parent, _, last = name.rpartition(".")
                still: Any = module
                setattr(part.get_submodule(parent), last, still.get_base_layer())
        part.requires_grad_(False)
        part.eval()


def _linears(heads: Heads) -> torch.nn.ModuleDict:
    found = torch.nn.ModuleDict()
    for name, head in (("text", heads.text), ("image", heads.image), ("joint", heads.joint)):
        linear = torch.nn.Linear(head.weight.shape[1], len(head.weight))
        linear.weight.data = torch.from_numpy(np.asarray(head.weight, dtype=np.float32).copy())
        linear.bias.data = torch.from_numpy(np.asarray(head.bias, dtype=np.float32).copy())
        found[name] = linear
    return found


def _as_heads(linears: torch.nn.ModuleDict) -> Heads:
    learned = {name: value.detach().numpy().copy() for name, value in linears.named_parameters()}
    found = {name: Head(learned[f"{name}.weight"], learned[f"{name}.bias"]) for name in ("text", "image", "joint")}
    return Heads(found["text"], found["image"], found["joint"], None)


def _loss(towers: Towers, linears: torch.nn.ModuleDict, rows: Rows, batch: np.ndarray, held: _Held) -> torch.Tensor:
    """Cross-entropy of each head on the rows that it can read, by their number."""
    y = torch.from_numpy(rows.y[batch])
    words, seen = (torch.from_numpy(there[batch]) for there in (rows.words, rows.there))
    text = towers.text(torch.from_numpy(rows.ids[batch]))
    image = torch.zeros(len(batch), towers.eye.width)
    if seen.any():
        image = image.index_put(
            (seen.nonzero()[:, 0],), towers.eye.encoder(torch.from_numpy(held.pixels(batch[seen.numpy()])))
        )
    both = words & seen
    parts = [
        (linears["text"](text), words, HALVES), (linears["image"](image), seen, HALVES),
        (linears["joint"](torch.cat([text, image], dim=1)), both, 1.0),
    ]  # fmt: skip
    losses = [weight * cross_entropy(scores[there], y[there]) for scores, there, weight in parts if there.any()]
    return torch.stack(losses).sum()


class _Held:
    """Pictures as the tower reads them, by row; the first HELD stay in memory."""

    def __init__(self, towers: Towers, pictures: Pictures, names: Sequence[str]) -> None:
        self._eye, self._pictures, self._names = towers.eye, pictures, names
        self._kept: dict[int, np.ndarray] = {}

    def pixels(self, rows: np.ndarray) -> np.ndarray:
        return normalised(list(self._each(rows)), self._eye.mean, self._eye.scale)

    def _each(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        for row in map(int, rows):
            found = self._kept.get(row)
            if found is None:
                found = pixels(self._pictures.see(self._names[row]).image, self._eye.size)
                if len(self._kept) < HELD:
                    self._kept[row] = found
            yield found


class _Told:
    """Says how far it is, as other trainings do (tlcore.engine.callbacks)."""

    def __init__(self, given: FitInput, steps: int, rows: int) -> None:
        self._given, self._steps, self._rows = given, steps, rows
        self._begun, self._said, self._done, self._loss = time.monotonic(), 0.0, 0, 0.0

    def step(self, step: int, loss: float, rate: float, rows: int) -> None:
        now = time.monotonic()
        self._done += rows
        self._loss = loss if step == 1 else 0.9 * self._loss + 0.1 * loss
        if now - self._said < SECONDS_BETWEEN_EVENTS and step < self._steps:
            return
        self._said, spent = now, max(now - self._begun, 1e-6)
        self._given.emit(
            "step", step=step, total_steps=self._steps, epoch=round(self._done / self._rows, 3), loss=round(self._loss, 5),
            rates={"towers": rate}, texts_per_second=round(self._done / spent, 1),
            seconds_left=round(spent / step * (self._steps - step), 1),
        )  # fmt: skip


__all__ = ["Rows", "tune"]
