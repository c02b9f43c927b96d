"""Small trained additions to frozen weights (LoRA), merged into them at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.adapters import Adapters, alpha_setting, rank_setting, targets_setting
from tlcore.strategies.tuning import TuningSettings

if TYPE_CHECKING:
    from peft import PeftConfig


@dataclass(frozen=True)
class Settings(TuningSettings):
    learning_rate: float = setting(5e-4, "Size of the steps", "So few weights move that they may move fast.",
                                   low=1e-6, high=1e-2, term="learning rate of the adapters", advanced=True)  # fmt: skip
    rank: int = rank_setting("LoRA")
    alpha: int = alpha_setting("LoRA")
    targets: str = targets_setting("LoRA")
    lora_dropout: float = setting(0.05, "Forgetting on purpose in the added parts", "Hides some of their input while training.",
                                  low=0.0, high=0.6, term="LoRA dropout", advanced=True)  # fmt: skip


class Lora(Adapters):
    name = "lora"
    title = "Add small trained parts to the model"
    sentence = "The language model's weights stay; small parts added to every block learn your texts and are merged in at the end."
    term = "LoRA: low-rank adapters"
    when = "A small computer, or rows of a subject of their own, when the model must not forget what it knows."
    cost = 0.9
    Settings = Settings

    def config(self, encoder: Any, settings: Any) -> PeftConfig:
        """Low-rank additions to the chosen linear layers (Hu et al. 2022, arXiv 2106.09685)."""
        from peft import LoraConfig

        from tlcore.engine.groups import linear_names

        return LoraConfig(
            r=settings.rank, lora_alpha=settings.alpha, lora_dropout=settings.lora_dropout,
            target_modules=linear_names(encoder, settings.targets),
        )  # fmt: skip
