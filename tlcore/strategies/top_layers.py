"""Head first, then the upper blocks open one after the other, lower ones slower; embeddings and lower blocks stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.base import Block
from tlcore.strategies.rounds import epochs_of
from tlcore.strategies.telling import pictured
from tlcore.strategies.tuning import Tuning, TuningSettings

if TYPE_CHECKING:
    from tlcore.engine.phases import Phase


STAYS = 1 / 6
"""The share of the blocks, from the bottom, that never open by default. Measured: with the lower half frozen, texts whose
class shows in their grammar (csabstruct) gained nothing over the frozen model."""

MOST_STEPS = 3
"""Blocks open in at most so many steps: each takes a round or more, and a deep model would learn for long with little open."""


@dataclass(frozen=True)
class Settings(TuningSettings):
    layer_decay: float = setting(0.85, "Caution in lower layers", "Each block learns this much slower than the one above it.",
                                 low=0.3, high=1.0, term="layer-wise learning-rate decay", advanced=True)  # fmt: skip
    open_blocks: int = setting(0, "How many upper blocks learn", "0 opens all but the lowest sixth. More adjusts more, and takes longer.",
                               low=0, high=100, unit="blocks", term="unfrozen blocks")  # fmt: skip
    gradual: bool = setting(True, "Open one block after the other", "Off opens all of them at once.",
                            term="gradual unfreezing", advanced=True)  # fmt: skip


class TopLayers(Tuning):
    name = "top_layers"
    title = "Adjust the upper part of the model"
    sentence = "A classifier is taught first; then the upper blocks of the language model open one by one and adjust to your texts."
    term = "partial fine-tuning of the top blocks with gradual unfreezing"
    when = "A subject with words of its own, some hundred to some thousand rows, a few minutes."
    cost = 0.9
    Settings = Settings

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, [f"block {i}" for i in range(_lowest(base_blocks, 0), base_blocks + 1)])

    def phases(self, settings: Any, blocks: int, rows: int) -> list[Phase]:
        from tlcore.engine.phases import gradual_unfreezing

        lowest = _lowest(blocks, settings.open_blocks)
        steps = min(MOST_STEPS, blocks - lowest + 1) if settings.gradual else 1
        rates = (settings.learning_rate, settings.layer_decay, settings.head_learning_rate)
        return gradual_unfreezing(
            blocks, lowest, steps, rates, _spread(epochs_of(settings, rows), steps),
            patience=settings.patience, warmup=settings.warmup, weight_decay=settings.weight_decay,
        )  # fmt: skip


def _lowest(blocks: int, wish: int) -> int:
    """The lowest block that opens, counted from 1."""
    return max(1, blocks - wish + 1) if wish else min(blocks, max(1, round(blocks * STAYS)) + 1)


def _spread(epochs: int, steps: int) -> list[int]:
    """Rounds of each step: a few while blocks open, most once all are open."""
    early = max(1, epochs // (2 * steps))
    return [early] * (steps - 1) + [max(1, epochs - early * (steps - 1))]
