"""What the slower checks look at, each part computed once and only when a check asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tlcore.near import near_groups

if TYPE_CHECKING:
    import numpy as np

    from tlcore.checks.doubts import Doubts
    from tlcore.datasets import Dataset

NEAREST = 5
MOST_REFERENCES = 5_000
"""Neighbours are looked for among so many rows, drawn at random where there are more: all against all grows with the square."""
ROWS_AT_ONCE = 1_000


@dataclass
class Evidence:
    """vectors: (rows, width) float32 of unit length, in the order of `dataset.rows`; zeros where there is no text.

    columns: the other columns of the spreadsheet, name -> (rows,) cells in the same order; {} where they are not at hand.
    states: (rows, layers, width) pooled hidden states of several layers, the last one last; None: the vectors alone.
    """

    vectors: np.ndarray
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    states: np.ndarray | None = None
    _groups: list[int] | None = None
    _doubts: Doubts | None = None

    def groups(self, dataset: Dataset) -> list[int]:
        """The near-same group of each row of the Dataset (tlcore.near)."""
        if self._groups is None:
            self._groups = near_groups([*map(dataset.task.compared, dataset.rows["text"][:])])
        return self._groups

    def doubts(self, dataset: Dataset) -> Doubts | None:
        """What the other rows say about each label; None where there are too few rows to say."""
        if self._doubts is None:
            from tlcore.checks.doubts import doubt_labels

            layers = self.vectors[:, None] if self.states is None else self.states
            self._doubts = doubt_labels(layers, dataset)
        return self._doubts

    @cached_property
    def nearness(self) -> np.ndarray:
        """(rows,) mean cosine similarity to the NEAREST nearest other rows; 1 where there is no text or no other row."""
        import numpy as np

        found = np.ones(len(self.vectors), dtype=np.float32)
        filled = np.flatnonzero(np.abs(self.vectors).sum(1) > 0)
        if len(filled) <= NEAREST:
            return found
        among = filled
        if len(filled) > MOST_REFERENCES:
            among = np.sort(np.random.default_rng(0).choice(filled, MOST_REFERENCES, replace=False))
        others = self.vectors[among].T
        for start in range(0, len(filled), ROWS_AT_ONCE):
            rows = filled[start : start + ROWS_AT_ONCE]
            similar = self.vectors[rows] @ others
            similar[rows[:, None] == among[None, :]] = -1  # a row is no neighbour of its own
            found[rows] = _mean_of_highest(similar)
        return found


def _mean_of_highest(similar: np.ndarray) -> np.ndarray:
    """(rows,) mean of the NEAREST highest values of each row, which are spent: for so few quicker than to sort them apart."""
    import numpy as np

    rows, total = np.arange(len(similar)), np.zeros(len(similar), dtype=similar.dtype)
    for _ in range(NEAREST):
        best = similar.argmax(1)
        total += similar[rows, best]
        similar[rows, best] = -2
    return total / NEAREST
