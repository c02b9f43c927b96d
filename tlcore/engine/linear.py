"""Linear heads on pooled features, by scikit-learn; and as plain arrays, so that a zip needs no scikit-learn."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from tlcore.engine.precision import this_machine
from tlcore.models.saved import Head

SMALLEST_SCALE = 0.05
MAX_ITERATIONS, TOLERANCE = 150, 1e-3
"""The penalty is strong, so that more iterations change the third digit of a weight and nothing else."""


@contextlib.contextmanager
def calm() -> Iterator[None]:
    """Without scikit-learn's advice, and on one thread: these products are so small that sharing them out costs 2-5 times
    what it saves, and more while the person at the screen clicks."""
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        warnings.simplefilter("ignore")
        yield


def make_head(kind: str, C: float, balanced: bool, seed: int, rows_of_smallest: int = 3) -> Any:
    """An unfitted model for standardised features: `logistic` regression or a calibrated linear `svm`."""
    weight = "balanced" if balanced else None
    if kind == "logistic":
        return LogisticRegression(C=C, class_weight=weight, max_iter=MAX_ITERATIONS, tol=TOLERANCE)
    # C is per row in both, but the hinge wants a smaller one: the same grid then serves both heads.
    svm = LinearSVC(C=C / 10, class_weight=weight, random_state=seed, dual="auto")
    return CalibratedClassifierCV(svm, ensemble=False, cv=max(2, min(3, rows_of_smallest)))


def fit_scaler(x: np.ndarray) -> StandardScaler:
    """Zero mean, unit variance; but a feature that hardly moves is not blown up to the size of the others.

    A dead dimension of the encoder differs by rounding only: divided by its tiny deviation it would be pure noise,
    and its folded weight would be astronomically large.
    """
    scaler = StandardScaler().fit(x)
    scaler.scale_ = np.maximum(scaler.scale_, SMALLEST_SCALE * np.median(scaler.scale_))
    return scaler


def fit_head(
    kind: str, x: np.ndarray, y: np.ndarray, C: float, balanced: bool, seed: int = 0, weight: np.ndarray | None = None
) -> Pipeline:
    """Fit on x [rows, features] and integer labels y [rows]. A class of one row cannot calibrate an SVM: then logistic.

    weight: how much each row counts, [rows]; None: all the same.
    """
    smallest = int(np.unique(y, return_counts=True)[1].min())
    if kind == "svm" and smallest < 2:
        kind = "logistic"
    scaler, model = fit_scaler(x.astype(np.float32)), make_head(kind, C, balanced, seed, smallest)
    with calm():
        return make_pipeline(scaler, model.fit(scaler.transform(x.astype(np.float32)), y, sample_weight=weight))


def cross_validate(
    kind: str, x: np.ndarray, y: np.ndarray, Cs: Sequence[float], balanced: bool, folds: int, seed: int
) -> list[float]:
    """Macro-F1 of each C over all rows, each predicted by a model that did not see it.

    While choosing, an SVM is not calibrated: that changes its confidence, not its ranking, and costs three more fits.
    """
    from sklearn.base import clone

    answers = np.zeros((len(Cs), len(y)), dtype=int)

    def fold(part: tuple[np.ndarray, np.ndarray]) -> None:
        inside, outside = part
        scaler = fit_scaler(x[inside])
        seen, unseen = scaler.transform(x[inside]), scaler.transform(x[outside])
        if kind == "logistic":
            seen, unseen = in_their_span(seen, unseen)
        for c, C in enumerate(Cs):
            model = make_head(kind, C, balanced, seed)
            model = clone(model.estimator if kind == "svm" else model)
            answers[c, outside] = model.fit(seen, y[inside]).predict(unseen)

    with calm(), ThreadPoolExecutor(this_machine().cores) as pool:  # numpy's products let other threads run
        list(pool.map(fold, StratifiedKFold(folds, shuffle=True, random_state=seed).split(x, y)))
    return [float(f1_score(y, of_c, average="macro")) for of_c in answers]


def in_their_span(seen: np.ndarray, unseen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sets of rows turned into the space that `seen` [rows, features] spans: fewer features, if there are fewer rows.

    A penalty on the length of the weights keeps them in that space, so what is learned is the same (the representer theorem;
    Hastie and Tibshirani 2004, "Efficient quadratic regularization for expression arrays"), in a third of the time.
    """
    if len(seen) >= seen.shape[1]:
        return seen, unseen
    axes, _ = np.linalg.qr(seen.T)
    return seen @ axes, unseen @ axes


def to_head(pipeline: Pipeline, classes: int) -> Head:
    """The pipeline as weight [classes, features] and bias [classes]; the scaler is folded in."""
    scaler, model = pipeline[0], pipeline[-1]
    a = b = None
    if isinstance(model, CalibratedClassifierCV):
        calibrated = model.calibrated_classifiers_[0]
        weight, bias = calibrated.estimator.coef_, calibrated.estimator.intercept_
        a = np.array([c.a_ for c in calibrated.calibrators])
        b = np.array([c.b_ for c in calibrated.calibrators])
    else:
        weight, bias = model.coef_, model.intercept_
    if len(weight) == 1:  # two classes: one row of weights becomes two that mirror each other
        half = 0.5 if a is None else 1.0
        weight, bias = np.concatenate([-weight, weight]) * half, np.concatenate([-bias, bias]) * half
        if a is not None and b is not None:
            a, b = np.concatenate([a, a]), np.concatenate([-b, b])
    folded = weight / scaler.scale_
    return _all_classes(Head(folded, bias - folded @ scaler.mean_, a, b), model.classes_, classes)


def _all_classes(head: Head, seen: np.ndarray, classes: int) -> Head:
    """Rows for classes that had no training row: never chosen."""
    if len(seen) == classes:
        return head
    weight, bias = np.zeros((classes, head.weight.shape[1])), np.full(classes, -30.0)
    weight[seen], bias[seen] = head.weight, head.bias
    if head.platt_a is None or head.platt_b is None:
        return Head(weight, bias)
    a, b = np.full(classes, -1.0), np.zeros(classes)
    a[seen], b[seen] = head.platt_a, head.platt_b
    return Head(weight, bias, a, b)


def standardised_head(x: np.ndarray, y: np.ndarray, classes: int, C: float = 0.01) -> Head:
    """A logistic head on frozen features: where fine-tuning starts ("head first")."""
    return to_head(fit_head("logistic", x, y, C, balanced=False), classes)
