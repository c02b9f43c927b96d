"""Every weight of the base model moves a little: head first, lower blocks slower, the best round kept."""

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


@dataclass(frozen=True)
class Settings(TuningSettings):
    layer_decay: float = setting(0.85, "Caution in lower layers", "Each block learns this much slower than the one above it.",
                                 low=0.3, high=1.0, term="layer-wise learning-rate decay", advanced=True)  # fmt: skip


class FullFinetune(Tuning):
    name = "full_finetune"
    title = "Retrain the whole model on your rows"
    sentence = "Every part of the language model is adjusted a little to your texts, the lower parts more carefully."
    term = "full fine-tuning with layer-wise decayed learning rates"
    when = "Many rows, or texts unlike everyday language, and some minutes to spare."
    Settings = Settings

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, ["embeddings", *(f"block {i + 1}" for i in range(base_blocks))])

    def phases(self, settings: Any, blocks: int, rows: int) -> list[Phase]:
        from tlcore.engine.groups import EMBEDDINGS, TOP, block_name
        from tlcore.engine.phases import Phase, discriminative_rates

        groups = [EMBEDDINGS, *(block_name(i + 1) for i in range(blocks))]
        rates = discriminative_rates(groups, settings.learning_rate, settings.layer_decay, settings.head_learning_rate)
        return [
            Phase(
                "all", "Adjusting the whole model", {**rates, TOP: settings.learning_rate}, epochs_of(settings, rows),
                settings.patience, settings.warmup, settings.weight_decay,
            )
        ]  # fmt: skip
