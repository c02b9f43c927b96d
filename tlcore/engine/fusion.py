"""Two heads, one on what is said of the text and one on what is said of the picture, whose log-probabilities are added.

"Late fusion" (Snoek et al. 2005, "Early versus late fusion in semantic video analysis"). On openmoji it did better than one head on both
kinds of features side by side, in which the many features of the picture drown those of the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from tlcore.models.saved import Head
from tlcore.predict.pictures import fused
from tlcore.strategies.base import FitInput
from tlcore.strategies.reading import Reading, Wishes, check_cancel, choose_reading, features

WEIGHTS = tuple(i / 20 for i in range(21))
SHARPNESS = (0.7, 1.0, 1.4, 2.0, 2.8)
USUAL_WEIGHT = 0.4
"""Where too few rows have both to choose it on."""
FEWEST = 30
SHARES = (0.12, 0.25, 0.5, 1.0)
IMAGE_CS = (0.0003, 0.001, 0.003, 0.01, 0.03)
"""How freely the head on the picture may learn: it has three times as many features as one layer of the text encoder."""


@dataclass(frozen=True)
class Half:
    """What an encoder says of each row: states float16/32 [rows, layers, width]; there: whether the row has anything to read."""

    states: np.ndarray
    there: np.ndarray

    def part(self, rows: slice | np.ndarray) -> Half:
        return Half(self.states[rows], self.there[rows])


@dataclass(frozen=True)
class Way:
    """How a half is read: layers, C, class weights; `kind` of head."""

    reading: Reading
    kind: str


@dataclass(frozen=True)
class Mix:
    """weight of the picture (the text has the rest), and how sharp the sum is; scores: macro-F1 by weight, cross-validated."""

    weight: float
    sharpness: float
    scores: Mapping[float, float]


@dataclass(frozen=True)
class Fusion:
    """Heads learned from all rows, how they were chosen, and what heads that did not see them give for the validation rows."""

    text: Head
    image: Head
    text_way: Way
    image_way: Way
    mix: Mix
    validation: np.ndarray
    pipeline: Any

    def said(self, given: FitInput) -> dict[str, Any]:
        """For the report."""
        name, text, image = (
            "cross_validated_macro_f1",
            self.text_way.reading.said(given),
            self.image_way.reading.said(given),
        )
        best = max(self.mix.scores.values(), default=None)
        return {
            **text, name: None if best is None else round(best, 4), "head": self.text_way.kind,
            "text": text[name], "image": image[name], "image_C": image["C"], "image_balanced": image["balanced"],
            "image_weight": self.mix.weight, "sharpness": self.mix.sharpness,
        }  # fmt: skip


def learn_fusion(given: FitInput, text: Half, image: Half, wishes: Wishes) -> Fusion:
    """Choose on the training rows, judge on the validation rows, then learn from both. text, image: of both, in that order."""
    cut, y = len(given.train_texts), np.array([*given.train_y, *given.validation_y], dtype=int)
    rows = slice(0, cut)
    given.phase("choose", "Trying settings on your rows")
    text_way = Way(_choose(given, text.part(rows), y[rows], wishes), wishes.head)
    picture_wishes = Wishes(wishes.head, "last", 0.0, wishes.class_weight, wishes.folds)
    image_way = Way(_choose(_for_pictures(given), image.part(rows), y[rows], picture_wishes), wishes.head)
    given.phase("mix", "Weighing text against picture")
    mix = choose_mix(given, [(text.part(rows), text_way), (image.part(rows), image_way)], y[rows], wishes.folds)
    given.phase("curve", "Learning from more and more labels")
    validation = _curve(given, (text, text_way), (image, image_way), mix, y)
    given.phase("fit", "Teaching the classifiers with all your rows")
    text_head, pipeline = _learn(given, text, text_way, y)
    image_head, _ = _learn(given, image, image_way, y)
    return Fusion(text_head, image_head, text_way, image_way, mix, validation, pipeline)


def _choose(given: FitInput, half: Half, y: np.ndarray, wishes: Wishes) -> Reading:
    if len(np.unique(y[half.there])) < 2:
        return Reading((half.states.shape[1] - 1,), given.objective.C, False, None)
    return choose_reading(given, half.states[half.there], y[half.there], wishes)


def _for_pictures(given: FitInput) -> FitInput:
    """The same, whose choices are told as those of the picture's classifier."""
    objective = _Stricter(given.objective)

    def emit(kind: str, **fields: Any) -> None:
        if kind == "choice":
            if fields["what"] == "layers":  # there is one
                return
            fields["what"] = f"{fields['what']} (picture)"
        given.emit(kind, **fields)

    return replace(given, emit=emit, objective=objective)


