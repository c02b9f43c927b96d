"""Scores of numbers: mean absolute error, correlation, how sure, and what they stand beside. Lower errors are better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tlcore.evaluate.bootstrap import RESAMPLES, ends
from tlcore.predict.answers import Answers, number_text

NEAR = 0.02
"""Of the seen range: two versions of a model that differ by no more give the same number, for all that it matters."""


def values_of(cells: Sequence[str]) -> np.ndarray:
    """float [rows]; nan for a cell without a number (a blank text has no answer)."""
    return np.array([float(cell) if cell else math.nan for cell in cells], dtype=np.float64)


def number_scores(truth: Sequence[str], answers: Sequence[str]) -> dict[str, Any]:
    """mae, pearson, spearman (None where either side does not vary), rows: those with an answer."""
    y, found = _both(truth, answers)
    if not len(y):
        return {"mae": None, "pearson": None, "spearman": None, "rows": 0}
    return {
        "mae": round(float(np.abs(y - found).mean()), 4), "pearson": _pearson(y, found),
        "spearman": _pearson(_ranks(y), _ranks(found)), "rows": len(y),
    }  # fmt: skip


def _both(truth: Sequence[str], answers: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    y, found = values_of(truth), values_of(answers)
    usable = ~(np.isnan(y) | np.isnan(found))
    return y[usable], found[usable]


def _pearson(a: np.ndarray, b: np.ndarray) -> float | None:
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return None
    return round(float(np.corrcoef(a, b)[0, 1]), 4)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Places when sorted, ties sharing the mean of theirs."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), dtype=np.float64)


def with_interval(truth: Sequence[str], answers: Sequence[str]) -> dict[str, Any]:
    """Scores with the ends of the mean absolute error's 95 % interval (percentile bootstrap over rows)."""
    y, found = _both(truth, answers)
    low, high = ends(_resampled([np.abs(y - found)])[0]) if len(y) else (None, None)
    return {**number_scores(truth, answers), "mae_low": low, "mae_high": high}


def difference(truth: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> dict[str, float | bool | None]:
    """ours - theirs in mean absolute error on the same resampled rows (below zero: ours is better): mae, low, high, real."""
    y, mine = _both(truth, ours)
    if not len(y):
        return {"mae": None, "low": None, "high": None, "real": None}
    usable = ~(np.isnan(values_of(truth)) | np.isnan(values_of(ours)))
    other = values_of(theirs)[usable]
    off = np.abs(y - mine), np.abs(y - other)
    first, second = _resampled(list(off))
    low, high = ends(first - second)
    gap = float(off[0].mean() - off[1].mean())
    return {"mae": round(gap, 4), "low": low, "high": high, "real": bool(low > 0 or high < 0)}


def _resampled(misses: list[np.ndarray], seed: int = 0) -> list[np.ndarray]:
    """The mean of each on RESAMPLES draws of the rows, the same draws for each."""
    rng, rows = np.random.default_rng(seed), len(misses[0])
    draws = [rng.integers(0, rows, rows) for _ in range(RESAMPLES)]
    return [np.array([one[draw].mean() for draw in draws]) for one in misses]


def median_answers(targets: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The median of what was learned from, for every text: no other constant has a smaller mean absolute error there."""
    return [number_text(float(np.median(values_of(targets))))] * len(texts)


def tfidf_numbers(train_texts: Sequence[str], targets: Sequence[str], texts: Sequence[str]) -> list[str]:
    """TF-IDF and ridge regression, its penalty chosen by leaving one out; clipped to what was seen."""
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline

    from tlcore.evaluate.baselines import vectors, wordless

    y = values_of(targets)
    model = make_pipeline(vectors(), RidgeCV(alphas=np.logspace(-2, 2, 9)))
    with wordless():
        found = model.fit(list(train_texts), y).predict(list(texts)) if len(texts) else np.zeros(0)
    return [number_text(round(float(v), 6)) for v in np.clip(found, y.min(), y.max())]


def numbers_report(truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]]) -> dict[str, Any]:
    """test (with `within`: the share of rows whose truth lies in the range that was given), baselines, difference, span."""
    test = with_interval(truth, answers.predictions)
    return {
        "test": {**test, "within": _within(truth, answers)},
        "baselines": {name: with_interval(truth, found) for name, found in baselines.items()},
        "difference": {**difference(truth, answers.predictions, baselines["tfidf"]), "against": "tfidf"},
        "per_class": [],
    }


def _within(truth: Sequence[str], answers: Answers) -> float | None:
    if answers.ranges is None or not len(truth):
        return None
    low, high = np.array(answers.ranges).T
    y = values_of(truth)
    known = ~np.isnan(low)
    return round(float(((low <= y) & (y <= high))[known].mean()), 4) if known.any() else None


def numbers_alike(exact: Answers, quick: Answers, truth: Sequence[str], span: float) -> dict[str, float]:
    """How alike two versions of a model answer: same_answers (share within NEAR of the seen range of each other), accuracy and
    exact_accuracy (1 - mean absolute error by the seen range)."""
    first, second, y = values_of(exact.predictions), values_of(quick.predictions), values_of(truth)
    span = span or 1.0
    return {
        "same_answers": float(np.nanmean(np.abs(first - second) <= NEAR * span)),
        "accuracy": 1 - float(np.nanmean(np.abs(second - y))) / span,
        "exact_accuracy": 1 - float(np.nanmean(np.abs(first - y))) / span,
    }
