"""tlcore.predict.passages: windows joined, the likeliest pieces, none, what is added to a sheet."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.predict.passages import (
    NO_ANSWER,
    NOTHING,
    Found,
    PassageAnswers,
    answer_from,
    by_row,
    join,
    rank_pieces,
)
from tlcore.predict.windows import Window

PASSAGE = "aa bb cc dd ee ff"
PLACES = [(3 * i, 3 * i + 2) for i in range(6)]
HOW = {"kind": "passage", "longest": 3, "none": False, "margin": 0.0}


def window(first: int, last: int, row: int = 0) -> Window:
    """A window of the words first to last - 1, behind a special token and a word of the question."""
    return Window(row, list(range(last - first + 3)), [(0, 0), (0, 0), *PLACES[first:last], (0, 0)])


def scores(first: int, last: int, begin: int, end: int, none: float = 0.0) -> np.ndarray:
    """The word `begin` is likely to begin the answer, the word `end` to end it; the question's even more so."""
    found = np.full((last - first + 3, 2), -5.0)
    found[0], found[1] = none, 50.0
    if first <= begin < last:
        found[2 + begin - first, 0] = 6.0
    if first <= end < last:
        found[2 + end - first, 1] = 6.0
    return found


def test_the_likeliest_piece_is_read_off_the_passage() -> None:
    found = answer_from(PASSAGE, [window(0, 6)], [scores(0, 6, 1, 3)], HOW)
    assert (found.text, found.start) == ("bb cc dd", 3)
    assert 0.9 < found.confidence <= 1
    assert found.odds == -math.inf


def test_no_word_of_the_question_is_an_answer() -> None:
    found = answer_from(PASSAGE, [window(0, 6)], [scores(0, 6, 5, 5)], HOW)
    assert found.text == "ff"


def test_an_end_before_its_beginning_or_too_far_behind_it_is_none() -> None:
    back = answer_from(PASSAGE, [window(0, 6)], [scores(0, 6, 4, 1)], HOW)
    assert back.text in {PASSAGE[a:b] for a, _ in PLACES for _, b in PLACES if a < b}
    assert len(answer_from(PASSAGE, [window(0, 6)], [scores(0, 6, 0, 5)], HOW).text.split()) <= 3


def test_windows_are_compared_by_their_own_none() -> None:
    """The same scores count for less in a window that says “not in here” louder."""
    windows = [window(0, 3), window(3, 6)]
    here = answer_from(PASSAGE, windows, [scores(0, 3, 1, 1), scores(3, 6, 4, 4, none=8.0)], HOW)
    there = answer_from(PASSAGE, windows, [scores(0, 3, 1, 1, none=8.0), scores(3, 6, 4, 4)], HOW)
    assert (here.text, there.text) == ("bb", "ee")


def test_where_windows_overlap_a_token_is_taken_from_the_one_with_more_around_it() -> None:
    first, second = scores(0, 4, 3, 3), scores(2, 6, 9, 9)
    joined, places = join([window(0, 4), window(2, 6)], [first, second])
    assert places == PLACES
    assert joined[3, 0] == -5.0  # an edge in the first, inside in the second
    assert joined[1, 0] == first[3, 0] - first[0, 0]


def test_a_passage_may_not_hold_the_answer_where_that_was_taught() -> None:
    taught = {**HOW, "none": True}
    silent = answer_from(PASSAGE, [window(0, 6)], [scores(0, 6, 9, 9, none=4.0)], taught)
    assert (silent.text, silent.start) == (NO_ANSWER, -1)
    assert silent.confidence > 0.9
    assert silent.odds > 0
    assert len(silent.others) == 3
    assert (
        answer_from(PASSAGE, [window(0, 6)], [scores(0, 6, 9, 9, none=4.0)], {**taught, "margin": 99.0}).text
        != NO_ANSWER
    )
    assert answer_from(PASSAGE, [window(0, 6)], [scores(0, 6, 1, 1)], taught).text == "bb"
    assert answer_from(PASSAGE, [window(0, 6)], [scores(0, 6, 9, 9, none=4.0)], HOW).text != NO_ANSWER


def test_the_next_best_overlap_neither_the_best_nor_each_other() -> None:
    found = answer_from(PASSAGE, [window(0, 6)], [scores(0, 6, 1, 2)], HOW)
    spans = sorted([(found.start, found.start + len(found.text)), *((one.start, one.end) for one in found.others)])
    assert len(found.others) >= 2
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


@given(st.integers(1, 9), st.integers(1, 5), st.booleans(), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_probabilities_are_those_of_all_pieces(tokens: int, longest: int, none: bool, seed: int) -> None:
    drawn = np.random.default_rng(seed).normal(0, 3, (tokens, 2))
    ranked, silent = rank_pieces(drawn, longest, none)
    every = {
        (a, b): math.exp(drawn[a, 0] + drawn[b, 1]) for a in range(tokens) for b in range(a, min(tokens, a + longest))
    }
    total = sum(every.values()) + none
    best = max(every, key=lambda span: every[span])
    assert ranked[0][:2] == best
    for first, last, likely in ranked:
        assert likely == pytest.approx(every[first, last] / total)
    assert silent == pytest.approx(none / total)
    taken = [range(first, last + 1) for first, last, _ in ranked]
    assert all(set(a).isdisjoint(b) for i, a in enumerate(taken) for b in taken[:i])


def test_far_apart_scores_do_not_overflow() -> None:
    ranked, none = rank_pieces(np.array([[900.0, 900.0], [-900.0, -900.0]]), 2, True)
    assert ranked[0] == (0, 0, 1.0)
    assert none == 0.0


def test_a_passage_without_a_token_has_no_answer() -> None:
    assert answer_from("", [Window(0, [1, 2], [(0, 0), (0, 0)])], [np.zeros((2, 2))], HOW) == NOTHING


def test_what_is_added_to_a_sheet() -> None:
    found = [Found("bb", 3, 0.51234, (), -math.inf), Found(NO_ANSWER, -1, 0.9, (), 2.0), NOTHING]
    answers = PassageAnswers(found, [PASSAGE, PASSAGE, ""])
    assert answers.columns() == {
        "prediction": ["bb", NO_ANSWER, ""],
        "confidence": ["0.5123", "0.9000", ""],
        "start": ["3", "", ""],
    }
    assert answers.starts == [3, -1, -1]


def test_windows_are_counted_to_their_texts() -> None:
    assert by_row([window(0, 3), window(3, 6), window(0, 6, row=2)], 3) == [[0, 1], [], [2]]
