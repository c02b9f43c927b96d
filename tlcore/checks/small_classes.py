"""Classes with a handful of rows: their score rests on one or two test rows."""

from __future__ import annotations

from tlcore.checks.base import WARNING, Problem, names
from tlcore.datasets import Dataset
from tlcore.facts import Facts

FEW = 8
"""Below this, a fifth of the rows is less than two: a class's score is then right or wrong by one row."""


def small_classes(dataset: Dataset, facts: Facts) -> Problem | None:
    small = sorted(label for label, count in facts.classes.items() if 1 < count < FEW)
    if not small:
        return None
    many = "1 class has" if len(small) == 1 else f"{len(small):,} classes have"
    return Problem(
        "small_classes",
        f"{many} fewer than {FEW} rows: {names(small)}.",
        WARNING,
        1 - 0.5 * len(small) / len(facts.classes),
        "Their scores will rest on one or two rows. More rows of these classes help most.",
    )
