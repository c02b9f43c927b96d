"""tlcore.checks.doubts: each row judged by models that have not seen it."""

from collections.abc import Callable

import numpy as np
import pytest

from tlcore.checks import doubts
from tlcore.checks.doubts import _as_probabilities, _neighbours, _ridge, _standardised, doubt_labels
from tlcore.datasets import Dataset


def clusters(rows: int, classes: int = 3, layers: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """float16 states (rows, layers, 12) around one middle a class, and the classes."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % classes
    middle = rng.normal(size=(classes, layers, 12)) * 2
    return (middle[y] + rng.normal(size=(rows, layers, 12))).astype(np.float16), y


def test_ridge_leaves_each_row_out_exactly() -> None:
    states, y = clusters(60)
    y[7] = (y[7] + 1) % 3
    x = _standardised(states.reshape(60, -1))
    onehot = np.eye(3, dtype=np.float32)[y]
    by_hand = np.zeros((60, 3))
    penalty = doubts.PENALTY * 60 * np.eye(x.shape[1])
    for i in range(60):
        rest = np.arange(60) != i
        gram = x[rest].T @ x[rest] + penalty
        by_hand[i] = x[i] @ np.linalg.solve(gram, x[rest].T @ onehot[rest])
    assert np.allclose(_ridge(states, y, 3), _as_probabilities(by_hand.astype(np.float32), y), atol=1e-3)


def test_a_row_does_not_vote_for_itself() -> None:
    states, y = clusters(60)
    lone = y.copy()
    lone[5] = 3
    found = _neighbours(states[:, -1], lone, 4)
    assert found[5, 3] == 0
    assert np.allclose(found.sum(1), 1, atol=1e-5)


def test_a_wrong_label_is_doubted_and_the_right_one_believed(classify: Callable[..., Dataset]) -> None:
    states, y = clusters(90)
    labels = [f"class {k}" for k in y]
    labels[10] = "class 0" if y[10] else "class 1"
    found = doubt_labels(states, classify([f"text number {i}" for i in range(90)], labels))
    assert found is not None
    own = found.probabilities[np.arange(90), found.given]
    assert own.argmin() == 10
    assert found.labels[found.probabilities[10].argmax()] == f"class {y[10]}"
    assert np.allclose(found.probabilities.sum(1), 1, atol=1e-5)
    assert np.median(own) > 0.6


def test_rows_without_a_label_and_tiny_classes_are_not_judged(classify: Callable[..., Dataset]) -> None:
    states, y = clusters(60)
    labels = [f"class {k}" for k in y]
    labels[3], labels[4], labels[5] = "", "rare", "rare"
    found = doubt_labels(states, classify([f"text number {i}" for i in range(60)], labels))
    assert found is not None
    assert not set(found.places) & {3, 4, 5}
    assert len(found.places) == 57
    assert found.labels == ("class 0", "class 1", "class 2")


def test_too_few_rows_are_not_judged(classify: Callable[..., Dataset]) -> None:
    states, y = clusters(30)
    assert doubt_labels(states, classify([f"text number {i}" for i in range(30)], [f"class {k}" for k in y])) is None


def test_of_many_rows_some_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    states, y = clusters(300)
    monkeypatch.setattr(doubts, "MOST_REFERENCES", 60)
    monkeypatch.setattr(doubts, "ROWS_AT_ONCE", 50)
    assert (_neighbours(states[:, -1], y, 3).argmax(1) == y).mean() > 0.9
