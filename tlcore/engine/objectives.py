"""What a Task makes of learning: how targets become arrays, the loss, the head, how outputs are judged, how answers are read.

`OneOf` is one class a text; `AnyOf` (any_of.py) every label that fits, `Amount` (amount.py) a number. A strategy asks the
objective it is given and knows no task by its name. numpy only until something is fitted or learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tlcore.predict.answers import read_head

if TYPE_CHECKING:
    import torch
    from sklearn.pipeline import Pipeline

    from tlcore.models.saved import Head

ROWS_TO_CHOOSE_ON = 4_000
IMBALANCE_TO_TRY_WEIGHTS = 3.0


class Objective(Protocol):
    """y: what `encode` gives, as an array. logits, outputs: [rows, what the head gives]. goodness: higher is better."""

    weighs_classes: bool
    """Whether a rare class may be made to count as much as a common one."""
    Cs: tuple[float, ...]
    """How freely a head may learn: what is tried."""
    C: float
    """The same while layers are chosen, and where nothing can be tried."""

    def encode(self, targets: Sequence[str]) -> list[Any]:
        """Targets of the Dataset as numbers, one entry a row."""
        ...

    def loss(self, logits: torch.Tensor, y: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
        """Sum over the rows by their number. weights: of the classes, or None."""
        ...

    def outputs(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities, or numbers in the user's units."""
        ...

    def metrics(self, logits: np.ndarray, y: np.ndarray) -> dict[str, float]:
        """Scores of a round on the validation rows by name, the loss among them; every one that may be watched, higher better."""
        ...

    def watched(self, wish: str) -> str:
        """Which of them the best round is chosen by, where the setting says `wish`."""
        ...

    def told(self, goodness: float) -> dict[str, float]:
        """The heading score by its name, for an event."""
        ...

    def goodness(self, outputs: np.ndarray, y: np.ndarray) -> float:
        """How good the outputs are, by the score that heads the report."""
        ...

    def learnable(self, y: np.ndarray) -> bool:
        """Whether these rows differ in what is to be learned."""
        ...

    def rows_to_choose_on(self, y: np.ndarray, seed: int) -> np.ndarray:
        """Indices of rows to try settings on; none where there are too few."""
        ...

    def weights_to_try(self, y: np.ndarray, wish: str) -> tuple[bool, ...]:
        """Whether classes weigh the same: as wished (auto, none, balanced), or both ways; the last is tried first."""
        ...

    def most_folds(self, y: np.ndarray) -> int:
        """How many parts the rows may be split into."""
        ...

    def fit(self, kind: str, x: np.ndarray, y: np.ndarray, C: float, balanced: bool, seed: int) -> Pipeline:
        """A scikit-learn pipeline on features x [rows, width]."""
        ...

    def head(self, pipeline: Pipeline) -> Head:
        """The pipeline as plain arrays."""
        ...

    def cross_validate(
        self, kind: str, x: np.ndarray, y: np.ndarray, Cs: Sequence[float], balanced: bool, folds: int, seed: int
    ) -> list[float]:
        """Goodness of each C over all rows, each answered by a model that did not see it."""
        ...

    def read(self, head: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
        """A head's tensors and features [rows, width] -> outputs."""
        ...

    def answer(self, outputs: np.ndarray | None, y: np.ndarray) -> dict[str, Any] | None:
        """How the predictor is to read the head (tlcore.predict.answers), tuned on the validation rows if there are any."""
        ...


class OneOf:
    """One of so many classes a text: cross-entropy, macro-F1."""

    weighs_classes = True
    Cs: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03, 0.1)
    C = 0.01

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = list(labels)

    def encode(self, targets: Sequence[str]) -> list[Any]:
        place = {label: i for i, label in enumerate(self.labels)}
        return [place[target] for target in targets]

    def loss(self, logits: torch.Tensor, y: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits, y, weight=weights, reduction="sum") / len(y)

    def outputs(self, logits: np.ndarray) -> np.ndarray:
        shifted = np.exp(logits - logits.max(1, keepdims=True))
        return shifted / shifted.sum(1, keepdims=True)

    def metrics(self, logits: np.ndarray, y: np.ndarray) -> dict[str, float]:
        from sklearn.metrics import f1_score

        shifted = logits - logits.max(1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        return {
            "loss": float(-np.mean(log_p[np.arange(len(y)), y])),
            "macro_f1": float(f1_score(y, logits.argmax(1), average="macro")),
            "auroc": macro_auroc(y, np.exp(log_p)),
        }

    def watched(self, wish: str) -> str:
        return wish

    def told(self, goodness: float) -> dict[str, float]:
        return {"macro_f1": round(goodness, 4)}

    def goodness(self, outputs: np.ndarray, y: np.ndarray) -> float:
        from sklearn.metrics import f1_score

        return float(f1_score(y, outputs.argmax(1), average="macro"))

    def learnable(self, y: np.ndarray) -> bool:
        return len(np.unique(y)) > 1

    def rows_to_choose_on(self, y: np.ndarray, seed: int) -> np.ndarray:
        """A sample in which each class has two rows or more; none where that leaves fewer than two classes."""
        rows = _stratified_sample(y, ROWS_TO_CHOOSE_ON, seed)
        classes, counts = np.unique(y[rows], return_counts=True)
        rows = rows[np.isin(y[rows], classes[counts > 1])]
        return rows if (counts > 1).sum() > 1 else rows[:0]

    def weights_to_try(self, y: np.ndarray, wish: str) -> tuple[bool, ...]:
        if wish != "auto":
            return (wish == "balanced",)
        counts = np.unique(y, return_counts=True)[1]
        uneven = counts.max() >= IMBALANCE_TO_TRY_WEIGHTS * counts.min()
        return (False, True) if uneven else (False,)

    def most_folds(self, y: np.ndarray) -> int:
        return int(np.unique(y, return_counts=True)[1].max())

    def fit(self, kind: str, x: np.ndarray, y: np.ndarray, C: float, balanced: bool, seed: int) -> Pipeline:
        from tlcore.engine.linear import fit_head

        return fit_head(kind, x, y, C, balanced, seed)

    def head(self, pipeline: Pipeline) -> Head:
        from tlcore.engine.linear import to_head

        return to_head(pipeline, len(self.labels))

    def cross_validate(
        self, kind: str, x: np.ndarray, y: np.ndarray, Cs: Sequence[float], balanced: bool, folds: int, seed: int
    ) -> list[float]:
        from tlcore.engine.linear import cross_validate

        return cross_validate(kind, x, y, Cs, balanced, folds, seed)

    def read(self, head: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
        return read_head(None, head, features)

    def answer(self, outputs: np.ndarray | None, y: np.ndarray) -> dict[str, Any] | None:
        return None


def macro_auroc(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Area under the ROC curve, each class against the rest, mean over the classes that have rows on both sides; 0.5 if none."""
    from sklearn.metrics import roc_auc_score

    sides = {c: y == c for c in np.unique(y)}
    areas = [roc_auc_score(own, probabilities[:, c]) for c, own in sides.items() if not own.all()]
    return float(np.mean(areas)) if areas else 0.5


def random_sample(rows: int, seed: int) -> np.ndarray:
    """Indices of at most ROWS_TO_CHOOSE_ON rows."""
    if rows <= ROWS_TO_CHOOSE_ON:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).permutation(rows)[:ROWS_TO_CHOOSE_ON])


def _stratified_sample(y: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Indices of at most `size` rows, each class by its share and at least one."""
    if len(y) <= size:
        return np.arange(len(y))
    rng = np.random.default_rng(seed)
    parts = []
    for label in np.unique(y):
        of_class = np.flatnonzero(y == label)
        parts.append(rng.permutation(of_class)[: max(1, round(size * len(of_class) / len(y)))])
    return np.sort(np.concatenate(parts))
