"""tlcore.told_asking: whether the one that was asked is still needed, said honestly either way."""

from __future__ import annotations

from typing import Any

import pytest

from tlcore.told_asking import asking_sentences

LEARNED = {
    "rows": 300, "answered": 290, "could_not_tell": 10, "reasons": [], "ended": "", "own_rows": 0, "agreement": 0.9,
    "agreement_rows": 58,
}  # fmt: skip


def _about(gap: float, low: float, high: float, real: bool, **more: Any) -> dict[str, Any]:
    test = {
        "rows": 100, "teacher": {"wrong": 19}, "student": {"wrong": 21},
        "difference": {"macro_f1": gap, "low": low, "high": high, "real": real},
    }  # fmt: skip
    return {"who": "model-x", "host": "api.example.com", "dollars": 0.42, "learned": LEARNED, "test": test, **more}


def test_who_was_asked_and_what_it_cost() -> None:
    first, second = asking_sentences(_about(-0.01, -0.04, 0.02, False))
    assert "what model-x at api.example.com answered to 300 of your texts (it could not tell for 10)" in first
    assert "0.42 US dollars" in first
    assert (
        "right for 81 of 100 test rows; your own model, which learned from its answers, for 79: −1.0 points of macro-F1"
        in second
    )
    assert "(−4.0 to +2.0)" in second


@pytest.mark.parametrize(
    ("gap", "meant"),
    [
        ((-0.01, -0.04, 0.02, False), "could be chance; the service is not needed any more"),
        ((-0.01, -0.20, 0.15, False), "so few rows cannot tell"),
        ((0.05, 0.01, 0.09, True), "your own is better"),
        ((-0.10, -0.15, -0.05, True), "your own is really worse"),
    ],
)
def test_not_needed_is_only_said_where_it_is_so(gap: tuple[float, float, float, bool], meant: str) -> None:
    assert meant in asking_sentences(_about(*gap))[1]
    assert ("not needed" in asking_sentences(_about(*gap))[1]) == (meant.endswith("more") or "better" in meant[:18])


def test_without_scores_the_agreement_is_told_and_that_nobody_knows() -> None:
    (only,) = asking_sentences(_about(0, 0, 0, False, test=None, dollars=None))
    assert "Of 58 answers that were kept from it, it gave the same 90% of the time" in only
    assert "nobody can say" in only
    assert "not known" in only


def test_nothing_is_said_where_nobody_was_asked() -> None:
    assert asking_sentences(None) == ()
    own = {**LEARNED, "rows": 0, "own_rows": 40}
    assert "had nothing to add" in asking_sentences(_about(0, 0, 0, False, test=None, learned=own))[0]
