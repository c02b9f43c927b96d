"""Too few rows to say much."""

from __future__ import annotations

from tlcore.checks.base import WARNING, Problem
from tlcore.datasets import TEST, Dataset
from tlcore.facts import Facts

SMALL_TEST = 40
"""With 40 test rows, 85 % right means anything from about 71 % to 93 % (Wilson, 95 %)."""


def few_rows(dataset: Dataset, facts: Facts) -> Problem | None:
    test = dataset.counts().get(TEST, 0)
    if test >= SMALL_TEST:
        return None
    return Problem(
        "few_rows",
        f"Only {test} rows are left for the test.",
        WARNING,
        test / SMALL_TEST,
        "The score will be uncertain, by ten points or more either way. Take its range seriously, and add rows when you can.",
    )
