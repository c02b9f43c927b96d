"""Heads on what is said of the text, of the picture, and of both side by side, whose log-probabilities are added.

"Late fusion" (Snoek et al. 2005, "Early versus late fusion in semantic video analysis"), with an early one among what is added. On
openmoji the sum did better than any of the three: a head on both alone drowns the text in the many features of the picture.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from tlcore.engine.linear import MAX_ITERATIONS, TOLERANCE, calm, fit_scaler, to_head
from tlcore.models.saved import Head
from tlcore.predict.pictures import fused
from tlcore.strategies.base import FitInput
from tlcore.strategies.reading import Reading, Wishes, check_cancel, choose_reading, features

Weights = tuple[float, float, float]
"""Of the heads on the text, on the picture, on both; they add up to 1, nearly."""
STEPS = 10
SHARPNESS = (0.7, 1.0, 1.4, 2.0, 2.8)
USUAL_WEIGHTS: Weights = (0.3, 0.2, 0.5)
"""Where too few rows have both to choose them on."""
FEWEST = 30
SHARES = (0.25, 0.5, 1.0)
IMAGE_CS = (0.001, 0.003, 0.01, 0.03)
"""How freely the head on the picture may learn: it has many more features than one layer of the text encoder."""
JOINT_CS = (0.001, 0.003, 0.01)
IMAGE_SIZE = 0.6
"""What the picture's standardised features are multiplied by beside the text's: there are more of them, and they know less."""


@dataclass(frozen=True)
class Half:
    """What an encoder says of each row: states float16/32 [rows, layers, width]; there: whether the row has anything to read."""

    states: np.ndarray
    there: np.ndarray

    def part(self, rows: slice | np.ndarray) -> Half:
        return Half(self.states[rows], self.there[rows])


@dataclass(frozen=True)
class Pair:
    """Both halves of some rows."""

    text: Half
    image: Half

    def part(self, rows: slice | np.ndarray) -> Pair:
        return Pair(self.text.part(rows), self.image.part(rows))

    @property
    def both(self) -> np.ndarray:
        return self.text.there & self.image.there

    def side_by_side(self, layers: tuple[int, ...]) -> np.ndarray:
        """float32 [rows, features of the text, then of the picture]."""
        return np.concatenate([features(self.text.states, layers), features(self.image.states, (0,))], axis=1)


@dataclass(frozen=True)
class Ways:
    """How each head reads, and the kind of the two that read one half."""

    kind: str
    text: Reading
    image: Reading
    joint_C: float


@dataclass(frozen=True)
class Heads:
    text: Head
    image: Head
    joint: Head
    pipeline: Any


@dataclass(frozen=True)
class Mix:
    """Weights, and how sharp the sum is. score, alone: macro-F1 of the sum and of each head, cross-validated; None, () where nothing
    could be tried."""

    weights: Weights = USUAL_WEIGHTS
    sharpness: float = 1.0
    score: float | None = None
    alone: tuple[float, ...] = ()


@dataclass(frozen=True)
class Fusion:
    """Heads learned from all rows, how they were chosen, and what heads that did not see them give for the validation rows."""

    heads: Heads
    ways: Ways
    mix: Mix
    validation: np.ndarray

    def said(self, given: FitInput) -> dict[str, Any]:
        """For the report."""
        text, image = self.ways.text, self.ways.image
        alone = dict(zip(("text", "image", "joint"), self.mix.alone, strict=False))
        return {
            **text.said(given), "cross_validated_macro_f1": self.mix.score, "head": self.ways.kind, "cross_validated_alone": alone,
            "image_C": image.C, "image_balanced": image.balanced, "joint_C": self.ways.joint_C,
            "weights": list(self.mix.weights), "sharpness": self.mix.sharpness,
        }  # fmt: skip


def learn_fusion(given: FitInput, text: Half, image: Half, wishes: Wishes) -> Fusion:
    """Choose on the training rows, judge on the validation rows, then learn from both. text, image: of both, in that order."""
    cut, y = len(given.train_texts), np.array([*given.train_y, *given.validation_y], dtype=int)
    pair, rows = Pair(text, image), slice(0, cut)
    given.phase("choose", "Trying settings on your rows")
    of_text = _choose(given, text.part(rows), y[rows], wishes)
    picture_wishes = Wishes(wishes.head, "last", 0.0, wishes.class_weight, wishes.folds)
    of_image = _choose(_for_pictures(given), image.part(rows), y[rows], picture_wishes)
    given.phase("mix", "Weighing text against picture")
    ways, mix = choose_mix(
        given, pair.part(rows), y[rows], Ways(wishes.head, of_text, of_image, JOINT_CS[1]), wishes.folds
    )
    given.phase("curve", "Learning from more and more labels")
    validation = _curve(given, pair, y, ways, mix)
    given.phase("fit", "Teaching the classifiers with all your rows")
    return Fusion(learn_heads(given, pair, y, ways), ways, mix, validation)


def _choose(given: FitInput, half: Half, y: np.ndarray, wishes: Wishes) -> Reading:
    if len(np.unique(y[half.there])) < 2:
        return Reading((half.states.shape[1] - 1,), given.objective.C, False, None)
    return choose_reading(given, half.states[half.there], y[half.there], wishes)


def _for_pictures(given: FitInput) -> FitInput:
    """The same, whose choices are told as those of the picture's classifier."""

    def emit(kind: str, **fields: Any) -> None:
        if kind == "choice":
            if fields["what"] == "layers":  # there is one
                return
            fields["what"] = f"{fields['what']} (picture)"
        given.emit(kind, **fields)

    stricter: Any = _Stricter(given.objective)
    return replace(given, emit=emit, objective=stricter)


