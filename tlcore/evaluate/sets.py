"""Scores where a text may have several labels: micro-F1 and macro-F1, per label, how sure, and what they stand beside."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from operator import eq
from typing import Any

import numpy as np

from tlcore.evaluate.bootstrap import RESAMPLES, ends, least_if_all_right
from tlcore.predict.answers import NO_LABEL, Answers, parted

COUNTS = ("right", "said", "rows")
FOLDS = 3


def as_rows(cells: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Bool [rows, labels + 1]: which labels each cell holds; the last column is for labels that are not among `labels`."""
    place = {label: i for i, label in enumerate(labels)}
    found = np.zeros((len(cells), len(labels) + 1), dtype=bool)
    for row, cell in enumerate(cells):
        for label in parted(cell):
            found[row, place.get(label, len(labels))] = True
    return found


def tallies(truth: np.ndarray, said: np.ndarray) -> np.ndarray:
    """How often each label is said rightly, said, and true: [3, labels] of bool [rows, labels]."""
    return np.stack([(truth & said).sum(0), said.sum(0), truth.sum(0)])


def f1_of(counts: np.ndarray) -> np.ndarray:
    """2 right / (said + rows) of [..., 3, labels]; nan for a label that neither occurs nor is said."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return 2 * counts[..., 0, :] / (counts[..., 1, :] + counts[..., 2, :])


def micro_f1(counts: np.ndarray) -> np.ndarray:
    """Of all labels together, [...]; 1 where none is true and none is said."""
    right, said, rows = (counts[..., i, :].sum(-1) for i in range(3))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(said + rows > 0, 2 * right / (said + rows), 1.0)


def macro_f1(counts: np.ndarray) -> np.ndarray:
    """Mean over the labels that occur or are said, [...]."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(f1_of(counts), axis=-1)


