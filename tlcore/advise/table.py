"""The decision table: eight situations and what people who do this for a living would do in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.strategies.base import Strategy


@dataclass(frozen=True)
class DecisionRow:
    """data, compute, task: as the screen shows them. approach: the field's words; plain: the same without them.

    strategies: names in `tlcore.strategies`, the first being the usual one; some are not in this version yet.
    moves: roughly what share of the base model's blocks this approach adjusts; finds the nearest one that is available.
    """

    data: str
    compute: str
    task: str
    approach: str
    plain: str
    strategies: tuple[str, ...]
    moves: float

    @property
    def available(self) -> bool:
        """Whether any of its strategies is in this version."""
        names = {strategy.name for strategy in available_strategies()}
        return any(name in names for name in self.strategies)


DECISION_TABLE: tuple[DecisionRow, ...] = (
    DecisionRow(
        "Small",
        "Low",
        "Simple, e.g. sentiment",
        "Frozen features + SVM or logistic regression",
        "Keep the language model as it is and teach a small classifier on top of it.",
        ("frozen_features",),
        0.0,
    ),
    DecisionRow(
        "Small",
        "Medium",
        "Domain-specific",
        "Fine-tune the head and the top layers",
        "Teach a classifier and let only the upper part of the language model adjust to your words.",
        ("top_layers",),
        0.3,
    ),
    DecisionRow(
        "Small",
        "Very low",
        "Any",
        "Adapters: LoRA, BitFit, IA3, LoKr, prefix or prompt tuning",
        "Keep the language model as it is and train a few small parts added to it.",
        ("lora", "bitfit", "ia3", "lokr", "prefix_tuning", "prompt_tuning"),
        0.0,
    ),
    DecisionRow(
        "Medium",
        "Medium",
        "Sequential: NER, QA, translation",
        "Partial fine-tuning of the top blocks",
        "Let the upper half of the language model adjust and keep the lower half.",
        ("top_layers",),
        0.6,
    ),
    DecisionRow(
        "Large",
        "High",
        "Any",
        "Full fine-tuning",
        "Let the whole language model adjust to your rows.",
        ("full_finetune",),
        1.0,
    ),
    DecisionRow(
        "None",
        "API only",
        "Exploratory",
        "Zero- or few-shot with a large language model (task instructions)",
        "Train nothing: describe the task to a large language model, with a few examples if you have them.",
        ("zero_shot", "few_shot_prompt"),
        0.0,
    ),
    DecisionRow(
        "Much unlabelled",
        "Low",
        "Any",
        "Masked-language-model pretraining, then fine-tuning",
        "Let the language model read your unlabelled rows first, then teach it your labels.",
        ("mlm_then_finetune",),
        1.0,
    ),
    DecisionRow(
        "Text + images",
        "High",
        "Multimodal",
        "CLIP-like models",
        "Use a model that reads texts and pictures together.",
        ("late_fusion", "clip", "ask_pictures"),
        0.0,
    ),
)

PLANNED_TITLES: dict[str, str] = {}
"""What the table's strategies are called until their own file says so."""


def available_strategies() -> Sequence[Strategy]:
    """The strategies of this version, and of other installed packages."""
    from tlcore.strategies import all_strategies

    return all_strategies()
