"""Only the bias terms and the head move: a thousandth of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.base import Block
from tlcore.strategies.telling import pictured
from tlcore.strategies.tuning import Tuning, TuningSettings, in_all_blocks

if TYPE_CHECKING:
    from tlcore.engine.phases import Phase
    from tlcore.models.adapter_files import Added


@dataclass(frozen=True)
class Settings(TuningSettings):
    learning_rate: float = setting(5e-4, "Size of the steps", "So few weights move that they may move fast.",
                                   low=1e-6, high=1e-2, term="learning rate of the bias terms", advanced=True)  # fmt: skip


class BitFit(Tuning):
    name = "bitfit"
    title = "Adjust only the model's fine screws"
    sentence = "The language model's weights stay; only its bias terms, one in a thousand of its numbers, adjust to your texts."
    term = "BitFit: bias terms and head only"
    when = "A small computer and few rows, when a classifier on top alone is not enough."
    cost = 0.8
    Settings = Settings

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, [f"block {i + 1}" for i in range(base_blocks)])

    def phases(self, settings: Any, blocks: int, rows: int) -> list[Phase]:
        """One phase (Ben Zaken et al. 2022, arXiv 2106.10199)."""
        return in_all_blocks(settings, blocks, rows, "biases", "Adjusting the bias terms of all blocks")

    def added(self, encoder: Any) -> Added:
        from tlcore.models.adapter_files import added_by_name

        return added_by_name(encoder, "bias")
