"""What prefix and prompt tuning share: vectors that learn and stand before every text, in a model that stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.tuning import Tuning, TuningSettings

if TYPE_CHECKING:
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.adapter_files import Added
    from tlcore.strategies.base import Estimate


@dataclass(frozen=True)
class VirtualSettings(TuningSettings):
    learning_rate: float = setting(1e-2, "Size of the steps", "So few numbers move that they may move fast.",
                                   low=1e-6, high=1.0, term="learning rate of the virtual tokens", advanced=True)  # fmt: skip
    virtual_tokens: int = setting(8, "Learned words before each text", "More can say more to the model, and make every text longer.",
                                  low=1, high=64, term="virtual tokens")  # fmt: skip
    weight_decay: float = setting(0.0, "Pull towards small weights", "These are no weights that grow: they stand where words stand.",
                                  low=0.0, high=0.3, term="weight decay", advanced=True)  # fmt: skip


class Virtual(Tuning):
    """A strategy says where its vectors stand."""

    cost = 0.9
    Settings = VirtualSettings

    def room(self, settings: Any) -> int:
        return settings.virtual_tokens

    def added(self, encoder: Any) -> Added:
        from tlcore.models.adapter_files import added_by_name

        return added_by_name(encoder, "virtual_tokens")

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """As for texts that are longer by the vectors."""
        from dataclasses import replace

        more = settings.virtual_tokens
        return super().estimate(
            replace(facts, tokens_p50=facts.tokens_p50 + more, tokens_max=facts.tokens_max + more), machine, settings
        )
