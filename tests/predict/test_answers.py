"""tlcore.predict.answers: what is said for what a head gives, and in which columns it stands in a sheet."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tlcore.predict.answers import (
    NO_LABEL,
    digits_for,
    join_labels,
    number_text,
    outputs_of,
    parted,
    read_head,
    to_answers,
)

LABELS = ["a", "b", "c"]
SEVERAL = {"kind": "several", "thresholds": [0.5, 0.2, 0.9]}
STARS = {"kind": "number", "mean": 3.0, "scale": 2.0, "low": 1.0, "high": 5.0, "below": 0.5, "above": 1.25}


def test_one_label_is_the_likeliest_and_blank_has_none() -> None:
    found = to_answers(None, LABELS, np.array([[0.2, 0.7, 0.1], [np.nan] * 3], dtype=np.float32))
    assert found.predictions == ["b", ""]
    assert found.columns() == {"prediction": ["b", ""], "confidence": ["0.7000", ""]}


def test_several_labels_each_by_its_threshold_and_how_sure_the_least_certain_is() -> None:
    outputs = np.array([[0.6, 0.3, 0.8], [0.1, 0.1, 0.1], [np.nan] * 3], dtype=np.float32)
    found = to_answers(SEVERAL, LABELS, outputs)
    assert found.predictions == ["a;b", NO_LABEL, ""]
    assert found.confidence[:2] == pytest.approx([0.2, 0.9])
    assert math.isnan(found.confidence[2])
    assert found.columns()["confidence"] == ["0.2000", "0.9000", ""]


def test_a_number_has_a_range_and_stays_within_what_was_seen() -> None:
    found = to_answers(STARS, [], np.array([[3.14159], [4.9], [np.nan]], dtype=np.float32))
    assert found.columns() == {
        "prediction": ["3.142", "4.9", ""],
        "low": ["2.642", "4.4", ""],
        "high": ["4.392", "5", ""],
    }
    head = {"weight": np.array([[1.0]]), "bias": np.array([0.0])}
    assert read_head(STARS, head, np.array([[0.5], [9.0], [-9.0]]))[:, 0].tolist() == [4.0, 5.0, 1.0]


def test_the_head_of_several_labels_is_a_sigmoid_of_weighted_sums() -> None:
    head = {"weight": np.array([[1.0, 0.0], [0.0, -2.0]]), "bias": np.array([0.0, 1.0])}
    assert read_head(SEVERAL, head, np.array([[0.0, 0.5]]))[0].tolist() == pytest.approx([0.5, 0.5])
    assert (outputs_of(SEVERAL, LABELS), outputs_of(STARS, []), outputs_of(None, LABELS)) == (3, 1, 3)


def test_no_rows_are_no_answers() -> None:
    for how, labels, width in ((None, LABELS, 3), (SEVERAL, LABELS, 3), (STARS, [], 1)):
        found = to_answers(how, labels, np.zeros((0, width), dtype=np.float32))
        assert set(map(len, found.columns().values())) == {0}


@pytest.mark.parametrize(("span", "digits"), [(4, 3), (100, 1), (0.5, 4), (5000, 0), (0, 2)])
def test_no_more_digits_than_are_known(span: float, digits: int) -> None:
    assert digits_for(span) == digits


def test_labels_are_joined_and_parted() -> None:
    assert join_labels(["b", "a"]) == "a;b"
    assert join_labels([]) == NO_LABEL
    assert parted(" b ;a;;a") == ("a", "b")
    assert parted(NO_LABEL) == () == parted("")
    assert [number_text(value) for value in (4.0, 3.25, -0.0, 1e12)] == ["4", "3.25", "0", "1000000000000.0"]
