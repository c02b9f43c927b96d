"""A volume control for what each part of a block says: the fewest numbers that can change a model (IA3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.adapters import Adapters
from tlcore.strategies.tuning import TuningSettings

if TYPE_CHECKING:
    from peft import PeftConfig


@dataclass(frozen=True)
class Settings(TuningSettings):
    learning_rate: float = setting(5e-3, "Size of the steps", "So few numbers move that they may move fast.",
                                   low=1e-6, high=1e-1, term="learning rate of the scales", advanced=True)  # fmt: skip
    weight_decay: float = setting(0.0, "Pull towards small weights", "These numbers begin at 1: pulled towards 0, they would mute the model.",
                                  low=0.0, high=0.3, term="weight decay", advanced=True)  # fmt: skip


class Ia3(Adapters):
    name = "ia3"
    title = "Turn parts of the model up or down"
    sentence = "The language model's weights stay; each part of what its blocks say is made louder or softer, as your rows need it."
    term = "IA3: learned scales of keys, values and inner activations"
    when = "A very small computer, or very many models beside each other: less than one in a thousand of the model's numbers moves."
    cost = 0.8
    Settings = Settings

    def config(self, encoder: Any, settings: Any) -> PeftConfig:
        """Scales of keys, values and the inner activations of the feed-forward half (Liu et al. 2022, arXiv 2205.05638)."""
        from peft import IA3Config

        from tlcore.engine.groups import feedforward_names, key_value_names

        narrow = feedforward_names(encoder)
        return IA3Config(target_modules=[*key_value_names(encoder), *narrow], feedforward_modules=narrow)
