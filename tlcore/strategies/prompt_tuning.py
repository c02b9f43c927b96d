"""Learned word vectors before the text, and nothing of the model moves (prompt tuning)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.base import Block
from tlcore.strategies.rounds import epochs_of
from tlcore.strategies.telling import pictured
from tlcore.strategies.virtual import Virtual, VirtualSettings

if TYPE_CHECKING:
    from tlcore.engine.phases import Phase


@dataclass(frozen=True)
class Settings(VirtualSettings):
    learning_rate: float = setting(1e-2, "Size of the steps", "So few numbers move that they may move fast.",
                                   low=1e-6, high=1.0, term="learning rate of the prompt", advanced=True)  # fmt: skip


class PromptTuning(Virtual):
    name = "prompt_tuning"
    title = "Let it learn its own instruction"
    sentence = "The language model stays as it is; a few learned words that nobody wrote stand before your text, like an instruction."
    term = "prompt tuning (soft prompts)"
    when = "A model that must stay exactly as it is: one in ten thousand of its numbers is learned beside it, and can be taken off again."
    cost = 0.9
    Settings = Settings

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, ["embeddings"])

    def prepare(self, encoder: Any, settings: Any) -> Any:
        from tlcore.models.virtual_tokens import add_prompt

        return add_prompt(encoder, settings.virtual_tokens)

    def phases(self, settings: Any, blocks: int, rows: int) -> list[Phase]:
        from tlcore.engine.groups import EMBEDDINGS
        from tlcore.engine.phases import Phase, discriminative_rates

        rates = discriminative_rates([EMBEDDINGS], settings.learning_rate, 1.0, settings.head_learning_rate)
        rounds = epochs_of(settings, rows)
        title = "Adjusting the learned words before the text"
        return [
            Phase("prompt", title, rates, rounds, settings.patience, settings.warmup, settings.weight_decay, "adapters")
        ]
