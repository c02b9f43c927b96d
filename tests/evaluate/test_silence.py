"""tlcore.evaluate.silence: no answer is wrong, and no class of its own."""

from __future__ import annotations

import pytest
from sklearn.metrics import f1_score

from tlcore.evaluate.silence import compare_with_silence

LABELS = ("a", "b", "c")
TRUTH = ["a", "b", "c"] * 10
SILENT = ["a", "b", "", *TRUTH[3:]]


def test_silence_costs_its_row_and_nothing_more() -> None:
    first, second, gap = compare_with_silence(TRUTH, TRUTH, SILENT, LABELS)
    assert (first["macro_f1"], first["wrong"]) == (1.0, 0)
    expected = f1_score(TRUTH, SILENT, labels=LABELS, average="macro", zero_division=0)
    assert second["macro_f1"] == pytest.approx(expected, abs=1e-4)
    assert (second["wrong"], second["rows"], second["accuracy"]) == (1, 30, round(29 / 30, 4))
    assert second["macro_f1_low"] < second["macro_f1"] <= second["macro_f1_high"]
    assert gap["macro_f1"] == pytest.approx(1 - expected, abs=1e-4)
    assert not gap["real"]


def test_equals_differ_by_nothing_and_much_silence_is_really_worse() -> None:
    assert compare_with_silence(TRUTH, SILENT, SILENT, LABELS)[2] == {
        "macro_f1": 0.0,
        "low": 0.0,
        "high": 0.0,
        "real": False,
    }
    assert compare_with_silence(TRUTH, TRUTH, [""] * 15 + TRUTH[15:], LABELS)[2]["real"]
