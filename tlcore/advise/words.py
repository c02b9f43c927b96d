"""Time and memory as people say them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.strategies.base import Estimate

UNITS = ((1, "second", 90), (60, "minute", 90 * 60), (3600, "hour", 48 * 3600), (86400, "day", math.inf))
"""Seconds in a unit, its name, and the time in seconds from which the next unit reads better."""
NICE = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90)


def time_range_text(low: float, high: float) -> str:
    """“20 to 40 seconds”, “3 to 6 minutes”, “40 seconds to 2 minutes”, “about 3 minutes”."""
    low, high = sorted((max(0.0, low), max(0.0, high)))
    first, last = _rounded(low), _rounded(high)
    if first == last:
        return _about(*last)
    if first[1] == last[1]:
        return f"{first[0]} to {_count(*last)}"
    return f"{_count(*first)} to {_count(*last)}"


def about_time_text(estimate: Estimate) -> str:
    """The middle of an estimate in one rounded number: “about 4 minutes”."""
    return _about(*_rounded(math.sqrt(max(0.1, estimate.seconds_low) * max(0.1, estimate.seconds_high))))


def memory_text(mb: float) -> str:
    """“about 600 MB of memory”, “about 1.5 GB of memory”."""
    if mb < 1000:
        return f"about {max(50, round(mb / 50) * 50)} MB of memory"
    return f"about {round(mb / 1024, 1):g} GB of memory"


def count_text(count: int, one: str, many: str | None = None) -> str:
    """“1 row”, “2,077 rows”."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _rounded(seconds: float) -> tuple[int, str]:
    """A number that is easy to hold, and its unit."""
    size, unit = next((size, name) for size, name, below in UNITS if seconds < below or below is math.inf)
    value = max(seconds / size, 1)
    nice = min(NICE, key=lambda n: abs(n - value)) if value < 100 else round(value)
    larger = {"second": "minute", "minute": "hour"}.get(unit)
    return (1, larger) if nice == 60 and larger else (nice, unit)


def _count(value: int, unit: str) -> str:
    return count_text(value, unit)


def _about(value: int, unit: str) -> str:
    return f"about {_count(value, unit)}"
