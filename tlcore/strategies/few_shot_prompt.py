"""A language model is shown the most similar of the labelled rows with each text, and asked; a small model learns from its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.plan import setting
from tlcore.strategies.asking import ASKING, PHASES, SMOLLM2, AskSettings, ask_and_learn, asking_estimate
from tlcore.strategies.base import Block, Estimate, FitInput
from tlcore.strategies.telling import pictured

if TYPE_CHECKING:
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted


@dataclass(frozen=True)
class Settings(AskSettings):
    backend: str = setting(
        SMOLLM2, "Who answers", "smollm2: a small language model on this machine. api: a large one over the network, for money.",
        asked=True, choices=ASKING, term="back-end",
    )  # fmt: skip
    examples: int = setting(
        4, "Examples with each text", "So many of your labelled rows are shown with each text: those most like it.", unit="rows",
        low=1, high=32, term="few-shot examples",
    )  # fmt: skip
    max_length: int = setting(256, "Longest text read", "Longer texts are cut off here.", unit="word pieces", low=8, high=512,
                              advanced=True)  # fmt: skip


class FewShotPrompt:
    name = "few_shot_prompt"
    title = "Ask a language model, with your labelled rows as examples"
    sentence = "A language model is shown a few of your labelled rows and asked about rows without a label; your own model learns from both."
    term = "few-shot prompting (in-context learning) and distillation"
    when = (
        "A few labelled rows and many without a label, and a large language model to ask over an API. The small one that comes along "
        "is seldom good enough: few_shot usually does better on its own."
    )
    Settings = Settings
    job_phases: tuple[str, ...] = PHASES
    tasks = ("classify",)

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        return pictured(base_blocks, ())

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Reading the texts once, as for frozen features; and asking."""
        tokens = min(facts.rows, settings.most_rows + facts.labelled) * min(
            facts.tokens_p50 * 1.15 + 2, settings.max_length
        )
        seconds = 20 + tokens / (5_500 * max(1, min(machine.cores, 8)) * (1.0 if machine.bf16 else 0.45))
        reading = Estimate(0.7 * seconds, 1.8 * seconds, 1_050 + facts.rows * 0.08)
        return asking_estimate(self, facts, machine, settings, reading)

    def phases_with(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return PHASES

    def fit(self, given: FitInput) -> Fitted:
        return ask_and_learn(given, self)