def set_scores(truth: Sequence[str], answers: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """micro_f1, macro_f1, accuracy (the whole set is right), rows, wrong; None where there are no rows.

    A true label that the model does not know counts as missed. A blank answer says nothing.
    """
    if not len(truth):
        return {"micro_f1": None, "macro_f1": None, "accuracy": None, "rows": 0, "wrong": 0}
    true, said = as_rows(truth, labels), as_rows(answers, labels)
    counts, wrong = tallies(true, said), int((true != said).any(1).sum())
    return {
        "micro_f1": round(float(micro_f1(counts)), 4), "macro_f1": round(float(macro_f1(counts)), 4),
        "accuracy": round(1 - wrong / len(truth), 4), "rows": len(truth), "wrong": wrong,
    }  # fmt: skip


def per_label(truth: Sequence[str], answers: Sequence[str], labels: Sequence[str]) -> list[dict[str, Any]]:
    """label, precision, recall, f1 (None where undefined), rows, said, right; the labels that need help first."""
    counts = tallies(as_rows(truth, labels), as_rows(answers, labels))
    found = []
    for i, label in enumerate(labels):
        right, said, rows = map(int, counts[:, i])
        found.append({
            "label": label, "precision": _share(right, said), "recall": _share(right, rows),
            "f1": _share(2 * right, said + rows), "rows": rows, "said": said, "right": right,
        })  # fmt: skip
    return sorted(found, key=lambda row: (row["f1"] is None, row["f1"] or 0.0))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def with_interval(truth: Sequence[str], answers: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """Scores with the ends of micro-F1's 95 % interval (percentile bootstrap over rows)."""
    low, high = None, None
    if len(truth):
        low, high = ends(_resampled(truth, [answers], labels)[0])
        if all(map(eq, truth, answers)):
            low, high = least_if_all_right(len(truth)), 1.0
    return {**set_scores(truth, answers, labels), "micro_f1_low": low, "micro_f1_high": high}


def difference(
    truth: Sequence[str], ours: Sequence[str], theirs: Sequence[str], labels: Sequence[str]
) -> dict[str, float | bool | None]:
    """ours - theirs in micro-F1 on the same resampled rows: micro_f1, low, high, real (the interval leaves out zero)."""
    if not len(truth):
        return {"micro_f1": None, "low": None, "high": None, "real": None}
    here = [float(micro_f1(tallies(as_rows(truth, labels), as_rows(a, labels)))) for a in (ours, theirs)]
    first, second = _resampled(truth, [ours, theirs], labels)
    low, high = ends(first - second)
    return {"micro_f1": round(here[0] - here[1], 4), "low": low, "high": high, "real": bool(low > 0 or high < 0)}


def _resampled(
    truth: Sequence[str], systems: list[Sequence[str]], labels: Sequence[str], seed: int = 0
) -> list[np.ndarray]:
    """Micro-F1 of each system on RESAMPLES draws of the rows, the same draws for each: by each row's counts."""
    true = as_rows(truth, labels)
    counts = []  # [rows, 3] of each system
    for answers in systems:
        said = as_rows(answers, labels)
        counts.append(np.stack([(true & said).sum(1), said.sum(1), true.sum(1)], axis=1))
    scores = [np.zeros(RESAMPLES) for _ in systems]
    rng = np.random.default_rng(seed)
    for i in range(RESAMPLES):
        draw = rng.integers(0, len(true), len(true))
        for of_rows, score in zip(counts, scores, strict=True):
            score[i] = micro_f1(of_rows[draw].sum(0)[:, None])
    return scores


def commonest_set(targets: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The commonest set of labels, for every text; the commonest that is not empty, where there is one."""
    counts = Counter(target for target in targets if target != NO_LABEL) or Counter(targets)
    return [counts.most_common(1)[0][0]] * len(texts)


def tfidf_sets(
    train_texts: Sequence[str], targets: Sequence[str], texts: Sequence[str], labels: Sequence[str]
) -> dict[str, list[str]]:
    """TF-IDF and one logistic regression a label: `tfidf` says what is likelier than not; `tfidf_tuned` has a threshold for
    each label, tuned on the training rows by cross-validation as ours are on the validation rows.

    Raises TlcoreError if no text has a word in it.
    """
    from sklearn.model_selection import KFold

    from tlcore.engine.any_of import AnyOf, tune_thresholds
    from tlcore.evaluate.baselines import tfidf_probabilities

    y = np.array(AnyOf(labels).encode(targets)).reshape(len(targets), len(labels))
    found = tfidf_probabilities(train_texts, y, texts)
    held = np.zeros(y.shape)
    if tuned := len(y) >= 2 * FOLDS:
        for inside, outside in KFold(FOLDS, shuffle=True, random_state=0).split(y):
            seen, unseen = ([train_texts[i] for i in part] for part in (inside, outside))
            held[outside] = tfidf_probabilities(seen, y[inside], unseen)
    cuts = tune_thresholds(held, y) if tuned else np.full(len(labels), 0.5)
    return {name: _said(found >= cut, labels) for name, cut in (("tfidf", 0.5), ("tfidf_tuned", cuts))}


def _said(said: np.ndarray, labels: Sequence[str]) -> list[str]:
    from tlcore.predict.answers import join_labels

    return [join_labels(labels[i] for i in np.flatnonzero(row).tolist()) for row in said]


def sets_report(
    truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]], labels: Sequence[str]
) -> dict[str, Any]:
    """test, baselines, difference (against the better of the TF-IDF ones, `against` names it), per_class."""
    ours = answers.predictions
    scored = {name: with_interval(truth, found, labels) for name, found in baselines.items()}
    rivals = [name for name in scored if name.startswith("tfidf")]
    best = max(rivals, key=lambda name: scored[name]["micro_f1"] or 0.0)
    return {
        "test": with_interval(truth, ours, labels),
        "baselines": scored,
        "difference": {**difference(truth, ours, baselines[best], labels), "against": best},
        "per_class": per_label(truth, ours, labels),
    }


def sets_alike(exact: Answers, quick: Answers, truth: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """How alike two versions of a model answer: same_answers (micro-F1 of one against the other), accuracy and exact_accuracy
    (micro-F1 of each against the truth)."""
    pairs = ((exact.predictions, quick.predictions), (truth, quick.predictions), (truth, exact.predictions))
    shares = [float(micro_f1(tallies(as_rows(a, labels), as_rows(b, labels)))) for a, b in pairs]
    return dict(zip(("same_answers", "accuracy", "exact_accuracy"), shares, strict=True))
