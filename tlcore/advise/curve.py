"""How a score grows with the number of labelled rows, and what more of them would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

BENDS = np.linspace(0.15, 1.2, 22)
"""Powers that are tried: from a curve that hardly flattens to one that has all but ended."""
RESAMPLES = 200
INSIDE = (5, 95)
"""Percentiles of the band: four measured gains of five are to lie inside, and the deviations are themselves estimated from a few rounds."""
DOUBLING = 0.5
"""Share of new rows among all after a doubling."""


@dataclass(frozen=True)
class Gain:
    """What more labelled rows would add to a score (0.02: two points): the middle and the ends of the band."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Curve:
    """sizes: labelled rows learned from, rising. scores [rounds, sizes]: of models that saw so many, the rows of a smaller size being among
    those of a larger. models: how many models make a score of a round together, which hides the luck of a single one.

    score(n) = top - drop * n ** -bend, the power law of Hestness et al. 2017 (arXiv 1712.00409) with a ceiling.
    """

    sizes: tuple[int, ...]
    scores: np.ndarray
    models: int = 1

    def middle(self) -> list[float]:
        """The mean score at each size."""
        return [float(one) for one in self.scores.mean(axis=0)]

    def spread(self) -> list[tuple[float, float]]:
        """The lowest and the highest of the rounds at each size."""
        return [(float(of_size.min()), float(of_size.max())) for of_size in self.scores.T]

    def at(self, rows: int) -> float:
        """The score to be expected of a model that learns from so many rows."""
        return _value(self._law, rows)

    @cached_property
    def _law(self) -> tuple[float, float, float]:
        return _fit(self.sizes, self.scores.mean(axis=0))

    def gain(self, now: int, more: int, seed: int = 0) -> Gain:
        """What `more` rows on top of `now` would bring: the uncertainty of the curve, and the luck of which rows they are."""
        rng, rounds = np.random.default_rng(seed), len(self.scores)
        luck = self._luck_of_a_doubling() * np.sqrt((more / (now + more)) / DOUBLING)
        found = np.zeros(RESAMPLES)
        for i in range(RESAMPLES):
            curve = _fit(self.sizes, self.scores[rng.integers(0, rounds, rounds)].mean(axis=0))
            found[i] = _value(curve, now + more) - _value(curve, now) + luck * rng.standard_normal()
        low, high = np.percentile(found, INSIDE)
        middle = self.at(now + more) - self.at(now)
        return Gain(float(min(low, middle)), float(middle), float(max(high, middle)))

    def _luck_of_a_doubling(self) -> float:
        """Deviation of what a doubling brings a single model around what it brings on average."""
        steps = np.diff(self.scores, axis=1)
        if len(self.scores) < 2 or not steps.size:
            return 0.0
        return float(np.sqrt(self.models * np.mean(np.var(steps, axis=0, ddof=1)[-2:])))


def curve_of(sizes: Sequence[int], scores: Sequence[Sequence[float]], models: int = 1) -> Curve:
    """scores: a list of scores, one a size, for each round."""
    return Curve(tuple(sizes), np.array(scores, dtype=np.float64), models)


def _fit(sizes: Sequence[int], means: np.ndarray) -> tuple[float, float, float]:
    """(top, drop, bend) with top at most 1 and a drop that is not negative, by least squares; larger sizes count more."""
    n = np.array(sizes, dtype=np.float64)
    weight = np.sqrt(n / n.max())
    best, error = (float(means[-1]), 0.0, 1.0), float("inf")
    for bend in BENDS:
        x = n**-bend
        top, drop = _line(x, means, weight)
        off = float((((top - drop * x - means) * weight) ** 2).sum())
        if off < error - 1e-12:
            best, error = (top, drop, float(bend)), off
    return best


def _line(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """y = top - drop * x, top <= 1, drop >= 0."""
    w = weight**2
    mx, my = np.average(x, weights=w), np.average(y, weights=w)
    spread = np.average((x - mx) ** 2, weights=w)
    drop = max(0.0, -float(np.average((x - mx) * (y - my), weights=w) / spread)) if spread else 0.0
    top = float(my + drop * mx)
    if top > 1:
        top, drop = 1.0, max(0.0, float(np.average((1 - y) * x, weights=w) / np.average(x**2, weights=w)))
    return top, drop


def _value(curve: tuple[float, float, float], rows: float) -> float:
    top, drop, bend = curve
    return top - drop * float(rows) ** -bend
