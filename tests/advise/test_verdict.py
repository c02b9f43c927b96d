from __future__ import annotations

from dataclasses import replace

import pytest

from tlcore.advise.curve import Gain
from tlcore.advise.mismatch import Mismatch
from tlcore.advise.trial import Trial
from tlcore.advise.verdict import gain_text, judge, next_labels

ROUNDS = ((0.50, 0.60, 0.68), (0.52, 0.61, 0.70), (0.49, 0.62, 0.69))
TRIAL = Trial(
    rows=400, tried=400, sizes=(75, 150, 300), frozen=ROUNDS, tfidf=0.51, majority=0.1, band=(0.62, 0.75), lead=(0.18, 0.1, 0.25),
    classes={"Refund": (0.5, 0.7), "Billing": (0.8, 0.85), "Other": (0.6, 0.62)}, seconds=3.0,
)  # fmt: skip
WORSE = replace(TRIAL, tfidf=0.81, lead=(-0.12, -0.2, -0.05))


def test_the_headline_has_the_score_its_band_and_what_stands_beside() -> None:
    said = judge(TRIAL, Mismatch()).headline
    assert "300 labelled rows" in said
    for number in ("0.69", "0.51", "0.10"):
        assert number in said


def test_more_labels_are_named_with_a_band_and_the_class_that_gains() -> None:
    said = judge(TRIAL, Mismatch()).labels
    assert said.startswith("100 more labels: about +")
    assert "mostly for “Refund”" in said


def test_no_alarm_where_the_base_model_helps() -> None:
    found = judge(TRIAL, Mismatch(pieces_a_word=2.5))
    assert (found.alarm, found.reasons, found.offers) == ("", (), ())


def test_the_alarm_says_why_and_what_to_do() -> None:
    found = judge(WORSE, Mismatch(pieces_a_word=2.5), unlabelled=4_000)
    assert "worse than counting words" in found.alarm
    assert "2.5 word pieces" in found.reasons[0]
    assert any("4,000 texts without a label" in offer for offer in found.offers)
    assert not any("_" in offer for offer in found.offers), "names of the program are not words for the screen"


def test_a_score_that_is_nearly_perfect_ends_the_search() -> None:
    assert "Keep it" in judge(replace(TRIAL, frozen=((0.9, 0.95, 0.97),) * 3), Mismatch()).enough
    assert judge(TRIAL, Mismatch()).enough == ""


def test_labels_that_disagree_come_first() -> None:
    assert "22 % of the labels look wrong" in judge(TRIAL, Mismatch(), doubted=0.22).doubts
    assert judge(TRIAL, Mismatch(), doubted=0.05).doubts == "" == judge(TRIAL, Mismatch()).doubts


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (Gain(0.01, 0.02, 0.03), "about +2 points (1 to 3)"),
        (Gain(-0.01, 0.001, 0.01), "hardly a point (-1 to +1)"),
        (Gain(0.0, 0.012, 0.03), "about +1 point (0 to 3)"),
    ],
)
def test_a_gain_in_words(gain: Gain, said: str) -> None:
    assert gain_text(gain) == said


def test_what_somebody_may_label_next_grows_with_what_there_is() -> None:
    assert [next_labels(n) for n in (50, 200, 1_000, 4_000, 50_000)] == [50, 100, 200, 500, 1_000]
