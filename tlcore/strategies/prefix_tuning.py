"""Learned states before the text in every block, and nothing of the model moves (prefix tuning)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlcore.strategies.base import Block
from tlcore.strategies.telling import pictured
from tlcore.strategies.tuning import in_all_blocks
from tlcore.strategies.virtual import Virtual

if TYPE_CHECKING:
    from tlcore.engine.phases import Phase


class PrefixTuning(Virtual):
    name = "prefix_tuning"
    title = "Whisper to every block of the model"
    sentence = "The language model stays as it is; in each of its blocks, a few learned words that nobody wrote stand before your text."
    term = "prefix tuning (deep prompts)"
    when = "Many tasks on one model that must stay exactly as it is: each costs a few thousand numbers."

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, [f"block {i + 1}" for i in range(base_blocks)])

    def prepare(self, encoder: Any, settings: Any) -> Any:
        from tlcore.models.virtual_tokens import add_prefix

        return add_prefix(encoder, settings.virtual_tokens)

    def phases(self, settings: Any, blocks: int, rows: int) -> list[Phase]:
        return in_all_blocks(settings, blocks, rows, "adapters", "Adjusting the learned words in all blocks")
