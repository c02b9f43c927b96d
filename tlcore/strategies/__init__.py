"""How a base model is adapted. A new strategy: one file here, one line in STRATEGIES, one test file of the same name."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from tlcore.errors import TlcoreError
from tlcore.strategies.ask_pictures import AskPictures
from tlcore.strategies.base import Block, Estimate, FitInput, Strategy, can_learn, check_task, teach, why_unfit
from tlcore.strategies.bitfit import BitFit
from tlcore.strategies.clip import Clip
from tlcore.strategies.few_shot import FewShot
from tlcore.strategies.few_shot_prompt import FewShotPrompt
from tlcore.strategies.frozen_features import FrozenFeatures
from tlcore.strategies.full_finetune import FullFinetune
from tlcore.strategies.ia3 import Ia3
from tlcore.strategies.late_fusion import LateFusion
from tlcore.strategies.lokr import LoKr
from tlcore.strategies.lora import Lora
from tlcore.strategies.mlm_then_finetune import MlmThenFinetune
from tlcore.strategies.prefix_tuning import PrefixTuning
from tlcore.strategies.prompt_tuning import PromptTuning
from tlcore.strategies.top_layers import TopLayers
from tlcore.strategies.zero_shot import ZeroShot

STRATEGIES: tuple[Strategy, ...] = (
    FrozenFeatures(), FewShot(), TopLayers(), Lora(), BitFit(), Ia3(), LoKr(), PrefixTuning(), PromptTuning(),
    FullFinetune(), MlmThenFinetune(), ZeroShot(), FewShotPrompt(), LateFusion(), Clip(), AskPictures(),
)  # fmt: skip

__all__ = [
    "STRATEGIES", "Block", "Estimate", "FitInput", "Strategy", "all_strategies", "can_learn", "check_task", "get_strategy",
    "teach", "why_unfit",
]  # fmt: skip


def all_strategies() -> tuple[Strategy, ...]:
    """Ours, then those of other installed packages (entry point group `nudge.strategies`)."""
    return (*STRATEGIES, *_of_other_packages())


@cache
def _of_other_packages() -> tuple[Strategy, ...]:
    """Looked up once: reading the metadata of every installed package takes 10 ms, and pages ask often."""
    return tuple(point.load()() for point in entry_points(group="nudge.strategies"))


def get_strategy(name: str) -> Strategy:
    for strategy in all_strategies():
        if strategy.name == name:
            return strategy
    known = ", ".join(strategy.name for strategy in all_strategies())
    raise TlcoreError(
        f"There is no strategy called “{name}” in this version of Nudge.",
        f"the strategy “{name}”",
        f"Available: {known}, or auto.",
    )
