"""tlcore.evaluate.numbers: errors and correlations beside SciPy's, intervals, and what they stand beside."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from tlcore.errors import TlcoreError
from tlcore.evaluate import numbers
from tlcore.predict.answers import Answers


def drawn(rows: int, noise: float, seed: int = 0) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(seed)
    truth = np.round(rng.uniform(0, 10, rows), 1)
    return [str(one) for one in truth], [str(one) for one in np.round(truth + noise * rng.normal(size=rows), 2)]


def test_scores_are_those_of_scipy() -> None:
    truth, answers = drawn(80, 2.0)
    y, found = (np.array(list(map(float, one))) for one in (truth, answers))
    scores = numbers.number_scores(truth, answers)
    assert scores["mae"] == pytest.approx(float(np.abs(y - found).mean()), abs=1e-4)
    assert scores["pearson"] == pytest.approx(pearsonr(y, found)[0], abs=1e-4)
    assert scores["spearman"] == pytest.approx(spearmanr(y, found)[0], abs=1e-4)


def test_what_has_no_answer_does_not_count_and_a_constant_has_no_correlation() -> None:
    scores = numbers.number_scores(["1", "2", "3"], ["1", "", "5"])
    assert (scores["rows"], scores["mae"]) == (2, 1.0)
    assert numbers.number_scores(["1", "2"], ["3", "3"])["pearson"] is None
    assert numbers.number_scores([], [])["mae"] is None


def test_the_interval_holds_the_error_and_narrows_with_rows() -> None:
    widths = []
    for rows in (50, 500):
        found = numbers.with_interval(*drawn(rows, 1.0))
        assert found["mae_low"] < found["mae"] < found["mae_high"]
        widths.append(found["mae_high"] - found["mae_low"])
    assert widths[1] < 0.5 * widths[0]


def test_being_nearer_is_below_zero_and_real() -> None:
    truth, near = drawn(200, 0.5)
    far = drawn(200, 3.0)[1]
    found = numbers.difference(truth, near, far)
    assert found["mae"] < 0
    assert found["real"] is True
    assert numbers.difference(truth, near, near)["real"] is False
    assert numbers.difference([], [], [])["mae"] is None


def test_the_median_is_always_said_and_words_are_better() -> None:
    texts = [f"{'good ' * n}{'bad ' * (5 - n)}thing {i}" for i, n in enumerate([0, 1, 2, 3, 4, 5] * 15)]
    targets = [str(n) for n in [0, 1, 2, 3, 4, 5] * 15]
    assert numbers.median_answers(["1", "2", "9"], ["x", "y"]) == ["2", "2"]
    found = numbers.tfidf_numbers(texts[:60], targets[:60], texts[60:])
    plain = numbers.median_answers(targets[:60], texts[60:])
    ours, theirs = (numbers.number_scores(targets[60:], one)["mae"] for one in (found, plain))
    assert ours < 0.5 * theirs
    assert all(0 <= float(one) <= 5 for one in found)
    with pytest.raises(TlcoreError, match="no words"):
        numbers.tfidf_numbers(["!", "?"], ["1", "2"], ["."])


def test_the_report_says_how_often_the_truth_lay_in_the_range() -> None:
    answers = Answers(["1", "2", ""], [math.nan] * 3, np.zeros((3, 1)), [(0.0, 2.0), (1.5, 2.5), (math.nan, math.nan)])
    found = numbers.numbers_report(["1", "3", "4"], answers, {"majority": ["2"] * 3, "tfidf": ["2"] * 3})
    assert found["test"]["within"] == 0.5
    assert found["test"]["mae"] == 0.5
    assert found["difference"]["against"] == "tfidf"


def test_two_versions_are_compared_by_the_seen_range() -> None:
    def said(*values: str) -> Answers:
        return Answers(list(values), [math.nan] * len(values), np.zeros((len(values), 1)), [(0.0, 1.0)] * len(values))

    found = numbers.numbers_alike(said("10", "20"), said("11", "30"), ["10", "20"], 100.0)
    assert found["same_answers"] == 0.5
    assert found["exact_accuracy"] == 1.0
    assert found["accuracy"] == pytest.approx(1 - 5.5 / 100)
