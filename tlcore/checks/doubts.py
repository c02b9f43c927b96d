"""What the other rows say about each label: probabilities from models that have not seen that row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlcore.checks.base import PLACE, used_rows
from tlcore.checks.evidence import ROWS_AT_ONCE

if TYPE_CHECKING:
    import numpy as np

    from tlcore.datasets import Dataset

FEWEST_ROWS, FEWEST_OF_A_CLASS = 40, 5
MOST_REFERENCES = 12_000
"""Of more rows, so many drawn at random are the neighbours that speak."""
PENALTY, BIAS, SHARPNESS = 0.3, 10.0, 15.0
"""Ridge penalty a row and a feature of unit variance, the constant feature, and the weight of a neighbour exp(SHARPNESS cos).
Of penalties from 0.01 to 1, one to seven layers, 10 to 60 neighbours and two rounds (the worst taken out, learnt again), this
put most of the flipped labels of banking77 and csabstruct first; a second round added nothing."""
TEMPERATURES = (1, 2, 3, 5, 8, 12, 20, 30, 50)
SMALLEST_SCALE = 0.05


@dataclass(frozen=True)
class Doubts:
    """places: (n,) of the judged rows in `dataset.rows`. given: (n,) the label of each, as a place in `labels`.

    probabilities: (n, labels) by models that did not learn from that row.
    """

    places: np.ndarray
    given: np.ndarray
    labels: tuple[str, ...]
    probabilities: np.ndarray


def doubt_labels(states: np.ndarray, dataset: Dataset) -> Doubts | None:
    """Judge every labelled row of the user's file whose class has FEWEST_OF_A_CLASS rows; None where too little is left.

    states: (rows, layers, width) in the order of `dataset.rows`. The mean of two kinds of model: a ridge regression on all
    layers, left one out exactly by its hat matrix, and neighbours weighted by similarity in the last layers.
    """
    import numpy as np

    known = [one for one in used_rows(dataset, PLACE, "label") if one[1] is not None]
    counts = Counter(label for _, label in known)
    labels = sorted(label for label, count in counts.items() if count >= FEWEST_OF_A_CLASS)
    code = {label: i for i, label in enumerate(labels)}
    places = np.array([place for place, label in known if label in code])
    given = np.array([code[label] for _, label in known if label in code])
    if len(places) < FEWEST_ROWS or len(labels) < 2:
        return None
    of_rows = states[places]
    near = [_neighbours(of_rows[:, layer], given, len(labels)) for layer in sorted({-1, -min(2, states.shape[1])})]
    probabilities = (_ridge(of_rows, given, len(labels)) + sum(near) / len(near)) / 2
    return Doubts(places, given, tuple(labels), probabilities / probabilities.sum(1, keepdims=True))


def _ridge(states: np.ndarray, given: np.ndarray, labels: int) -> np.ndarray:
    """Leave-one-out probabilities (n, labels) of a ridge regression on one-hot labels: f - (y - f) h / (1 - h), exact."""
    import numpy as np
    from scipy.linalg import cho_factor, cho_solve, solve_triangular

    x = _standardised(states.reshape(len(states), -1))
    y = np.eye(labels, dtype=np.float32)[given]
    gram = x.T @ x
    gram[np.diag_indices(len(gram))] += PENALTY * len(x)
    factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    weights = cho_solve(factor, x.T @ y, check_finite=False)
    scores = np.empty_like(y)
    for start in range(0, len(x), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        half = solve_triangular(factor[0], x[rows].T, lower=True, check_finite=False)
        leverage = np.minimum((half**2).sum(0), 0.999)[:, None]
        scores[rows] = (x[rows] @ weights - leverage * y[rows]) / (1 - leverage)
    return _as_probabilities(scores, given)


def _standardised(x: np.ndarray) -> np.ndarray:
    """Zero mean, unit variance, and the constant feature; a feature that hardly moves is not blown up."""
    import numpy as np

    x = x.astype(np.float32)
    scale = x.std(0)
    x = (x - x.mean(0)) / np.maximum(scale, max(SMALLEST_SCALE * float(np.median(scale)), 1e-6))
    return np.hstack([x, np.full((len(x), 1), BIAS, dtype=np.float32)])


def _as_probabilities(scores: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Softmax at the temperature at which the given labels are likeliest."""
    import numpy as np

    def softmax(t: float) -> np.ndarray:
        raised = np.exp(t * (scores - scores.max(1, keepdims=True)))
        return raised / raised.sum(1, keepdims=True)

    def surprise(found: np.ndarray) -> float:
        return float(-np.log(found[np.arange(len(given)), given] + 1e-9).mean())

    return min((softmax(t) for t in TEMPERATURES), key=surprise)


def _neighbours(states: np.ndarray, given: np.ndarray, labels: int) -> np.ndarray:
    """(n, labels): the share of each label among the other rows, weighted by exp(SHARPNESS * cosine) (Nadaraya-Watson)."""
    import numpy as np

    x = states.astype(np.float32)
    x -= x.mean(0)
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-6)
    among = np.arange(len(x))
    if len(x) > MOST_REFERENCES:
        among = np.sort(np.random.default_rng(0).choice(len(x), MOST_REFERENCES, replace=False))
    y, others = np.eye(labels, dtype=np.float32)[given[among]], x[among].T
    found = np.empty((len(x), labels), dtype=np.float32)
    for start in range(0, len(x), ROWS_AT_ONCE):
        weight = x[start : start + ROWS_AT_ONCE] @ others
        rows = np.arange(start, start + len(weight))
        weight -= 1
        weight *= SHARPNESS
        np.exp(weight, out=weight)  # in place: three times as quick
        weight[rows[:, None] == among[None, :]] = 0
        found[rows] = weight @ y
    return found / found.sum(1, keepdims=True)