class _Stricter:
    """An objective whose heads are tried with less freedom."""

    Cs, C = IMAGE_CS, 0.003

    def __init__(self, objective: Any) -> None:
        self._objective = objective

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objective, name)


def learn_heads(given: FitInput, pair: Pair, y: np.ndarray, ways: Ways) -> Heads:
    text, pipeline = _of_half(given, pair.text, y, ways.kind, ways.text)
    image, _ = _of_half(given, pair.image, y, ways.kind, ways.image)
    return Heads(text, image, _joint(given, pair, y, ways, ways.joint_C), pipeline)


def _silent(width: int, classes: int) -> Head:
    """A head that says nothing."""
    return Head(np.zeros((classes, width), dtype=np.float32), np.zeros(classes, dtype=np.float32))


def _of_half(given: FitInput, half: Half, y: np.ndarray, kind: str, way: Reading) -> tuple[Head, Any]:
    """A head from the rows that have this half, and its pipeline; a silent one where they hold a single class."""
    x, seen = features(half.states, way.layers), y[half.there]
    if len(np.unique(seen)) < 2:
        return _silent(x.shape[1], len(given.labels)), None
    pipeline = given.objective.fit(kind, x[half.there], seen, way.C, way.balanced, given.plan.seed)
    return given.objective.head(pipeline), pipeline


def _joint(given: FitInput, pair: Pair, y: np.ndarray, ways: Ways, C: float) -> Head:
    """A head on both side by side, from the rows that have both."""
    x, seen = pair.side_by_side(ways.text.layers), y[pair.both]
    if len(np.unique(seen)) < 2:
        return _silent(x.shape[1], len(given.labels))
    scaler, width = fit_scaler(x[pair.both]), pair.image.states.shape[2]
    scaler.scale_[-width:] /= IMAGE_SIZE
    weight = "balanced" if ways.text.balanced else None
    model = LogisticRegression(C=C, class_weight=weight, max_iter=MAX_ITERATIONS, tol=TOLERANCE)
    with calm():
        model.fit(scaler.transform(x[pair.both]), seen)
    return to_head(make_pipeline(scaler, model), len(given.labels))


def answers_of(given: FitInput, heads: Heads, pair: Pair, ways: Ways) -> list[np.ndarray]:
    """Probabilities [rows, classes] by the text, by the picture, by both; nan where there is nothing to read."""
    found = [
        (heads.text, features(pair.text.states, ways.text.layers), pair.text.there),
        (heads.image, features(pair.image.states, ways.image.layers), pair.image.there),
        (heads.joint, pair.side_by_side(ways.text.layers), pair.both),
    ]
    return [_read(given, *one) for one in found]


def mixed(three: Sequence[np.ndarray], mix: Mix) -> np.ndarray:
    """What `answers_of` gives, added up."""
    return fused(three[0], three[1], three[2], mix.weights, mix.sharpness)


def _read(given: FitInput, head: Head, x: np.ndarray, there: np.ndarray) -> np.ndarray:
    found: np.ndarray = given.objective.read(head.tensors(), x).astype(np.float32)
    found[~there] = np.nan
    return found


