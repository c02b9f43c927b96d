"""Whether the test has rows enough for the score to mean something."""

from __future__ import annotations

from tlcore.checks.base import INFO, WARNING, Problem, percent
from tlcore.datasets import TEST, Dataset
from tlcore.facts import Facts
from tlcore.splits import interval_for_rows, rows_for_interval

EXPECTED = 0.85
"""The share of right answers that the example is told with: what a usable first model often reaches."""
WANTED_POINTS = 3.0
SMALL_TEST = 40
"""With fewer, 85 % right means anything from about 71 % to 93 % (Wilson, 95 %): too wide to choose by."""
FAIR_TEST = 200
"""From here on it is about five points either way, and for many purposes good enough."""


def test_size(dataset: Dataset, facts: Facts) -> Problem | None:
    test = dataset.counts().get(TEST, 0)
    if test >= FAIR_TEST or not test:
        return None
    low, high = interval_for_rows(test, EXPECTED)
    wanted = rows_for_interval(WANTED_POINTS, EXPECTED)
    many = "only 1 row" if test == 1 else f"only {test:,} rows" if test < SMALL_TEST else f"{test:,} rows"
    share = test / max(1, facts.labelled)
    more = (
        f"{wanted:,} rows in your test file"
        if dataset.test_how
        else f"{wanted:,} test rows, so about {round(wanted / share, -2):,.0f} labelled rows in all,"
    )
    return Problem(
        "test_size",
        f"The test has {many}: “{percent(EXPECTED)} right” will mean anything from {percent(low)} to {percent(high)}.",
        WARNING if test < SMALL_TEST else INFO,
        test / wanted,
        f"Take the range beside the score seriously: a small difference between two models may be luck. {more} would make it "
        f"{percent(EXPECTED)} ± {WANTED_POINTS:.0f}.",
    )
