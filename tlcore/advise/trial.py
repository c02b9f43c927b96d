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

MOST_ROWS = 2_000
"""Of more labelled rows so many are drawn: the curve is as clear, and the trial stays short."""
FOLDS = 4
"""Parts of the rows. Each is asked about in turn, by models that learned from the others: so a round asks about every row once."""
MODELS = 2
"""As many models of their own would hide as much of the luck of a single one as the FOLDS of a round do, which share most of their
rows. `python -m bench gains`: with 2 the bands hold 87 % of what more labels brought, with 1 79 %, with 4 94 %."""
SHARES = (0.125, 0.25, 0.5, 1.0)
"""Of the rows of the other parts: each size is twice the one before."""
LEAST_ROWS, LEAST_A_CLASS = 24, FOLDS
"""With fewer there is nothing to hold back."""
LEAST_ROUNDS, MOST_ROUNDS = 2, 6
SECONDS = 12.0
"""After so long no new round begins; reading the texts comes before and is not counted."""


@dataclass(frozen=True)
class Trial:
    """macro-F1 of rounds; in each, every row is asked about once, by a model that did not learn from it.

    rows: labelled rows there are to learn from; tried: those that were looked at. sizes: how many were learned from, rising. frozen [rounds][sizes]: a
    classifier on the base model as it came. tfidf: counting words, at the largest size. majority: always the commonest class. band: the
    95 % interval of the score at the largest size. lead: the base model's score less that of counting words, with its interval.
    classes: F1 of each at half the largest size and at the largest. seconds: without reading the texts.
    """

    rows: int
    tried: int
    sizes: tuple[int, ...]
    frozen: tuple[tuple[float, ...], ...]
    tfidf: float
    majority: float
    band: tuple[float, float]
    lead: tuple[float, float, float]
    classes: Mapping[str, tuple[float, float]]
    seconds: float

    @property
    def curve(self) -> Curve:
        return curve_of(self.sizes, self.frozen, MODELS)

    def helps(self) -> bool:
        """Whether the base model is surely ahead of counting words."""
        return self.lead[1] > 0

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
        for name in ("sizes", "band", "lead"):
            kept[name] = tuple(kept[name])
        kept["frozen"] = tuple(map(tuple, kept["frozen"]))
        kept["classes"] = {name: (pair[0], pair[1]) for name, pair in kept["classes"].items()}
        return cls(**kept)


def can_try(labels: Sequence[str]) -> bool:
    """Whether there are enough labelled rows for a trial."""
    many = [count for count in Counter(labels).values() if count >= LEAST_A_CLASS]
    return len(many) >= 2 and sum(many) >= LEAST_ROWS


