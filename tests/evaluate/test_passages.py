"""tlcore.evaluate.passages: scores over many rows, intervals, the difference to the nearest sentence, which is found."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.evaluate.passages import (
    difference,
    nearest_sentences,
    passage_scores,
    passages_report,
    row_scores,
    sentences,
    with_intervals,
)
from tlcore.predict.passages import Found, PassageAnswers
from tlcore.predict.text import packed
from tlcore.tasks.qa import NO_ANSWER, written

TRUTH = [written("Lindhaven", 4), written("in 1991", 0), written("", -1), written("red", 2)]


def test_scores_are_means_over_the_rows() -> None:
    found = passage_scores(TRUTH, ["lindhaven", "1991", NO_ANSWER, "blue"])
    assert found["exact_match"] == found["accuracy"] == 0.5
    assert found["token_f1"] == pytest.approx((1 + 2 / 3 + 1 + 0) / 4, abs=1e-4)
    assert (found["rows"], found["wrong"], found["overlapping"]) == (4, 2, 1)
    assert (found["unanswered_rows"], found["unanswered_right"]) == (1, 1)
    assert found["answered_token_f1"] == pytest.approx((1 + 2 / 3) / 3, abs=1e-4)


def test_no_answer_at_all_is_never_right() -> None:
    """A blank cell is a row that was not answered, which is not the same as saying that the passage does not say."""
    assert row_scores(TRUTH, ["", "", "", ""]).sum() == 0


def test_nothing_scored_has_no_score() -> None:
    found = with_intervals([], [])
    assert (found["token_f1"], found["token_f1_low"], found["rows"]) == (None, None, 0)
    assert difference([], [], [])["real"] is None


def test_intervals_hold_the_score_and_know_when_all_are_right() -> None:
    truth = [written(f"word{i} more", 0) for i in range(60)]
    half = [f"word{i}" if i % 2 else "wrong" for i in range(60)]
    found = with_intervals(truth, half)
    assert found["token_f1_low"] < found["token_f1"] < found["token_f1_high"]
    assert found["token_f1_high"] - found["token_f1_low"] < 0.25
    right = with_intervals(truth, [f"word{i} more" for i in range(60)])
    assert (right["token_f1"], right["token_f1_high"]) == (1.0, 1.0)
    assert 0.9 < right["token_f1_low"] < 1.0


def test_a_difference_is_real_only_where_its_interval_leaves_out_zero() -> None:
    truth = [written(f"word{i}", 0) for i in range(40)]
    ours = [f"word{i}" if i < 30 else "wrong" for i in range(40)]
    theirs = [f"word{i}" if i < 5 else "wrong" for i in range(40)]
    assert difference(truth, ours, theirs)["real"] is True
    assert difference(truth, ours, theirs)["token_f1"] == pytest.approx(25 / 40)
    same = difference(truth, ours, ours)
    assert (same["token_f1"], same["real"]) == (0.0, False)


def test_the_report_names_what_must_be_beaten() -> None:
    answers = PassageAnswers([Found("Lindhaven", 4, 0.9, (), -np.inf)] * 2, ["", ""])
    found = passages_report(TRUTH[:2], answers, {"nearest": ["Lindhaven is old.", "It moved in 1991."]})
    assert found["test"]["exact_match"] == 0.5
    assert found["difference"]["against"] == "nearest"
    assert (found["per_class"], set(found["baselines"])) == ([], {"nearest"})


def test_the_nearest_sentence_has_the_rarer_words_of_the_question() -> None:
    passage = "The office is in Lindhaven. The pump has a green button! When the alarm sounds, leave the office."
    texts = [packed([question, passage]) for question in ("Where is the office?", "What colour is the button of the pump?", "What do you do when the alarm sounds?")]  # fmt: skip
    assert nearest_sentences([], texts) == [
        "The office is in Lindhaven.",
        "The pump has a green button!",
        "When the alarm sounds, leave the office.",
    ]
    assert nearest_sentences(texts, [packed(["Xyzzy?", "Nothing here is like it"])]) == ["Nothing here is like it"]


def test_sentences_end_at_marks_and_line_breaks() -> None:
    assert sentences("One. “Two!” Three?\nFour 3.5 m") == ["One.", "“Two!", "Three?", "Four 3.5 m"]
