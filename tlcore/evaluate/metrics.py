"""Scores of a classification: macro-F1, accuracy, AUROC, per class, confusion."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score


def confusion(truth: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """Counts [classes, classes], rows = truth; integer labels."""
    return np.bincount(truth * classes + answers, minlength=classes * classes).reshape(classes, classes)


def f1_from_confusion(matrix: np.ndarray) -> np.ndarray:
    """F1 of each class, [..., classes]; nan for a class that neither occurs nor is predicted."""
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    total = matrix.sum(-1) + matrix.sum(-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return 2 * right / total


def macro_f1(matrix: np.ndarray) -> np.ndarray:
    """Mean F1 over the classes that occur or are predicted (as scikit-learn has it), [...]."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(f1_from_confusion(matrix), axis=-1)


def to_ids(values: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Labels as integers; what is not among `labels` (a class the model cannot know, no answer) becomes one more class."""
    place = {label: i for i, label in enumerate(labels)}
    return np.array([place.get(value, len(labels)) for value in values], dtype=np.int64)


def share_alike(first: Sequence[str], second: Sequence[str]) -> float:
    """The share of places in which both hold the same."""
    return float(np.mean(np.array(first) == np.array(second)))


def classification_scores(
    truth: Sequence[str], answers: Sequence[str], probabilities: Any, labels: Sequence[str]
) -> dict[str, Any]:
    """macro_f1, accuracy, auroc (one against the rest, macro; None where it is not defined), rows, wrong."""
    if not len(truth):
        return {"macro_f1": None, "accuracy": None, "auroc": None, "rows": 0, "wrong": 0}
    classes = len(labels) + 1
    y, found = to_ids(truth, labels), to_ids(answers, labels)
    wrong = int((y != found).sum() + ((y == found) & (y == len(labels))).sum())
    return {
        "macro_f1": round(float(macro_f1(confusion(y, found, classes))), 4),
        "accuracy": round(1 - wrong / len(y), 4),
        "auroc": auroc(y, probabilities, len(labels)),
        "rows": len(y),
        "wrong": wrong,
    }


def auroc(y: np.ndarray, probabilities: Any, classes: int) -> float | None:
    """Area under the ROC curve, one class against the rest, mean over the classes that have rows of both kinds."""
    if probabilities is None:
        return None
    probabilities = np.asarray(probabilities)
    usable = ~np.isnan(probabilities).any(1)
    y, probabilities = y[usable], probabilities[usable]
    present = [c for c in range(classes) if 0 < (y == c).sum() < len(y)]
    if not present:
        return None
    return round(float(np.mean([roc_auc_score(y == c, probabilities[:, c]) for c in present])), 4)


def per_class(truth: Sequence[str], answers: Sequence[str], labels: Sequence[str]) -> list[dict[str, Any]]:
    """label, precision, recall, f1 (None where undefined), rows, right; the classes that need help first."""
    matrix = confusion(to_ids(truth, labels), to_ids(answers, labels), len(labels) + 1)
    found = []
    for i, label in enumerate(labels):
        rows, predicted, right = int(matrix[i].sum()), int(matrix[:, i].sum()), int(matrix[i, i])
        found.append(
            {
                "label": label,
                "precision": round(right / predicted, 4) if predicted else None,
                "recall": round(right / rows, 4) if rows else None,
                "f1": round(2 * right / (rows + predicted), 4) if rows + predicted else None,
                "rows": rows,
                "right": right,
            }
        )
    return sorted(found, key=lambda row: (row["f1"] is None, row["f1"] or 0.0))
