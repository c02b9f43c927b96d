"""tlcore.engine.linear: scikit-learn heads, and the same heads as plain arrays."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from tlcore.engine.linear import cross_validate, fit_head, in_their_span, standardised_head, to_head
from tlcore.predict.predictor import linear_probabilities


def drawn(classes: int, rows: int = 240, apart: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features with scale and offset far from standard, and labels that they tell more or less."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % classes
    x = rng.normal(size=(rows, 12)) + apart * rng.normal(size=(classes, 12))[y]
    return (x * rng.uniform(0.01, 30, 12) + rng.normal(size=12) * 100).astype(np.float32), y


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("kind", ["logistic", "svm"])
def test_the_arrays_give_the_probabilities_of_the_pipeline(kind: str, classes: int, balanced: bool) -> None:
    x, y = drawn(classes)
    pipeline = fit_head(kind, x[:180], y[:180], 0.05, balanced)
    found = linear_probabilities(to_head(pipeline, classes).tensors(), x[180:])
    expected = pipeline.predict_proba(x[180:])
    assert found.shape == (60, classes)
    assert np.allclose(found, expected, atol=2e-4)
    assert np.allclose(found.sum(1), 1, atol=1e-5)
    assert f1_score(y[180:], found.argmax(1), average="macro") > 1.5 / classes


@pytest.mark.parametrize("kind", ["logistic", "svm"])
@pytest.mark.parametrize("seen", [[0, 2], [0, 1, 3]])
def test_a_class_without_a_row_is_never_chosen_and_the_others_stay_as_they_were(kind: str, seen: list[int]) -> None:
    x, y = drawn(4)
    rows = np.isin(y, seen)
    pipeline = fit_head(kind, x[rows], y[rows], 0.05, False)
    found = linear_probabilities(to_head(pipeline, 4).tensors(), x)
    absent = [c for c in range(4) if c not in seen]
    assert (found[:, absent] < 1e-6).all()
    assert np.allclose(found[:, seen], pipeline.predict_proba(x), atol=2e-4)


def test_a_class_of_one_row_cannot_be_calibrated_and_gets_the_logistic_head() -> None:
    x, y = drawn(2, 40)
    y = np.where(np.arange(40) == 3, 2, y)
    head = to_head(fit_head("svm", x, y, 0.05, False), 3)
    assert head.platt_a is None
    assert to_head(fit_head("svm", x[10:], y[10:], 0.05, False), 3).platt_a is not None
    probabilities = linear_probabilities(head.tensors(), x)
    assert not np.isnan(probabilities).any()


@pytest.mark.parametrize("kind", ["logistic", "svm"])
def test_balance_raises_the_recall_of_the_rare_class(kind: str) -> None:
    x, y = drawn(2, 400, apart=0.35)
    keep = (y == 0) | (np.arange(400) % 16 == 1)
    x, y = x[keep], y[keep]
    recall = []
    for balanced in (False, True):
        found = linear_probabilities(to_head(fit_head(kind, x, y, 0.05, balanced), 2).tensors(), x).argmax(1)
        recall.append((found[y == 1] == 1).mean())
    if kind == "logistic":
        assert recall[1] > recall[0] + 0.2
    else:  # calibration knows how rare the class is, so that the weights show less
        assert recall[1] >= recall[0]


def test_a_small_C_is_more_cautious() -> None:
    x, y = drawn(2)
    size = [np.abs(to_head(fit_head("logistic", x, y, C, False), 2).weight).sum() for C in (0.001, 0.1, 10)]
    assert size[0] < size[1] < size[2]


@pytest.mark.parametrize("kind", ["logistic", "svm"])
def test_cross_validation_is_high_where_features_tell_and_chance_where_they_do_not(kind: str) -> None:
    x, y = drawn(3, 180, apart=3.0)
    scores = cross_validate(kind, x, y, (0.01, 0.1), False, 3, 0)
    assert len(scores) == 2
    assert min(scores) > 0.9
    shuffled = np.random.default_rng(1).permutation(y)
    assert max(cross_validate(kind, x, shuffled, (0.01, 0.1), False, 3, 0)) < 0.55
    assert scores == cross_validate(kind, x, y, (0.01, 0.1), False, 3, 0)


def test_the_head_that_fine_tuning_starts_from_already_fits() -> None:
    x, y = drawn(3, apart=3.0)
    head = standardised_head(x, y, 3)
    scores = x @ head.weight.T + head.bias
    assert f1_score(y, scores.argmax(1), average="macro") > 0.9
    assert head.platt_a is None


@pytest.mark.parametrize(("rows", "fewer"), [(40, True), (90, False)])
def test_rows_in_their_span_lie_as_they_lay(rows: int, fewer: bool) -> None:
    rng = np.random.default_rng(0)
    seen, unseen = rng.normal(size=(rows, 60)), rng.normal(size=(7, 60))
    seen[3] = seen[4]  # rows that are no basis
    turned, others = in_their_span(seen, unseen)
    assert turned.shape == (rows, rows if fewer else 60)
    assert np.allclose(turned @ turned.T, seen @ seen.T)
    assert np.allclose(others @ turned.T, unseen @ seen.T)


def test_what_is_learned_in_the_span_is_the_same() -> None:
    rng = np.random.default_rng(1)
    y = np.arange(60) % 3
    x = rng.normal(size=(60, 200)) + 2 * np.eye(3)[y] @ rng.normal(size=(3, 200))
    exact = LogisticRegression(C=0.01, tol=1e-6, max_iter=2000)
    plain = exact.fit(x[:40], y[:40]).predict_proba(x[40:])
    seen, unseen = in_their_span(x[:40], x[40:])
    assert np.allclose(exact.fit(seen, y[:40]).predict_proba(unseen), plain, atol=1e-4)