def rows_to_try(labels: Sequence[str], seed: int = 0) -> list[int]:
    """Places of the rows that a trial looks at: of classes large enough for every part, and not more than MOST_ROWS."""
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

    Raises whatever `check_stop` raises.
    """
    begun, names = time.monotonic(), sorted(set(labels))
    y = np.array([names.index(label) for label in labels])
    given = _Given(features, texts, y, names, check_stop)
    counted, rounds = _counted(given, seed), [_round(given, seed)]
    told(1, MOST_ROUNDS)
    while len(rounds) < LEAST_ROUNDS or (time.monotonic() - begun < seconds and len(rounds) < MOST_ROUNDS):
        rounds.append(_round(given, seed * 1000 + len(rounds)))
        told(len(rounds), MOST_ROUNDS)
    return _summed_up(given, rounds, counted, rows, round(time.monotonic() - begun, 1))


@dataclass(frozen=True)
class _Given:
    """y: places in names."""

    features: NDArray[np.float32]
    texts: Sequence[str]
    y: NDArray[np.int64]
    names: list[str]
    check_stop: Callable[[], None]


@dataclass(frozen=True)
class _Round:
    """answers [sizes, rows]: places in the names."""

    sizes: tuple[int, ...]
    answers: NDArray[np.int64]

    def f1(self, y: NDArray[np.int64]) -> NDArray[np.float64]:
        """[sizes, classes]"""
        from sklearn.metrics import f1_score

        return np.array(
            [f1_score(y, one, average=None, labels=np.unique(y), zero_division=0.0) for one in self.answers]
        )


def _summed_up(given: _Given, rounds: Sequence[_Round], counted: NDArray[np.int64], rows: int, seconds: float) -> Trial:
    from tlcore.evaluate.bootstrap import macro_f1_difference, macro_f1_interval

    said = [[given.names[i] for i in answers] for answers in (given.y, rounds[0].answers[-1], counted)]
    low, high = macro_f1_interval(said[0], said[1], given.names)
    lead = macro_f1_difference(said[0], said[1], said[2], given.names)
    f1 = np.array([one.f1(given.y) for one in rounds])
    half, full = f1[:, -2].mean(axis=0), f1[:, -1].mean(axis=0)
    counts = Counter(given.y.tolist()).most_common(1)[0][1]
    return Trial(
        rows=rows,
        tried=len(given.y),
        sizes=rounds[0].sizes,
        frozen=tuple(tuple(map(float, one)) for one in f1.mean(axis=2)),
        tfidf=float(_Round((), counted[None]).f1(given.y).mean()),
        majority=float(2 * counts / (len(given.y) + counts) / len(given.names)),
        band=(low or 0.0, high or 1.0),
        lead=tuple(float(lead[name] or 0.0) for name in ("macro_f1", "low", "high")),  # type: ignore[arg-type]
        classes={name: (float(a), float(b)) for name, a, b in zip(given.names, half, full, strict=True)},
        seconds=seconds,
    )


def _round(given: _Given, seed: int) -> _Round:
    """Every part in turn, on every core."""
    from tlcore.engine.linear import fit_head
    from tlcore.engine.objectives import OneOf

    parts = _parts(given.y, seed)
    sizes = sizes_of(len(given.y) - max(map(len, parts)), len(given.names))
    answers = np.zeros((len(sizes), len(given.y)), dtype=np.int64)

    def ask(part: int) -> None:
        given.check_stop()
        outside, inside = parts[part], _in_shares(given.y, parts, part, seed)
        for place, size in enumerate(sizes):
            some = inside[:size]
            if len(np.unique(given.y[some])) == 1:  # a rare class is not among the first rows
                answers[place, outside] = given.y[some[0]]
                continue
            head = fit_head("logistic", given.features[some], given.y[some], OneOf.C, False, seed)
            answers[place, outside] = head.predict(given.features[outside])

    with ThreadPoolExecutor(max(1, min(FOLDS, os.cpu_count() or 1))) as pool:
        list(pool.map(ask, range(FOLDS)))
    return _Round(sizes, answers)


def _counted(given: _Given, seed: int) -> NDArray[np.int64]:
    """What counting words answers to every row, by models that did not learn from it."""
    from tlcore.evaluate.baselines import tfidf_answers

    parts, found = _parts(given.y, seed), np.zeros(len(given.y), dtype=np.int64)
    for part, outside in enumerate(parts):
        given.check_stop()
        inside = np.concatenate([one for other, one in enumerate(parts) if other != part])
        texts = [[given.texts[i] for i in some] for some in (inside, outside)]
        found[outside] = np.array(tfidf_answers(texts[0], [str(c) for c in given.y[inside]], texts[1]), dtype=np.int64)
    return found


def sizes_of(most: int, classes: int) -> tuple[int, ...]:
    """Two sizes or more, the largest being all that is not held back."""
    least = max(8, 2 * classes)
    sizes = [n for share in SHARES[:-2] if (n := round(share * most)) >= least]
    return (*sizes, round(SHARES[-2] * most), most)


def _parts(y: NDArray[np.int64], seed: int) -> list[NDArray[np.int64]]:
    """Places in FOLDS parts, each with its share of every class."""
    from sklearn.model_selection import StratifiedKFold

    return [part for _, part in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(y, y)]


def _in_shares(y: NDArray[np.int64], parts: Sequence[NDArray[np.int64]], part: int, seed: int) -> NDArray[np.int64]:
    """The rows of the other parts, in an order in which every beginning has the classes in their shares."""
    rng = np.random.default_rng([seed, part])
    inside = np.concatenate([one for other, one in enumerate(parts) if other != part])
    placed: list[tuple[float, int]] = []
    for one in np.unique(y):
        rows = rng.permutation(inside[y[inside] == one]).tolist()
        placed.extend(((place + rng.random()) / len(rows), row) for place, row in enumerate(rows))
    return np.array([row for _, row in sorted(placed)])
