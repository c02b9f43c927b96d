"""Every label that fits: a yes or no for each, binary cross-entropy, micro-F1, and a threshold of its own for each label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.engine.objectives import random_sample
from tlcore.predict.answers import HALF, SEVERAL, parted, read_head, sigmoid

if TYPE_CHECKING:
    import torch
    from sklearn.pipeline import Pipeline

    from tlcore.models.saved import Head

FEWEST_ROWS = 6
"""To try settings on: with fewer, a part holds one or two."""
LOWEST, HIGHEST = 0.02, 0.98
ROWS_TO_TRUST = 10.0
"""A label with so many rows to tune on moves its threshold half of the way from the common one."""
NEVER = 30.0
"""The score (in log-odds) of a label that no row has, below, and of one that all rows have, above."""


class AnyOf:
    """y: 1.0 or 0.0, float [rows, labels]."""

    weighs_classes = False
    Cs: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3)
    C = 0.1

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = list(labels)

    def encode(self, targets: Sequence[str]) -> list[Any]:
        """1.0 or 0.0 for each label; a label that is not known counts for nothing."""
        place = {label: i for i, label in enumerate(self.labels)}
        found = np.zeros((len(targets), len(self.labels)), dtype=np.float32)
        for row, target in enumerate(targets):
            found[row, [place[label] for label in parted(target) if label in place]] = 1.0
        return found.tolist()

    def loss(self, logits: torch.Tensor, y: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(logits, y, reduction="sum") / len(y)

    def outputs(self, logits: np.ndarray) -> np.ndarray:
        return sigmoid(logits)

    def metrics(self, logits: np.ndarray, y: np.ndarray) -> dict[str, float]:
        probabilities = sigmoid(logits)
        cut, micro_f1 = best_cut(probabilities, y)
        loss = np.logaddexp(0, logits) - y * logits
        return {
            "loss": float(loss.sum(1).mean()),
            "micro_f1": micro_f1,
            "macro_f1": _macro_f1(probabilities >= cut, y),
            "auroc": _auroc(probabilities, y),
        }

    def watched(self, wish: str) -> str:
        return "auroc" if wish == "auroc" else "micro_f1"

    def told(self, goodness: float) -> dict[str, float]:
        return {"micro_f1": round(goodness, 4)}

    def goodness(self, outputs: np.ndarray, y: np.ndarray) -> float:
        """Micro-F1 at the one threshold for all labels that suits best: which model is better does not hang on tuning."""
        return best_cut(outputs, y)[1]

    def learnable(self, y: np.ndarray) -> bool:
        return bool((y.min(0) != y.max(0)).any())

    def rows_to_choose_on(self, y: np.ndarray, seed: int) -> np.ndarray:
        rows = random_sample(len(y), seed)
        return rows if len(rows) >= FEWEST_ROWS and self.learnable(y[rows]) else rows[:0]

    def weights_to_try(self, y: np.ndarray, wish: str) -> tuple[bool, ...]:
        """Thresholds do what weights would, unless weights are asked for."""
        return (wish == "balanced",)

    def most_folds(self, y: np.ndarray) -> int:
        return len(y)

    def fit(self, kind: str, x: np.ndarray, y: np.ndarray, C: float, balanced: bool, seed: int) -> Pipeline:
        """Logistic regression for each label, whatever `kind`: a margin has no probability to put a threshold on."""
        from sklearn.pipeline import make_pipeline

        from tlcore.engine.linear import calm, fit_scaler

        scaler = fit_scaler(x.astype(np.float32))
        with calm():
            model = _one_vs_rest(C, balanced).fit(scaler.transform(x.astype(np.float32)), y.astype(int))
        return make_pipeline(scaler, model)

    def head(self, pipeline: Pipeline) -> Head:
        from tlcore.models.saved import Head

        scaler, model = pipeline[0], pipeline[-1]
        weight, bias = _weights(model, len(scaler.scale_))
        folded = weight / scaler.scale_
        return Head(folded, bias - folded @ scaler.mean_)

    def cross_validate(
        self, kind: str, x: np.ndarray, y: np.ndarray, Cs: Sequence[float], balanced: bool, folds: int, seed: int
    ) -> list[float]:
        from sklearn.model_selection import KFold

        from tlcore.engine.linear import calm, fit_scaler, in_their_span
        from tlcore.engine.precision import this_machine

        found = np.zeros((len(Cs), *y.shape))

        def fold(part: tuple[np.ndarray, np.ndarray]) -> None:
            inside, outside = part
            scaler = fit_scaler(x[inside])
            seen, unseen = in_their_span(scaler.transform(x[inside]), scaler.transform(x[outside]))
            for c, C in enumerate(Cs):
                weight, bias = _weights(_one_vs_rest(C, balanced).fit(seen, y[inside].astype(int)), seen.shape[1])
                found[c, outside] = sigmoid(unseen @ weight.T + bias)

        with calm(), ThreadPoolExecutor(this_machine().cores) as pool:
            list(pool.map(fold, KFold(folds, shuffle=True, random_state=seed).split(x)))
        return [self.goodness(of_c, y) for of_c in found]

    def read(self, head: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
        return read_head({"kind": SEVERAL}, head, features)

    def answer(self, outputs: np.ndarray | None, y: np.ndarray) -> dict[str, Any] | None:
        tuned = np.full(len(self.labels), HALF) if outputs is None or not len(outputs) else tune_thresholds(outputs, y)
        return {"kind": SEVERAL, "thresholds": [round(float(one), 4) for one in tuned]}


def best_cut(probabilities: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """The one threshold for all labels at which micro-F1 is highest, and that micro-F1; by going through all of them."""
    order = np.argsort(-probabilities, axis=None, kind="stable")
    ranked, right = probabilities.ravel()[order], y.ravel()[order]
    total = right.sum()
    if not len(ranked) or not total:
        return HALF, 0.0
    f1 = 2 * np.cumsum(right) / (np.arange(1, len(ranked) + 1) + total)
    f1[:-1][ranked[:-1] == ranked[1:]] = 0.0  # equal ones are said together
    best = int(f1.argmax())
    return _between(ranked, best), float(f1[best])


def tune_thresholds(probabilities: np.ndarray, y: np.ndarray) -> np.ndarray:
    """One threshold a label [labels], from probabilities and truth [rows, labels].

    Each is where the label adds most to micro-F1 (hits count 2, labels said cost that F1: Dinkelbach 1967), drawn towards the
    threshold that suits all labels, the more so the fewer rows have it: few rows would be learned by heart.
    """
    common, micro_f1 = best_cut(probabilities, y)
    found = np.full(y.shape[1], common)
    for label in range(y.shape[1]):
        rows = int(y[:, label].sum())
        if rows:
            own = _own_cut(probabilities[:, label], y[:, label], micro_f1, common)
            found[label] = common + (own - common) * rows / (rows + ROWS_TO_TRUST)
    return np.clip(found, LOWEST, HIGHEST)


def _own_cut(p: np.ndarray, y: np.ndarray, cost: float, common: float) -> float:
    """Where 2 * hits - cost * said is largest; `common` where that is no worse."""
    order = np.argsort(-p, kind="stable")
    ranked, gain = p[order], np.cumsum(2 * y[order] - cost)
    gain[:-1][ranked[:-1] == ranked[1:]] = -np.inf
    best = int(gain.argmax())
    said = p >= common
    return _between(ranked, best) if gain[best] > (2 * y[said] - cost).sum() + 1e-9 else common


def _between(ranked: np.ndarray, last: int) -> float:
    """Between the last one that is said and the first that is not."""
    return float((ranked[last] + (ranked[last + 1] if last + 1 < len(ranked) else 0.0)) / 2)


def _macro_f1(said: np.ndarray, y: np.ndarray) -> float:
    from tlcore.evaluate.sets import f1_of, tallies

    return float(np.nanmean(f1_of(tallies(y > HALF, said))))


def _auroc(probabilities: np.ndarray, y: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    both = [i for i in range(y.shape[1]) if 0 < y[:, i].sum() < len(y)]
    return float(np.mean([roc_auc_score(y[:, i], probabilities[:, i]) for i in both])) if both else HALF


def _one_vs_rest(C: float, balanced: bool) -> Any:
    from sklearn.multiclass import OneVsRestClassifier

    from tlcore.engine.linear import make_head

    return OneVsRestClassifier(make_head("logistic", C, balanced, 0))


def _weights(model: Any, width: int) -> tuple[np.ndarray, np.ndarray]:
    """[labels, width] and [labels]; a label that all rows or none have is always or never said."""
    weight, bias = np.zeros((len(model.estimators_), width)), np.zeros(len(model.estimators_))
    for i, one in enumerate(model.estimators_):
        if hasattr(one, "coef_"):
            weight[i], bias[i] = one.coef_[0], one.intercept_[0]
        else:
            bias[i] = NEVER if one.predict(np.zeros((1, width)))[0] else -NEVER
    return weight, bias
