"""Which rows without a label a person should look at first: those the model wavers on, no two alike, and some drawn by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

CHANCE_SHARE = 1 / 3
"""Of each batch. Rows chosen for being hard are harder than the texts on the whole; those drawn by chance are not."""
POOL = 5
"""Times as many of the most uncertain rows as are wanted: from these the ones most unlike each other are taken."""
MOST_COMPARED = 400
"""Of the most uncertain rows so many are looked through for near-same texts."""


@dataclass(frozen=True)
class Candidate:
    """A row without a label and what the model says of it. margin: how much likelier the answer is than the next best."""

    row: int
    text: str
    prediction: str
    confidence: float
    margin: float


@dataclass(frozen=True)
class Pick:
    """A row to look at. by_chance: drawn at random, whatever the model says of it."""

    candidate: Candidate
    by_chance: bool


def choose_rows(candidates: Sequence[Candidate], size: int, seed: int) -> list[Pick]:
    """At most `size` rows: the least certain first, then a share of CHANCE_SHARE drawn by chance. The same each time it is asked.

    Uncertain is a small margin between the two likeliest labels (margin sampling: Scheffer, Decomain and Wrobel 2001). Of the
    POOL * size most uncertain, the first is taken and then always the one farthest from all that were taken (farthest-first
    traversal: Gonzalez 1985; as a way to choose what to label: Sener and Savarese 2018), by TF-IDF of their letters; of
    near-same texts only the least certain one is taken.
    """
    by_chance = _drawn(candidates, round(size * CHANCE_SHARE), seed)
    gone = {one.row for one in by_chance}
    left = sorted((one for one in candidates if one.row not in gone), key=lambda one: (one.margin, one.row))
    unsure = _unlike(left, size - len(by_chance))
    return [*(Pick(one, False) for one in unsure), *(Pick(one, True) for one in by_chance)]


def _drawn(candidates: Sequence[Candidate], count: int, seed: int) -> list[Candidate]:
    """By a number that hangs on the seed and the row alone: the draw goes on where it was, whichever rows are gone by now."""
    return sorted(candidates, key=lambda one: blake2b(f"{seed} {one.row}".encode(), digest_size=8).digest())[:count]


def _unlike(ranked: Sequence[Candidate], count: int) -> list[Candidate]:
    """So many of the first, no two near-same, most uncertain first."""
    from tlcore.near import near_groups

    first = ranked[: max(MOST_COMPARED, POOL * count)]
    groups = near_groups([one.text for one in first])
    different = [one for i, one in enumerate(first) if groups[i] == i]
    pool = different[: POOL * count]
    if len(pool) > count:
        places = farthest_first(letters_of([one.text for one in pool]), count)
        pool = [pool[i] for i in sorted(places)]
    return pool


def farthest_first(vectors: Any, count: int) -> list[int]:
    """Places of `count` rows of vectors [rows, width] of length 1: the first, then always the one least like all before it."""
    taken = [0]
    nearest = _likeness(vectors, 0)
    while len(taken) < min(count, vectors.shape[0]):
        nearest[taken] = np.inf
        taken.append(int(nearest.argmin()))
        nearest = np.maximum(nearest, _likeness(vectors, taken[-1]))
    return taken[:count]


def _likeness(vectors: Any, place: int) -> np.ndarray:
    """Cosine of each row with one of them, [rows]."""
    found = vectors @ vectors[place].T
    return np.asarray(found.todense() if hasattr(found, "todense") else found, dtype=float).ravel()


def letters_of(texts: Sequence[str]) -> Any:
    """Sparse TF-IDF [texts, n-grams], rows of length 1: 3 to 5 letters within words, so that any script and a smiley count."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit_transform(list(texts))
