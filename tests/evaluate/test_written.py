"""tlcore.evaluate.written: scores of written texts are those of sacreBLEU and of the papers, with an interval."""

from __future__ import annotations

import pytest
from sacrebleu.metrics import CHRF

from tlcore.evaluate.written import chrf, difference, rouge_l, row_chrf, text_scores, with_interval

TRUTH = ["¿Cuántos puntos dejaron escapar?", "Please call me back.", "yes", "The report is late, we are sorry."]
ANSWERS = ["¿Cuántos puntos marcaron?", "Please call me.", "", "We are sorry that the report is late."]


def test_chrf_is_that_of_sacrebleu() -> None:
    assert chrf(TRUTH, ANSWERS) == pytest.approx(CHRF().corpus_score(ANSWERS, [TRUTH]).score)
    for one, right, answer in zip(row_chrf(TRUTH, ANSWERS), TRUTH, ANSWERS, strict=True):
        assert one == pytest.approx(CHRF().sentence_score(answer, [right]).score)
    assert chrf(TRUTH, TRUTH) == pytest.approx(100)
    assert chrf([], []) == 0.0


@pytest.mark.parametrize(
    ("truth", "answer", "score"),
    [("a b c d", "a c d", 2 * 3 / 7), ("a b", "A B", 1.0), ("a b", "b a", 0.5), ("", "", 1.0), ("a", "", 0.0)],
)
def test_rouge_l_is_the_longest_common_row_of_words(truth: str, answer: str, score: float) -> None:
    assert rouge_l(truth, answer) == pytest.approx(score)


def test_scores_say_how_many_are_right_to_the_letter() -> None:
    found = text_scores(TRUTH, [TRUTH[0], *ANSWERS[1:]])
    assert (found["exact_match"], found["rows"], found["wrong"]) == (0.25, 4, 3)
    assert text_scores([], [])["chrf"] is None


def test_the_interval_holds_the_score_and_a_real_gain_is_told_from_chance() -> None:
    truth = [f"{text} number {i}" for i, text in enumerate(TRUTH * 5)]
    worse = [one[:5] for one in truth]
    found = with_interval(truth, worse)
    assert found["chrf_low"] <= found["chrf"] <= found["chrf_high"]
    gain = difference(truth, truth, worse)
    assert gain["real"]
    assert gain["low"] > 0
    same = difference(truth, worse, worse)
    assert (same["chrf"], same["real"]) == (0.0, False)
