"""A number a text: targets standardised, Huber loss, ridge regression as the head, mean absolute error, and an honest range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.engine.objectives import random_sample
from tlcore.predict.answers import NUMBER, in_units, read_head

if TYPE_CHECKING:
    import torch
    from sklearn.pipeline import Pipeline

    from tlcore.models.saved import Head

FEWEST_ROWS = 6
SURE = 0.9
"""How often the truth is to lie within the range that stands beside a number."""
HUBER = 0.5
"""In standard deviations: beyond it a miss counts as it does in the mean absolute error, so that few odd rows do not rule."""


class Amount:
    """y: standardised by the mean and deviation of the rows that are learned from, float [rows]."""

    weighs_classes = False
    Cs: tuple[float, ...] = (0.0003, 0.001, 0.003, 0.01, 0.03)
    C = 0.003

    def __init__(self, values: Sequence[float]) -> None:
        """values: of all rows that are learned from or steered by."""
        seen = np.array(values, dtype=np.float64)
        self.mean, self.scale = float(seen.mean()), float(seen.std()) or 1.0
        self.low, self.high = float(seen.min()), float(seen.max())

    def encode(self, targets: Sequence[str]) -> list[Any]:
        return [(float(target) - self.mean) / self.scale for target in targets]

    def loss(self, logits: torch.Tensor, y: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
        from torch.nn.functional import smooth_l1_loss

        return smooth_l1_loss(logits[:, 0], y, reduction="sum", beta=HUBER) / len(y)

    def outputs(self, logits: np.ndarray) -> np.ndarray:
        return in_units(self._known(), logits)

    def metrics(self, logits: np.ndarray, y: np.ndarray) -> dict[str, float]:
        off = np.abs(logits[:, 0] - y)
        loss = np.where(off < HUBER, 0.5 * off**2 / HUBER, off - 0.5 * HUBER)
        mae = -self.goodness(self.outputs(logits), y)
        return {"loss": float(loss.mean()), "mae": mae, "neg_mae": -mae}

    def watched(self, wish: str) -> str:
        return "neg_mae"

    def told(self, goodness: float) -> dict[str, float]:
        return {"mae": round(-goodness, 4)}

    def goodness(self, outputs: np.ndarray, y: np.ndarray) -> float:
        """The mean absolute error in the user's units, negative."""
        return -float(np.abs(outputs[:, 0] - (y * self.scale + self.mean)).mean())

    def learnable(self, y: np.ndarray) -> bool:
        return len(np.unique(y)) > 1

    def rows_to_choose_on(self, y: np.ndarray, seed: int) -> np.ndarray:
        rows = random_sample(len(y), seed)
        return rows if len(rows) >= FEWEST_ROWS and self.learnable(y[rows]) else rows[:0]

    def weights_to_try(self, y: np.ndarray, wish: str) -> tuple[bool, ...]:
        return (False,)

    def most_folds(self, y: np.ndarray) -> int:
        return len(y)

    def fit(self, kind: str, x: np.ndarray, y: np.ndarray, C: float, balanced: bool, seed: int) -> Pipeline:
        """Ridge regression, whatever `kind`; C is the inverse of its penalty, as in logistic regression."""
        from sklearn.linear_model import Ridge
        from sklearn.pipeline import make_pipeline

        from tlcore.engine.linear import calm, fit_scaler

        scaler = fit_scaler(x.astype(np.float32))
        with calm():
            model = Ridge(alpha=1 / C).fit(scaler.transform(x.astype(np.float32)), y)
        return make_pipeline(scaler, model)

    def head(self, pipeline: Pipeline) -> Head:
        from tlcore.models.saved import Head

        scaler, model = pipeline[0], pipeline[-1]
        folded = np.atleast_2d(model.coef_) / scaler.scale_
        return Head(folded, np.atleast_1d(model.intercept_) - folded @ scaler.mean_)

    def cross_validate(
        self, kind: str, x: np.ndarray, y: np.ndarray, Cs: Sequence[float], balanced: bool, folds: int, seed: int
    ) -> list[float]:
        from sklearn.model_selection import KFold

        from tlcore.engine.precision import this_machine

        found = np.zeros((len(Cs), len(y), 1))

        def fold(part: tuple[np.ndarray, np.ndarray]) -> None:
            inside, outside = part
            for c, C in enumerate(Cs):
                pipeline = self.fit(kind, x[inside], y[inside], C, balanced, seed)
                found[c, outside, 0] = pipeline.predict(x[outside])

        with ThreadPoolExecutor(this_machine().cores) as pool:
            list(pool.map(fold, KFold(folds, shuffle=True, random_state=seed).split(x)))
        return [self.goodness(self.outputs(of_c), y) for of_c in found]

    def read(self, head: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
        return read_head({"kind": NUMBER, **self._known()}, head, features)

    def answer(self, outputs: np.ndarray | None, y: np.ndarray) -> dict[str, Any] | None:
        """With how far off the validation rows were; without any, the range is all that was seen."""
        whole = self.high - self.low
        below = above = whole
        if outputs is not None and len(outputs):
            off = y * self.scale + self.mean - outputs[:, 0]
            below, above = far(-off, whole), far(off, whole)
        return {"kind": NUMBER, **self._known(), "below": round(below, 6), "above": round(above, 6)}

    def _known(self) -> dict[str, float]:
        return {"mean": self.mean, "scale": self.scale, "low": self.low, "high": self.high}


def far(off: np.ndarray, most: float) -> float:
    """So far the truth lies to one side at most, in all but (1 - SURE) / 2 of the cases; 0 to `most`.

    The quantile that holds for a row to come, not only for those at hand: split conformal prediction (Vovk et al. 2005). Fewer
    than 19 rows cannot promise that much: there it is the largest miss.
    """
    level = min(1.0, (1 + SURE) / 2 * (len(off) + 1) / len(off))
    return float(np.clip(np.quantile(off, level, method="higher"), 0.0, most))
