"""tlcore.advise.words: times and memory as people say them."""

import pytest

from tlcore.advise.words import about_time_text, count_text, memory_text, time_range_text
from tlcore.strategies.base import Estimate


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (20, 40, "20 to 40 seconds"),
        (180, 360, "3 to 6 minutes"),
        (40, 130, "40 seconds to 2 minutes"),
        (170, 185, "about 3 minutes"),
        (0, 0.2, "about 1 second"),
        (-5, 3, "1 to 3 seconds"),
        (89, 91, "90 seconds to 2 minutes"),
        (60, 180, "1 to 3 minutes"),
        (20, 61, "20 seconds to 1 minute"),
        (58, 62, "about 1 minute"),
        (3_600, 7_300, "1 to 2 hours"),
        (40, 20, "20 to 40 seconds"),
        (5_500, 10_000, "2 to 3 hours"),
        (50 * 60, 3 * 3600, "50 minutes to 3 hours"),
        (3 * 86_400, 4 * 86_400, "3 to 4 days"),
        (300 * 86_400, 400 * 86_400, "300 to 400 days"),
    ],
)
def test_time_range(low: float, high: float, text: str) -> None:
    assert time_range_text(low, high) == text


def test_about_time() -> None:
    assert about_time_text(Estimate(12, 32, 0)) == "about 20 seconds"
    assert about_time_text(Estimate(150, 380, 0)) == "about 4 minutes"
    assert about_time_text(Estimate(0, 0, 0)) == "about 1 second"


def test_memory() -> None:
    assert memory_text(620) == "about 600 MB of memory"
    assert memory_text(1536) == "about 1.5 GB of memory"
    assert memory_text(1) == "about 50 MB of memory"


def test_count() -> None:
    assert count_text(1, "class", "classes") == "1 class"
    assert count_text(2_077, "row") == "2,077 rows"
