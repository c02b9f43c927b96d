"""A quick trial instead of a guess: small classifiers on what the base model says of the labelled rows, at several sizes, beside
counting words."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.advise.curve import Curve, curve_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ROWS = 3_000
"""Of more labelled rows so many are drawn: the curve is as clear, and the trial stays short."""
HELD_BACK = 0.25
SHARES = (0.125, 0.25, 0.5, 1.0)
"""Of the rows that are not held back: each learns from twice as many as the one before."""
LEAST_ROWS, LEAST_A_CLASS = 24, 3
"""With fewer there is nothing to hold back."""
LEAST_ROUNDS, MOST_ROUNDS = 3, 12
SECONDS = 15.0
"""After so long no new round begins; reading the texts comes before and is not counted."""
SURE = 1.64
"""Deviations: nineteen times of twenty it is truly better, looked at from one side."""


@dataclass(frozen=True)
class Trial:
    """macro-F1 of rounds, each with rows of its own held back.

    rows: labelled rows there are to learn from. sizes: how many were learned from, rising. frozen [rounds][sizes]: a classifier on
    the base model as it came. tfidf [rounds]: counting words, at the largest size. majority: always the commonest class.
    classes: F1 of each at half the largest size and at the largest. held_back: rows a round. seconds: without reading the texts.
    """

    rows: int
    sizes: tuple[int, ...]
    frozen: tuple[tuple[float, ...], ...]
    tfidf: tuple[float, ...]
    majority: float
    classes: Mapping[str, tuple[float, float]]
    held_back: int
    seconds: float

    @property
    def curve(self) -> Curve:
        return curve_of(self.sizes, self.frozen)

    def ahead(self) -> tuple[float, float]:
        """By how much the base model is ahead of counting words, and the deviation of that.

        Rounds share rows, so that their plain deviation is too small: corrected as Nadeau and Bengio 2003 do.
        """
        lead = np.array([round[-1] for round in self.frozen]) - np.array(self.tfidf)
        spread = float(np.var(lead, ddof=1)) if len(lead) > 1 else 0.0
        return float(lead.mean()), float(np.sqrt(spread * (1 / len(lead) + self.held_back / self.sizes[-1])))

    def helps(self) -> bool:
        """Whether the base model is surely ahead of counting words."""
        lead, deviation = self.ahead()
        return lead > SURE * deviation

    def mostly_for(self) -> str | None:
        """The class that gained most from the last doubling; None where none stands out."""
        gains = {name: after - before for name, (before, after) in self.classes.items()}
        if len(gains) < 3:
            return None
        first, second = sorted(gains, key=lambda name: gains[name], reverse=True)[:2]
        return first if gains[first] > 0 and gains[first] >= 1.2 * gains[second] else None

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"classes": dict(self.classes)}

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> Trial:
        known = {f.name for f in fields(cls)}
        kept = {name: value for name, value in parts.items() if name in known}
        kept["frozen"] = tuple(map(tuple, kept["frozen"]))
        kept["classes"] = {name: (pair[0], pair[1]) for name, pair in kept["classes"].items()}
        return cls(**{**kept, "sizes": tuple(kept["sizes"]), "tfidf": tuple(kept["tfidf"])})


def can_try(labels: Sequence[str]) -> bool:
    """Whether there are enough labelled rows for a trial."""
    many = [count for count in Counter(labels).values() if count >= LEAST_A_CLASS]
    return len(many) >= 2 and sum(many) >= LEAST_ROWS


def rows_to_try(labels: Sequence[str], seed: int = 0) -> list[int]:
    """Places of the rows that a trial looks at: of classes large enough to hold some back, and not more than MOST_ROWS."""
    counts = Counter(labels)
    fit = [i for i, label in enumerate(labels) if counts[label] >= LEAST_A_CLASS]
    if len(fit) <= MOST_ROWS:
        return fit
    drawn = np.random.default_rng(seed).permutation(len(fit))[:MOST_ROWS]
    chosen = sorted(fit[i] for i in drawn)
    left = Counter(labels[i] for i in chosen)
    return [i for i in chosen if left[labels[i]] >= LEAST_A_CLASS]


def try_out(
    features: NDArray[np.float32],
    texts: Sequence[str],
    labels: Sequence[str],
    rows: int,
    *,
    seconds: float = SECONDS,
    seed: int = 0,
    told: Callable[[int, int], None] = lambda done, total: None,
    check_stop: Callable[[], None] = lambda: None,
) -> Trial:
    """features [texts, width] of the base model as it came. rows: labelled rows in all. told(done, total) counts rounds.

    Raises whatever `check_stop` raises between rounds.
    """
    begun, names = time.monotonic(), sorted(set(labels))
    y = np.array([names.index(label) for label in labels])
    rounds: list[_Round] = []
    cores = max(1, min(4, os.cpu_count() or 1))
    with ThreadPoolExecutor(cores) as pool:
        while len(rounds) < LEAST_ROUNDS or (time.monotonic() - begun < seconds and len(rounds) < MOST_ROUNDS):
            check_stop()
            numbers = range(len(rounds), min(MOST_ROUNDS, len(rounds) + cores))
            rounds += pool.map(lambda number: _round(features, texts, y, seed * 1000 + number), numbers)
            told(len(rounds), MOST_ROUNDS)
    per_class = np.mean([one.per_class for one in rounds], axis=0)
    commonest = Counter(y.tolist()).most_common(1)[0]
    return Trial(
        rows=rows,
        sizes=rounds[0].sizes,
        frozen=tuple(one.frozen for one in rounds),
        tfidf=tuple(one.tfidf for one in rounds),
        majority=float(2 * commonest[1] / (len(y) + commonest[1]) / len(names)),
        classes={name: (float(half), float(full)) for name, (half, full) in zip(names, per_class.T, strict=True)},
        held_back=rounds[0].held_back,
        seconds=round(time.monotonic() - begun, 1),
    )


@dataclass(frozen=True)
class _Round:
    """per_class [2, classes]: F1 at half the largest size and at the largest."""

    sizes: tuple[int, ...]
    frozen: tuple[float, ...]
    tfidf: float
    per_class: NDArray[np.float64]
    held_back: int


def _round(features: NDArray[np.float32], texts: Sequence[str], y: NDArray[np.int64], seed: int) -> _Round:
    from sklearn.metrics import f1_score

    from tlcore.engine.linear import fit_head
    from tlcore.engine.objectives import OneOf
    from tlcore.evaluate.baselines import tfidf_answers

    inside, outside = _parted(y, seed)
    sizes, found = sizes_of(len(inside), len(set(y.tolist()))), []
    for size in sizes:
        rows = inside[:size]
        answers = fit_head("logistic", features[rows], y[rows], OneOf.C, False, seed).predict(features[outside])
        found.append(f1_score(y[outside], answers, average=None, labels=np.unique(y), zero_division=0.0))
    counted = tfidf_answers([texts[i] for i in inside], [str(c) for c in y[inside]], [texts[i] for i in outside])
    tfidf = f1_score(y[outside], np.array(counted, dtype=int), average="macro", labels=np.unique(y), zero_division=0.0)
    return _Round(
        sizes, tuple(float(one.mean()) for one in found), float(tfidf), np.array([found[-2], found[-1]]), len(outside)
    )


def sizes_of(most: int, classes: int) -> tuple[int, ...]:
    """Two sizes or more, the largest being all that is not held back."""
    least = max(8, 2 * classes)
    sizes = [n for share in SHARES[:-2] if (n := round(share * most)) >= least]
    return (*sizes, round(SHARES[-2] * most), most)


def _parted(y: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to learn from, in an order in which every beginning has the classes in their shares; and those held back, of each class."""
    rng = np.random.default_rng(seed)
    inside: list[tuple[float, int]] = []
    outside: list[int] = []
    for one in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == one))
        cut = max(1, round(HELD_BACK * len(rows)))
        outside.extend(rows[:cut].tolist())
        kept = rows[cut:].tolist()
        inside.extend(((place + rng.random()) / len(kept), row) for place, row in enumerate(kept))
    return np.array([row for _, row in sorted(inside)]), np.array(outside)
