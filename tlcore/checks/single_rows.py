"""Classes with one row: it can be learnt from or tested on, not both."""

from __future__ import annotations

from tlcore.checks.base import WARNING, Problem, counted, names
from tlcore.checks.label_variants import merged_classes
from tlcore.checks.small_classes import FEW, rare_fixes, rows_of
from tlcore.datasets import Dataset
from tlcore.facts import Facts


def single_rows(dataset: Dataset, facts: Facts) -> Problem | None:
    single = sorted(label for label, count in merged_classes(dataset, facts).items() if count == 1)
    if not single:
        return None
    return Problem(
        "single_rows",
        f"{counted(len(single), 'class has', 'classes have')} a single row: {names(single)}.",
        WARNING,
        1 - len(single) / len(facts.classes),
        "Nudge learns from that row, so none is left to test the class with. One more row makes a test possible; from "
        f"{FEW} rows on, its score begins to mean something.",
        rows_of(dataset, single),
        rare_fixes(single, facts),
    )
