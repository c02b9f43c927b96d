"""How far a score could be off: percentile bootstrap over the test rows (Efron and Tibshirani 1993).

Where every answer is right, every resample is too, and the bootstrap would claim to be certain: there Wilson's interval is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import eq

import numpy as np

from tlcore.evaluate.metrics import confusion, macro_f1, to_ids
from tlcore.splits.intervals import interval_for_rows

RESAMPLES, COVERAGE = 1_000, 0.95


def macro_f1_interval(
    truth: Sequence[str], answers: Sequence[str], labels: Sequence[str], seed: int = 0
) -> tuple[float | None, float | None]:
    """Low and high end of the 95 % interval of macro-F1; None without rows."""
    if not len(truth):
        return None, None
    if all(map(eq, truth, answers)):
        return least_if_all_right(len(truth)), 1.0
    scores = _resampled(truth, [answers], labels, seed)[0]
    return ends(scores)


def macro_f1_difference(
    truth: Sequence[str], ours: Sequence[str], theirs: Sequence[str], labels: Sequence[str], seed: int = 0
) -> dict[str, float | bool | None]:
    """ours - theirs on the same resampled rows: macro_f1, low, high, real (the interval leaves out zero)."""
    if not len(truth):
        return {"macro_f1": None, "low": None, "high": None, "real": None}
    if all(map(eq, truth, ours)) and all(map(eq, truth, theirs)):
        off = round(1 - least_if_all_right(len(truth)), 4)
        return {"macro_f1": 0.0, "low": -off, "high": off, "real": False}
    first, second = _resampled(truth, [ours, theirs], labels, seed)
    low, high = ends(first - second)
    here = [
        float(macro_f1(confusion(to_ids(truth, labels), to_ids(a, labels), len(labels) + 1))) for a in (ours, theirs)
    ]
    return {"macro_f1": round(here[0] - here[1], 4), "low": low, "high": high, "real": bool(low > 0 or high < 0)}


def least_if_all_right(rows: int) -> float:
    """The low end where every one of so many rows is right."""
    return round(interval_for_rows(rows, 1.0)[0], 4)


def ends(scores: np.ndarray) -> tuple[float, float]:
    """Both ends of the 95 % interval of resampled scores."""
    tail = 100 * (1 - COVERAGE) / 2
    low, high = np.percentile(scores, [tail, 100 - tail])
    return round(float(low), 4), round(float(high), 4)


def _resampled(
    truth: Sequence[str], systems: list[Sequence[str]], labels: Sequence[str], seed: int
) -> list[np.ndarray]:
    """Macro-F1 of each system on RESAMPLES draws of the rows, the same draws for each."""
    classes = len(labels) + 1
    y = to_ids(truth, labels)
    codes = [y * classes + to_ids(answers, labels) for answers in systems]
    scores = [np.zeros(RESAMPLES) for _ in systems]
    rng = np.random.default_rng(seed)
    for i in range(RESAMPLES):
        draw = rng.integers(0, len(y), len(y))
        for code, score in zip(codes, scores, strict=True):
            matrix = np.bincount(code[draw], minlength=classes * classes).reshape(classes, classes)
            score[i] = macro_f1(matrix)
    return scores