class _Stricter:
    """An objective whose heads are tried with less freedom."""

    Cs, C = IMAGE_CS, 0.003

    def __init__(self, objective: Any) -> None:
        self._objective = objective

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objective, name)


def _learn(given: FitInput, half: Half, way: Way, y: np.ndarray) -> tuple[Head, Any]:
    """A head from the rows that have this half; one that says nothing where they hold a single class. And its pipeline, or None."""
    x = features(half.states, way.reading.layers)
    seen, classes = y[half.there], len(given.labels)
    if len(np.unique(seen)) < 2:
        return Head(np.zeros((classes, x.shape[1]), dtype=np.float32), np.zeros(classes, dtype=np.float32)), None
    pipeline = given.objective.fit(way.kind, x[half.there], seen, way.reading.C, way.reading.balanced, given.plan.seed)
    return given.objective.head(pipeline), pipeline


def _answers(given: FitInput, head: Head, half: Half, way: Way) -> np.ndarray:
    """Probabilities [rows, classes]; nan where there is nothing to read."""
    found = given.objective.read(head.tensors(), features(half.states, way.reading.layers)).astype(np.float32)
    found[~half.there] = np.nan
    return found


def choose_mix(given: FitInput, halves: Sequence[tuple[Half, Way]], y: np.ndarray, folds: int) -> Mix:
    """The weight whose answers are best on rows that the heads did not see, then the sharpness whose probabilities are."""
    both = halves[0][0].there & halves[1][0].there
    smallest = int(np.bincount(y[both], minlength=1).max()) if both.any() else 0
    if both.sum() < FEWEST or smallest < 2:
        given.emit(
            "note",
            level="warning",
            text="Too few rows have both a text and a picture to weigh them: a usual weight is used.",
        )
        return Mix(USUAL_WEIGHT, 1.0, {})
    held = [np.full((len(y), len(given.labels)), np.nan, dtype=np.float32) for _ in halves]
    parts = StratifiedKFold(min(folds, smallest), shuffle=True, random_state=given.plan.seed)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class of one row is in one part only
        cuts = list(parts.split(y, y))
    for done, (inside, outside) in enumerate(cuts):
        check_cancel(given)
        for found, (half, way) in zip(held, halves, strict=True):
            head, _ = _learn(given, half.part(inside), way, y[inside])
            found[outside] = _answers(given, head, half.part(outside), way)
        given.emit("progress", done=done + 1, total=len(cuts), unit="parts")
    of_text, of_image, truth = held[0][both], held[1][both], y[both]
    scores = {w: round(given.objective.goodness(fused(of_text, of_image, w, 1.0), truth), 4) for w in WEIGHTS}
    weight = _middle(scores)
    names = list(range(len(given.labels)))
    losses = {s: float(log_loss(truth, fused(of_text, of_image, weight, s), labels=names)) for s in SHARPNESS}
    tried = [{"name": f"{w:.2f}", **given.objective.told(s)} for w, s in scores.items()]
    given.emit("choice", what="weight of the picture", chosen=weight, tried=tried)
    return Mix(weight, min(losses, key=lambda one: losses[one]), scores)


def _middle(scores: Mapping[float, float]) -> float:
    """Of the weights, smoothed over their neighbours, the best: a single peak among them is luck."""
    weights, values = list(scores), np.array(list(scores.values()))
    padded = np.pad(values, 2, mode="edge")
    smooth = [float(padded[i : i + 5].mean()) for i in range(len(values))]
    return weights[int(np.argmax(smooth))]


def _curve(given: FitInput, text: tuple[Half, Way], image: tuple[Half, Way], mix: Mix, y: np.ndarray) -> np.ndarray:
    """The score on the validation rows as the number of labels grows; what the last heads, which did not see them, give for them."""
    cut = len(given.train_texts)
    found = np.zeros((0, len(given.labels)), dtype=np.float32)
    if cut == len(y):
        return found
    order = np.random.default_rng(given.plan.seed).permutation(cut)
    sizes = sorted({max(10, round(share * cut)) for share in SHARES} | {cut})
    sizes = [size for size in sizes if size <= cut]
    for done, size in enumerate(sizes if not given.stop_wish() else sizes[-1:]):
        check_cancel(given)
        rows = order[:size]
        if given.objective.learnable(y[rows]):
            halves = [_answers(given, _learn(given, half.part(rows), way, y[rows])[0], half.part(slice(cut, None)), way)
                      for half, way in (text, image)]  # fmt: skip
            found = fused(halves[0], halves[1], mix.weight, mix.sharpness)
            known = ~np.isnan(found[:, 0])
            goodness = given.objective.goodness(found[known], y[cut:][known])
            given.emit("curve", labels=int(size), **given.objective.told(goodness))
        given.emit("progress", done=done + 1, total=len(sizes), unit="sizes")
    return found
