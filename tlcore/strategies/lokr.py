"""Small trained additions that are products of two small tables (LoKr, the Kronecker kin of Compacter)."""

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
    learning_rate: float = setting(1e-3, "Size of the steps", "So few weights move that they may move fast.",
                                   low=1e-6, high=1e-1, term="learning rate of the adapters", advanced=True)  # fmt: skip
    rank: int = rank_setting("LoKr")
    alpha: int = alpha_setting("LoKr")
    targets: str = targets_setting("LoKr")


class LoKr(Adapters):
    name = "lokr"
    title = "Add even smaller trained parts to the model"
    sentence = "As with small trained parts, but each is woven from two tiny tables: a fraction of the numbers, spread over as much."
    term = "LoKr: Kronecker-product adapters (kin of Compacter)"
    when = "A small computer, and added parts that should be smaller still: one in a thousand of the model's numbers."
    cost = 1.0
    Settings = Settings

    def config(self, encoder: Any, settings: Any) -> PeftConfig:
        """Kronecker products of two small matrices, one of low rank (Yeh et al. 2023, arXiv 2309.14859; Karimi Mahabadi et al.
        2021, arXiv 2106.04647)."""
        from peft import LoKrConfig

        from tlcore.engine.groups import linear_names

        targets = linear_names(encoder, settings.targets)
        return LoKrConfig(r=settings.rank, alpha=settings.alpha, target_modules=targets)
