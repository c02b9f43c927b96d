"""Adding up what text, picture and both say; the predictor itself is tried where a model is trained (tests/strategies/test_late_fusion.py)."""

from __future__ import annotations

import numpy as np

from tlcore.predict.pictures import PictureAnswers, _note, fused, softmax
from tlcore.predict.text import beside, model_text, parts_of

NAN = float("nan")
NONE = np.array([[NAN, NAN]], dtype=np.float32)
TEXT, PICTURE, BOTH = (np.array([pair], dtype=np.float32) for pair in ((0.8, 0.2), (0.3, 0.7), (0.4, 0.6)))


def test_one_weight_alone_is_that_head_alone() -> None:
    for weights, expected in (((1, 0, 0), TEXT), ((0, 1, 0), PICTURE), ((0, 0, 1), BOTH)):
        assert np.allclose(fused(TEXT, PICTURE, BOTH, weights, 1.0), expected, atol=1e-6)


def test_log_probabilities_are_added() -> None:
    odds = 0.5 * np.log(0.8 / 0.2) + 0.3 * np.log(0.3 / 0.7) + 0.2 * np.log(0.4 / 0.6)
    found = fused(TEXT, PICTURE, BOTH, (0.5, 0.3, 0.2), 2.0)
    assert np.allclose(found[0, 0], 1 / (1 + np.exp(-2 * odds)), atol=1e-6)


def test_where_one_half_has_nothing_to_read_the_other_answers_alone() -> None:
    assert np.allclose(fused(TEXT, NONE, NONE, (0.2, 0.4, 0.4), 1.0), TEXT)
    assert np.allclose(fused(NONE, PICTURE, NONE, (0.9, 0.1, 0.0), 1.0), PICTURE)
    assert np.isnan(fused(NONE, NONE, NONE, (0.9, 0.1, 0.0), 1.0)).all()
    assert fused(TEXT[:0], TEXT[:0], TEXT[:0], (1, 0, 0), 1.0).shape == (0, 2)


def test_a_softmax_keeps_rows_of_nothing() -> None:
    assert np.isnan(softmax(NONE)).all()
    assert np.allclose(softmax(np.array([[1000.0, 1000.0]])), 0.5)


def test_the_column_says_why_a_picture_was_not_used() -> None:
    assert _note("", True, True) == "" == _note("no picture is named", False, False)
    assert _note("it is damaged", True, True) == "not used: it is damaged; answered from the text alone"
    assert _note("it is damaged", False, True) == "not used: it is damaged"
    assert _note("(animated: the first of 2 frames is used)", True, True) == "animated: the first of 2 frames is used"
    columns = PictureAnswers(["a"], [0.5], BOTH, None, ["why"]).columns()
    assert columns == {"prediction": ["a"], "confidence": ["0.5000"], "picture": ["why"]}


def test_a_row_is_read_where_it_has_either_of_the_two() -> None:
    reads = {"text": ["t", "more"], "image": ["i"]}
    assert parts_of(model_text(reads, {"t": "red", "more": "round", "i": " a.png "})) == ["red | round", "a.png"]
    assert parts_of(model_text(reads, {"t": "red", "more": "", "i": ""})) == ["red", ""]
    assert parts_of(model_text(reads, {"t": "", "more": "", "i": "a.png"})) == ["", "a.png"]
    assert model_text(reads, {"t": " ", "more": "", "i": ""}) == "" == beside(["", " "])
