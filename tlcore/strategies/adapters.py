"""What the strategies share that add small parts to a model whose own weights stay (peft), and merge them in at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.base import Block
from tlcore.strategies.telling import pictured
from tlcore.strategies.tuning import Tuning, in_all_blocks

if TYPE_CHECKING:
    from peft import PeftConfig

    from tlcore.engine.phases import Phase
    from tlcore.models.adapter_files import Added


def rank_setting(kind: str) -> Any:
    return setting(8, "Size of the added parts", "More can learn more, and needs more rows.", low=1, high=256, term=f"{kind} rank")  # fmt: skip


def alpha_setting(kind: str) -> Any:
    return setting(16, "Weight of the added parts", "What they say counts alpha / rank times.", low=1, high=512,
                   term=f"{kind} alpha", advanced=True)  # fmt: skip


def targets_setting(kind: str) -> Any:
    return setting("all", "Where parts are added", "Attention: where the model relates words. All: everywhere.",
                   choices=("all", "attention"), term=f"{kind} target modules", advanced=True)  # fmt: skip


class Adapters(Tuning):
    """A strategy says which parts, by peft's config of them."""

    def config(self, encoder: Any, settings: Any) -> PeftConfig:
        """Of parts that can be merged into the weights they stand beside."""
        raise NotImplementedError

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, [f"block {i + 1}" for i in range(base_blocks)])

    def prepare(self, encoder: Any, settings: Any) -> Any:
        from peft import get_peft_model

        return get_peft_model(encoder, self.config(encoder, settings))

    def added(self, encoder: Any) -> Added:
        from tlcore.models.adapter_files import added_by_peft

        return added_by_peft(encoder)

    def finish(self, encoder: Any) -> Any:
        return encoder.merge_and_unload()

    def phases(self, settings: Any, blocks: int, rows: int) -> list[Phase]:
        return in_all_blocks(settings, blocks, rows, "adapters", "Adjusting the added parts in all blocks")