def choose_mix(given: FitInput, pair: Pair, y: np.ndarray, ways: Ways, folds: int) -> tuple[Ways, Mix]:
    """By rows that the heads did not see: how freely the joint head may learn, then the weights whose answers are best, then the
    sharpness whose probabilities are."""
    both = pair.both
    if both.sum() < FEWEST or np.bincount(y[both]).max() < folds or len(np.unique(y[both])) < 2:
        given.emit(
            "note",
            level="warning",
            text="Too few rows have both a text and a picture to weigh them: usual weights are used.",
        )
        return ways, Mix()
    held = [np.full((len(y), len(given.labels)), np.nan, dtype=np.float32) for _ in range(2 + len(JOINT_CS))]
    parts = _parts(y, folds, given.plan.seed)
    for done, (inside, outside) in enumerate(parts):
        check_cancel(given)
        seen, unseen, known = pair.part(inside), pair.part(outside), y[inside]
        heads = Heads(
            _of_half(given, seen.text, known, ways.kind, ways.text)[0], _of_half(given, seen.image, known, ways.kind, ways.image)[0],
            _joint(given, seen, known, ways, JOINT_CS[0]), None,
        )  # fmt: skip
        for found, answers in zip(held[:3], answers_of(given, heads, unseen, ways), strict=True):
            found[outside] = answers
        for found, C in zip(held[3:], JOINT_CS[1:], strict=True):
            head = _joint(given, seen, known, ways, C)
            found[outside] = _read(given, head, unseen.side_by_side(ways.text.layers), unseen.both)
        given.emit("progress", done=done + 1, total=len(parts), unit="parts")
    scores = [given.objective.goodness(found[both], y[both]) for found in held]
    best = int(np.argmax(scores[2:]))
    three, truth = [held[i][both] for i in (0, 1, 2 + best)], y[both]
    mix = _weigh(given, three, truth, tuple(round(scores[i], 4) for i in (0, 1, 2 + best)))
    return replace(ways, joint_C=JOINT_CS[best]), mix


def _parts(y: np.ndarray, folds: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class of one row is in one part only
        return list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(y, y))


def _weigh(given: FitInput, three: Sequence[np.ndarray], truth: np.ndarray, alone: tuple[float, ...]) -> Mix:
    scores = {w: given.objective.goodness(fused(three[0], three[1], three[2], w, 1.0), truth) for w in _all_weights()}
    # The best single one is luck: the scores are flat around it. The middle of the best fifth is steadier.
    best = sorted(scores, key=lambda w: -scores[w])[: len(scores) // 5]
    text, image, both = (round(float(v), 3) for v in np.mean(best, axis=0))
    weights = (text, image, both)
    names = list(range(len(given.labels)))
    losses = {
        s: float(log_loss(truth, fused(three[0], three[1], three[2], weights, s), labels=names)) for s in SHARPNESS
    }
    tried = [
        {"name": f"text {w[0]:g}, picture {w[1]:g}, both {w[2]:g}", **given.objective.told(s)}
        for w, s in scores.items()
    ]
    given.emit("choice", what="weights of text, picture and both", chosen=list(weights), tried=tried)
    score = given.objective.goodness(fused(three[0], three[1], three[2], weights, 1.0), truth)
    return Mix(weights, min(losses, key=lambda one: losses[one]), round(score, 4), alone)


def _all_weights() -> Iterator[Weights]:
    for text in range(STEPS + 1):
        for image in range(STEPS + 1 - text):
            yield text / STEPS, image / STEPS, round(1 - (text + image) / STEPS, 6)


def _curve(given: FitInput, pair: Pair, y: np.ndarray, ways: Ways, mix: Mix) -> np.ndarray:
    """The score on the validation rows as the number of labels grows; what the last heads, which did not see them, give for them."""
    cut = len(given.train_texts)
    found = np.zeros((0, len(given.labels)), dtype=np.float32)
    if cut == len(y):
        return found
    order = np.random.default_rng(given.plan.seed).permutation(cut)
    sizes = [size for size in sorted({round(share * cut) for share in SHARES}) if size >= min(10, cut)]
    for done, size in enumerate(sizes if not given.stop_wish() else sizes[-1:]):
        check_cancel(given)
        rows = order[:size]
        if given.objective.learnable(y[rows]):
            heads = learn_heads(given, pair.part(rows), y[rows], ways)
            found = mixed(answers_of(given, heads, pair.part(slice(cut, None)), ways), mix)
            known = ~np.isnan(found[:, 0])
            if known.any():
                goodness = given.objective.goodness(found[known], y[cut:][known])
                given.emit("curve", labels=int(size), **given.objective.told(goodness))
        given.emit("progress", done=done + 1, total=len(sizes), unit="sizes")
    return found
