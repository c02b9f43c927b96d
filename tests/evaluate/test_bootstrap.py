"""tlcore.evaluate.bootstrap: intervals that hold the score, narrow with rows, and know a real difference from chance."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tlcore.evaluate.bootstrap import macro_f1_difference, macro_f1_interval

LABELS = ["a", "b", "c"]


def answers(truth: list[str], right: float, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [label if rng.random() < right else str(rng.choice(LABELS)) for label in truth]


def truth(rows: int) -> list[str]:
    return [LABELS[i % 3] for i in range(rows)]


@pytest.mark.parametrize("rows", [30, 300])
def test_the_interval_holds_the_score_and_is_the_same_each_time(rows: int) -> None:
    right = truth(rows)
    found = answers(right, 0.7, 0)
    low, high = macro_f1_interval(right, found, LABELS)
    assert low is not None
    assert high is not None
    assert 0 <= low < f1_score(right, found, average="macro") < high <= 1
    assert (low, high) == macro_f1_interval(right, found, LABELS)
    assert (low, high) != macro_f1_interval(right, found, LABELS, seed=1)


def test_ten_times_the_rows_make_it_about_three_times_narrower() -> None:
    widths = []
    for rows in (60, 600):
        right = truth(rows)
        low, high = macro_f1_interval(right, answers(right, 0.7, 1), LABELS)
        assert low is not None
        assert high is not None
        widths.append(high - low)
    assert 2 < widths[0] / widths[1] < 5


def test_it_covers_the_true_score_about_as_often_as_it_says() -> None:
    # Two even classes, answers right with probability 0.8 independently: macro-F1 tends to 0.8.
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(40):
        right = [str(v) for v in rng.choice(["a", "b"], 150)]
        found = [label if rng.random() < 0.8 else ("b" if label == "a" else "a") for label in right]
        low, high = macro_f1_interval(right, found, ["a", "b"])
        assert low is not None
        assert high is not None
        covered += low <= 0.8 <= high
    assert covered >= 33


@pytest.mark.parametrize(("rows", "least"), [(30, 0.88), (300, 0.98)])
def test_a_score_without_a_mistake_is_still_not_certain(rows: int, least: float) -> None:
    right = truth(rows)
    low, high = macro_f1_interval(right, right, LABELS)
    assert (low, high) == (pytest.approx(least, abs=0.01), 1.0)
    same = macro_f1_difference(right, right, right, LABELS)
    assert same == {"macro_f1": 0.0, "low": -round(1 - low, 4), "high": round(1 - low, 4), "real": False}


def test_no_rows_no_interval() -> None:
    assert macro_f1_interval([], [], LABELS) == (None, None)
    assert set(macro_f1_difference([], [], [], LABELS).values()) == {None}


def test_a_large_difference_is_real_and_has_its_sign() -> None:
    right = truth(300)
    good, bad = answers(right, 0.9, 0), answers(right, 0.4, 1)
    better, worse = macro_f1_difference(right, good, bad, LABELS), macro_f1_difference(right, bad, good, LABELS)
    exact = f1_score(right, good, average="macro") - f1_score(right, bad, average="macro")
    assert better["macro_f1"] == pytest.approx(exact, abs=1e-4)
    assert better["real"] is worse["real"] is True
    assert better["low"] == pytest.approx(-worse["high"], abs=1e-4)  # type: ignore[operator]
    assert better["low"] > 0 > worse["high"]  # type: ignore[operator]


def test_the_same_answers_do_not_differ_and_a_lucky_row_is_chance() -> None:
    right = truth(60)
    found = answers(right, 0.7, 0)
    assert macro_f1_difference(right, found, found, LABELS) == {"macro_f1": 0.0, "low": 0.0, "high": 0.0, "real": False}
    wrong = next(i for i, (a, b) in enumerate(zip(right, found, strict=True)) if a != b)
    lucky = [*found[:wrong], right[wrong], *found[wrong + 1 :]]
    assert macro_f1_difference(right, lucky, found, LABELS)["real"] is False


def test_the_pairing_makes_it_sharper_than_two_intervals_side_by_side() -> None:
    right = truth(300)
    found = answers(right, 0.7, 0)
    better = [label if i % 10 == 0 else answer for i, (label, answer) in enumerate(zip(right, found, strict=True))]
    gap = macro_f1_difference(right, better, found, LABELS)
    low, _ = macro_f1_interval(right, better, LABELS)
    _, high = macro_f1_interval(right, found, LABELS)
    assert gap["real"] is True
    assert low is not None
    assert high is not None
    assert low < high  # side by side they overlap
