"""tlcore.told_reading: the sentence says what was measured, and no more."""

from __future__ import annotations

import pytest

from tlcore.told_reading import reading_sentence


@pytest.mark.parametrize(
    ("gap", "end"),
    [
        ((0.012, -0.004, 0.029, False), "+1.2 points (−0.4 to +2.9): could be chance."),
        ((0.03, 0.01, 0.05, True), "+3.0 points (+1.0 to +5.0): it helped."),
        ((-0.03, -0.05, -0.01, True), "−3.0 points (−5.0 to −1.0): it did harm."),
    ],
)
def test_what_it_did(gap: tuple[float, float, float, bool], end: str) -> None:
    about = {
        "before": 764.44,
        "after": 115.29,
        "difference": dict(zip(("macro_f1", "low", "high", "real"), gap, strict=True)),
    }
    assert reading_sentence(about) == f"Reading your texts first: perplexity 764.4 → 115.3; macro-F1 {end}"


def test_what_was_not_tried_is_said_and_nothing_where_nothing_was_read() -> None:
    told = reading_sentence({"before": 18, "after": 9, "difference": None})
    assert told == "Reading your texts first: perplexity 18 → 9; whether it helped was not tried."
    assert reading_sentence(None) == ""
