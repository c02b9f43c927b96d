"""Learned word vectors before the text, and nothing of the model moves (prompt tuning)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlcore.strategies.base import Block
from tlcore.strategies.telling import pictured
from tlcore.strategies.tuning import at_one_rate
from tlcore.strategies.virtual import Virtual

if TYPE_CHECKING:
    from tlcore.engine.phases import Phase


class PromptTuning(Virtual):
    name = "prompt_tuning"
    title = "Let it learn its own instruction"
    sentence = "The language model stays as it is; a few learned words that nobody wrote stand before your text, like an instruction."
    term = "prompt tuning (soft prompts)"
    when = "A model that must stay exactly as it is: one in ten thousand of its numbers is learned beside it."

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, ["embeddings"])

    def prepare(self, encoder: Any, settings: Any) -> Any:
        from tlcore.models.virtual_tokens import add_prompt

        return add_prompt(encoder, settings.virtual_tokens)

    def phases(self, settings: Any, blocks: int, rows: int) -> list[Phase]:
        from tlcore.engine.groups import EMBEDDINGS

        return at_one_rate(settings, [EMBEDDINGS], rows, "adapters", "Adjusting the learned words before the text")
