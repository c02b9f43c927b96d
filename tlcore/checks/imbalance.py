"""One class far more common than another."""

from __future__ import annotations

from tlcore.checks.base import INFO, WARNING, Problem, percent, quoted
from tlcore.checks.label_variants import merged_classes
from tlcore.checks.small_classes import ENOUGH
from tlcore.datasets import Dataset
from tlcore.facts import Facts

UNEVEN, VERY_UNEVEN = 5.0, 10.0
"""Times as many rows. Below the second, it is said only if a class has few rows or one has half of them all."""
DOMINANT = 0.95
"""Above this share, a model that always says the one class looks better than most models that learn something."""


def imbalance(dataset: Dataset, facts: Facts) -> Problem | None:
    counts = {label: count for label, count in merged_classes(dataset, facts).items() if count > 1}
    if len(counts) < 2 or max(counts.values()) < UNEVEN * min(counts.values()):
        return None
    common, rare = max(counts, key=lambda k: counts[k]), min(counts, key=lambda k: counts[k])
    share = counts[common] / max(1, facts.labelled)
    if counts[rare] >= ENOUGH and share < 0.5 and counts[common] < VERY_UNEVEN * counts[rare]:
        return None  # every class has rows enough, and none drowns the others
    always = f"A model that always says {quoted(common)} is right in {percent(share)} of the rows and knows nothing. "
    return Problem(
        "imbalance",
        f"{quoted(common)} has {counts[common]:,} rows, {quoted(rare)} only {counts[rare]:,}.",
        WARNING if share > DOMINANT else INFO,
        min(counts.values()) / max(counts.values()),
        (always if share > 0.5 else "")
        + "Rare classes are learnt less well; more rows of them help most. Nudge gives them more weight where that helps, and its "
        "score (macro-F1) counts each class the same, however many rows it has.",
    )
