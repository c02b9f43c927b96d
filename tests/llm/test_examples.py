"""tlcore.llm.examples: the most similar rows, of more than one label, the nearest last, within what fits."""

from __future__ import annotations

import numpy as np

from tlcore.llm.examples import choose_by_similarity, within_budget


def turned(*degrees: float) -> np.ndarray:
    """How similar rows are that are turned away so far from the text: cosines."""
    return np.cos(np.radians(degrees))


def test_the_nearest_are_chosen_and_the_very_nearest_stands_last() -> None:
    rows, labels = turned(80, 5, 40, 170, 20), ["a", "b", "c", "d", "e"]
    assert choose_by_similarity(rows, labels, 3) == [2, 4, 1]


def test_not_all_bear_one_label_while_others_are_there() -> None:
    rows, labels = turned(1, 2, 3, 4, 50, 60), ["a", "a", "a", "a", "b", "c"]
    assert choose_by_similarity(rows, labels, 4) == [5, 4, 1, 0]
    assert choose_by_similarity(rows[:5], labels[:5], 4) == [4, 2, 1, 0]  # one of the others is all there is
    assert choose_by_similarity(rows[:4], labels[:4], 3) == [2, 1, 0]


def test_fewer_rows_than_wanted_and_none_at_all() -> None:
    assert choose_by_similarity(turned(3, 1), ["a", "b"], 9) == [0, 1]
    assert choose_by_similarity(np.zeros(0), [], 3) == []
    assert choose_by_similarity(np.zeros(2), ["a", "b"], 1) == [0]  # nothing in common


def test_a_row_may_be_barred() -> None:
    assert choose_by_similarity(turned(0, 5, 9), ["a", "b", "c"], 2, leave_out=(0,)) == [2, 1]


def test_what_does_not_fit_is_left_out_from_the_least_similar_on() -> None:
    examples = [("far away and long winded", "x"), ("near by", "y"), ("nearest", "z")]
    count = lambda text: len(text.split())  # noqa: E731
    assert within_budget(examples, 99, count) == examples
    assert within_budget(examples, 5, count) == examples[1:]
    assert within_budget(examples, 2, count) == examples[2:]
    assert within_budget(examples, 1, count) == []
    assert within_budget([examples[1], examples[0]], 4, count) == [
        examples[1]
    ]  # too long by itself: passed over, not cut
