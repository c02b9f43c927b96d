"""Which rows without a label a person should look at first: ones the model wavers on, ones of labels with few rows, some by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

CHANCE_SHARE, UNSURE_SHARE = 1 / 3, 0.2
"""Of each batch, drawn from all rows; and of the least certain ones, while labels have too few rows. Rows chosen for being hard are
harder than the texts on the whole; those drawn by chance are not."""
ENOUGH = 8
"""Rows of a label below which hard ones teach least. Mostly rows drawn evenly over the proposed labels taught more on csabstruct:
macro-F1 0.54 after 100, where mostly hard ones gave 0.41 and rows by chance 0.37 (`python -m bench confirm`, three seeds)."""
POOL = 5
"""Times as many of the most uncertain rows as are wanted: from these the ones most unlike each other are taken."""
MOST_COMPARED = 400
"""Of the most uncertain rows so many are looked through for near-same texts."""
UNSURE, FEW, CHANCE = "unsure", "few yet", "by chance"


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
    """A row to look at. why: UNSURE of it, FEW rows yet of the label it seems to have, or CHANCE."""

    candidate: Candidate
    why: str

    @property
    def by_chance(self) -> bool:
        """Drawn at random, from all rows or from those that seem to have a label, and not for being hard."""
        return self.why != UNSURE


def choose_rows(
    candidates: Sequence[Candidate], size: int, seed: int, counts: Mapping[str, int] | None = None
) -> list[Pick]:
    """At most `size` rows: the least certain first, then those that seem to have a label with fewer than ENOUGH rows, then a
    share of CHANCE_SHARE drawn from all. The same each time it is asked.

    counts: labelled rows of each label so far; None for enough of each. While few rows are labelled, hard ones teach the least
    (Hacohen, Dekel and Weinshall 2022, arXiv 2202.02794): then they are only UNSURE_SHARE of a batch.
    Uncertain is a small margin between the two likeliest labels (margin sampling: Scheffer, Decomain and Wrobel 2001). Of the
    POOL times as many most uncertain, the first is taken and then always the one farthest from all that were taken
    (farthest-first traversal: Gonzalez 1985; as a way to choose what to label: Sener and Savarese 2018), by TF-IDF of their
    letters; of near-same texts only the least certain one is taken.
    """
    drawn = sorted(candidates, key=lambda one: _lot(one, seed))
    chance = drawn[: round(size * CHANCE_SHARE)]
    wanted = size - len(chance)
    few: list[Candidate] = []
    if counts is not None:
        few = _of_few(drawn[len(chance) :], counts, wanted - round(size * UNSURE_SHARE))
    gone = {one.row for one in (*chance, *few)}
    left = sorted((one for one in candidates if one.row not in gone), key=lambda one: (one.margin, one.row))
    found = ((UNSURE, _unlike(left, wanted - len(few))), (FEW, few), (CHANCE, chance))
    return [Pick(one, why) for why, ones in found for one in ones]


def _lot(one: Candidate, seed: int) -> bytes:
    """Hangs on the seed and the row alone: the draw goes on where it was, whichever rows are gone by now."""
    return blake2b(f"{seed} {one.row}".encode(), digest_size=8).digest()


def _of_few(drawn: Sequence[Candidate], counts: Mapping[str, int], count: int) -> list[Candidate]:
    """Rows in the order in which they were drawn, each of the proposed label that has the fewest rows by then."""
    waiting: dict[str, list[Candidate]] = {}
    for one in reversed(drawn):
        waiting.setdefault(one.prediction, []).append(one)
    have = {label: counts.get(label, 0) for label in waiting}
    found: list[Candidate] = []
    while len(found) < count and (open_ := [label for label in waiting if waiting[label] and have[label] < ENOUGH]):
        label = min(open_, key=lambda label: (have[label], label))
        found.append(waiting[label].pop())
        have[label] += 1
    return found


def _unlike(ranked: Sequence[Candidate], count: int) -> list[Candidate]:
    """So many of the first, no two near-same, most uncertain first."""
    from tlcore.near import near_groups

    if count < 1:
        return []
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
