"""One class far more common than another."""

from __future__ import annotations

from tlcore.checks.base import INFO, Problem, names
from tlcore.datasets import Dataset
from tlcore.facts import Facts

UNEVEN = 5.0


def imbalance(dataset: Dataset, facts: Facts) -> Problem | None:
    counts = {label: count for label, count in facts.classes.items() if count > 1}
    if len(counts) < 2 or max(counts.values()) < UNEVEN * min(counts.values()):
        return None
    common, rare = max(counts, key=lambda k: counts[k]), min(counts, key=lambda k: counts[k])
    return Problem(
        "imbalance",
        f"{names([common])} has {counts[common]:,} rows, {names([rare])} only {counts[rare]:,}.",
        INFO,
        min(counts.values()) / max(counts.values()),
        "A model that always says the common class looks good by accuracy alone. Nudge weighs classes where that helps, "
        "and reports macro-F1, in which each class counts the same.",
    )
