"""Which row of the decision table a situation falls into.

The table names eight situations; there are more combinations than that. RULES is an ordered list: the first rule that
holds decides, and the last always holds, so every combination gives exactly one row. The order is the argument:

1. What cannot be done otherwise comes first: pictures beside the text; no labels, or a task only to be explored.
2. Then what the machine lacks: on a very small one only the cheapest training is sensible, whatever the data.
3. Then what the data offers beside labels: many unlabelled rows, unless there are many labelled ones too (`data_of`).
4. Then size: the more labelled rows, the more of the model may move. A machine stronger than a row asks for does not
   leave that row (what is cheap stays right); a weaker one does, except where the row's cheaper neighbours cannot do
   the task at all (tags and answers inside a text) or plainly lose (many rows of a domain of its own).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tlcore.errors import TlcoreError
from tlcore.facts import Facts
from tlcore.label_file import FEWEST_LABELLED, can_be_learned

SIMPLE_CLASSES = 10
"""Up to this many classes a text is sorted by its general meaning; more usually hang on a domain's own words."""
SHORT_TEXT = 128
"""Word pieces of the typical text. A longer one says several things, and a single vector of it blurs them."""

CASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "data": ("none", "small", "medium", "large", "unlabelled"),
        "compute": ("very_low", "low", "medium", "high", "api"),
        "complexity": ("simple", "domain", "sequential", "multimodal", "exploratory"),
    }
)
"""What each part of a situation can be."""

TASK_COMPLEXITY: Mapping[str, str] = MappingProxyType(
    {"ner": "sequential", "qa": "sequential", "rewrite": "sequential", "image_text": "multimodal"}
)
"""Tasks whose kind follows from what they are; the others are judged by their classes and texts."""

FROZEN, TOP, ADAPTERS, PARTIAL, FULL, PROMPT, UNLABELLED_FIRST, PICTURES = range(8)
"""The rows of DECISION_TABLE."""


@dataclass(frozen=True)
class Case:
    """A situation: how much data, how much machine, what kind of task."""

    data: str
    compute: str
    complexity: str

    def __post_init__(self) -> None:
        for name, known in CASES.items():
            value = getattr(self, name)
            if value not in known:
                raise TlcoreError(f"“{value}” is not a kind of {name}.", "", f"Choose from: {', '.join(known)}.")


@dataclass(frozen=True)
class Match:
    """An index into DECISION_TABLE, and the rule that led there in one sentence."""

    row: int
    reason: str


Rule = tuple[Callable[[Case], bool], int, str]

RULES: tuple[Rule, ...] = (
    (lambda c: c.complexity == "multimodal", PICTURES, "Texts with pictures need a model that has learnt both."),
    (lambda c: c.data == "none", PROMPT, "Without labels nothing can be trained to give them."),
    (lambda c: c.complexity == "exploratory", PROMPT, "To explore a task, describing it is quicker than training."),
    (lambda c: c.compute == "api", PROMPT, "With nothing to train on, the work is done by a model elsewhere."),
    (lambda c: c.compute == "very_low", ADAPTERS, "This machine is small, so as little as possible should be trained."),
    (
        lambda c: c.data == "unlabelled",
        UNLABELLED_FIRST,
        "Most rows have no label, and reading them first teaches words.",
    ),
    (
        lambda c: c.data == "large" and c.compute == "high",
        FULL,
        "There are enough rows and enough machine to adjust the whole model.",
    ),
    (
        lambda c: c.complexity == "sequential",
        PARTIAL,
        "Marking places inside a text, or writing one, needs a model that adjusts to it.",
    ),
    (
        lambda c: c.data == "small" and c.complexity == "domain" and c.compute in ("medium", "high"),
        TOP,
        "Few rows about a subject of its own: adjusting only the upper layers keeps what the model knows.",
    ),
    (lambda c: c.data == "small", FROZEN, "With few labelled rows, a small classifier learns best and fastest."),
    (
        lambda c: c.complexity == "simple" and c.compute == "low",
        FROZEN,
        "For a simple question on an everyday laptop, a small classifier is close to the best and much faster.",
    ),
    (lambda c: True, PARTIAL, "There are enough rows for a part of the model to adjust to them."),
)


def match_row(case: Case) -> Match:
    """The row of the decision table for a situation."""
    return next(Match(row, reason) for holds, row, reason in RULES if holds(case))


def data_of(facts: Facts) -> str:
    """The data part of a case: its size, or “unlabelled” where most rows have no label and not many have one.

    Too few labelled rows to learn from and be tested count as none.
    """
    if not (can_be_learned(facts.classes.values()) if facts.classes else facts.labelled >= FEWEST_LABELLED):
        return "none"
    if facts.mostly_unlabelled and facts.data_size in ("small", "medium"):
        return "unlabelled"
    return facts.data_size


def default_complexity(facts: Facts, task: str) -> str:
    """simple for few classes and short texts, else domain; a task on places inside a text or on pictures is its own."""
    if task in TASK_COMPLEXITY:
        return TASK_COMPLEXITY[task]
    return "simple" if len(facts.classes) <= SIMPLE_CLASSES and facts.tokens_p50 <= SHORT_TEXT else "domain"
