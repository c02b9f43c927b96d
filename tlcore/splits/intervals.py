"""How sure a share of right answers is, by the number of rows it was counted on (Wilson's interval, 95 %)."""

from __future__ import annotations

from math import sqrt

from tlcore.errors import TlcoreError
from tlcore.splits.base import EXPECTED

Z = 1.959964
MOST_ROWS = 100_000_000


def interval_for_rows(rows: int, expected: float = EXPECTED) -> tuple[float, float]:
    """Both ends, 0 to 1, of the 95 % interval if a share `expected` of `rows` test rows is right (Wilson 1927).

    Raises TlcoreError for no rows, or a share outside 0 to 1.
    """
    _check_share(expected)
    if rows < 1:
        raise TlcoreError("Without test rows there is no interval.", "", "Keep some rows for the test.")
    square = Z * Z / rows
    middle = (expected + square / 2) / (1 + square)
    half = Z * sqrt(expected * (1 - expected) / rows + square / (4 * rows)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def points_for_rows(rows: int, expected: float = EXPECTED) -> float:
    """Half the width of that interval, in percentage points."""
    low, high = interval_for_rows(rows, expected)
    return (high - low) * 50


def rows_for_interval(points: float, expected: float = EXPECTED) -> int:
    """The fewest test rows whose 95 % interval is at most `points` percentage points to either side.

    Raises TlcoreError for points that are not above 0 or that no file could give, or a share outside 0 to 1.
    """
    _check_share(expected)
    if not points > 0 or points_for_rows(MOST_ROWS, expected) > points:
        raise TlcoreError(
            f"±{points:g} points cannot be measured.", "the interval that is wished for", "Choose 0.1 points or more."
        )
    low, high = 0, MOST_ROWS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if points_for_rows(middle, expected) <= points else (middle, high)
    return high


def _check_share(expected: float) -> None:
    if not 0 <= expected <= 1:
        raise TlcoreError(
            f"{expected:g} is not a share of right answers.", "the expected share", "Give a number from 0 to 1."
        )
