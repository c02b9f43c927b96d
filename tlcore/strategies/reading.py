"""What a head reads of the model and how freely it learns: layers, C and class weights, by cross-validation on frozen states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.engine.objectives import OneOf
from tlcore.strategies.base import FitInput

if TYPE_CHECKING:
    import numpy as np

C_GRID, C_WHILE_CHOOSING_LAYERS = OneOf.Cs, OneOf.C
"""Of one label a text; other objectives have their own."""
MAX_FEATURES = 3_072


@dataclass(frozen=True)
class Wishes:
    """What is fixed from the start; `auto` and 0 are tried on the rows."""

    head: str = "logistic"
    layers: str = "auto"
    C: float = 0.0
    class_weight: str = "auto"
    folds: int = 3


@dataclass(frozen=True)
class Reading:
    """Hidden states to pool (0 = embeddings, i = after block i), C, whether classes weigh the same; how well that did.

    cross_validated: as the objective has it (higher is better); None where nothing could be tried.
    """

    layers: tuple[int, ...]
    C: float
    balanced: bool
    cross_validated: float | None

    def said(self, given: FitInput) -> dict[str, Any]:
        """For the report, the score under its own name."""
        found = vars(self).copy()
        goodness = found.pop("cross_validated")
        ((name, value),) = given.objective.told(goodness or 0.0).items()
        return {**found, f"cross_validated_{name}": None if goodness is None else value}


def layer_choices(blocks: int, width: int, wish: str) -> dict[str, tuple[int, ...]]:
    """Named sets of hidden states to pool (0 = embeddings, i = after block i), at most MAX_FEATURES features each."""
    many = max(1, min(blocks + 1, MAX_FEATURES // max(1, width)))
    spread = sorted({round(i * blocks / max(1, many - 1)) for i in range(many)} | {blocks})
    thirds = sorted({max(1, round(blocks * k / 3)) for k in (1, 2, 3)})
    sets = {"last": (blocks,), "thirds": tuple(thirds[-many:]), "all": tuple(spread[-many:])}
    return sets if wish == "auto" else {wish: sets[wish]}


def features(states: np.ndarray, layers: tuple[int, ...]) -> np.ndarray:
    """[rows, blocks + 1, width] -> float32 [rows, len(layers) * width]."""
    import numpy as np

    return states[:, list(layers)].reshape(len(states), len(layers) * states.shape[2]).astype(np.float32)


def read_and_choose(
    given: FitInput, encoder: Any, ids: Sequence[Sequence[int]], y: Sequence[int], then: tuple[str, str]
) -> tuple[np.ndarray, Reading]:
    """Pooled states [rows, blocks + 1, width] of the training rows by the base model as it came, and what a head had better read.

    then: name and title of the phase in which that is chosen.
    """
    import numpy as np

    from tlcore.engine.embeddings import stored_states

    given.phase("encode", "Reading your texts with the language model")
    states = stored_states(encoder, given.base_folder, ids, given.emit, given.check_stop)
    given.phase(*then)
    wishes = Wishes(layers=given.settings.layers, class_weight=given.settings.class_weight)
    return states, choose_reading(given, states, np.array(y), wishes)


def choose_reading(given: FitInput, states: np.ndarray, y: np.ndarray, wishes: Wishes) -> Reading:
    """Layers, then C together with class weights, by the task's own score, cross-validated on (a sample of) the training rows.

    states: pooled [rows, blocks + 1, width]. "Keep the best" ends the trying early; raises StopRequested on cancel.
    """
    sets = layer_choices(states.shape[1] - 1, states.shape[2], wishes.layers)
    rows = given.objective.rows_to_choose_on(y, given.plan.seed)
    if not len(rows):
        given.emit("note", level="warning", text="Too few rows a class to try settings on: cautious ones are used.")
        layers = sets.get("thirds") or next(iter(sets.values()))
        return Reading(layers, wishes.C or given.objective.C, wishes.class_weight == "balanced", None)
    tried = _Tried(given, states[rows], y[rows], wishes, len(sets) + 2)
    weights = tried.weights()
    for name, layers in sets.items():
        if tried.scores and given.stop_wish():
            break
        tried.score(name, layers, (wishes.C or given.objective.C,), weights[-1])
    best, told = max(sets, key=lambda name: tried.of_layers(name)), given.objective.told
    given.emit("choice", what="layers", chosen=list(sets[best]),
               tried=[{"name": n, "layers": list(sets[n]), **told(tried.of_layers(n))} for n in sets if tried.was_tried(n)])  # fmt: skip
    Cs = (wishes.C,) if wishes.C else given.objective.Cs if not given.stop_wish() else (given.objective.C,)
    for balanced in reversed(weights):
        if balanced == weights[-1] or not given.stop_wish():
            tried.score(best, sets[best], Cs, balanced)
    return tried.chosen(best, sets[best], Cs)


class _Tried:
    """How well all that was tried did when cross-validated (higher is better), by layers, C and class weights."""

    def __init__(self, given: FitInput, states: np.ndarray, y: np.ndarray, wishes: Wishes, total: int) -> None:
        from tlcore.engine.remember import digest

        self.rows = digest(states, y)
        self.given, self.states, self.y, self.wishes, self.total = given, states, y, wishes, total
        self.scores: dict[tuple[str, float, bool], float] = {}

    def weights(self) -> tuple[bool, ...]:
        """Whether classes weigh the same: as wished, or both ways if they are uneven; the last is tried first."""
        return self.given.objective.weights_to_try(self.y, self.wishes.class_weight)

    def score(self, name: str, layers: tuple[int, ...], Cs: tuple[float, ...], balanced: bool) -> None:
        from tlcore.engine.remember import remembered

        check_cancel(self.given)  # a head chosen by half the trials must not be kept to go on from
        todo = tuple(C for C in Cs if (name, C, balanced) not in self.scores)
        if todo:
            folds = int(max(2, min(self.wishes.folds, self.given.objective.most_folds(self.y))))
            how = (todo, balanced, folds, self.given.plan.seed)

            def work_out() -> list[float]:
                return self.given.objective.cross_validate(
                    self.wishes.head, features(self.states, layers), self.y, *how
                )

            found = remembered((self.rows, layers, self.wishes.head, *how), work_out)
            self.scores |= {(name, C, balanced): score for C, score in zip(todo, found, strict=True)}
        done = len({key[0] for key in self.scores}) + len({key[2] for key in self.scores}) - 1
        self.given.emit("progress", done=min(done, self.total), total=self.total, unit="settings")

    def of_layers(self, name: str) -> float:
        return max((score for key, score in self.scores.items() if key[0] == name), default=float("-inf"))

    def was_tried(self, name: str) -> bool:
        return any(key[0] == name for key in self.scores)

    def chosen(self, name: str, layers: tuple[int, ...], Cs: tuple[float, ...]) -> Reading:
        """The best of C and weights; of equals the more cautious."""
        by_weight = {
            b: [(C, self.scores[name, C, b]) for C in Cs] for b in self.weights() if (name, Cs[0], b) in self.scores
        }
        best = {b: max(tried, key=lambda pair: (round(pair[1], 3), -pair[0])) for b, tried in by_weight.items()}
        balanced = max(best, key=lambda b: best[b][1])
        C, score = best[balanced]
        told = self.given.objective.told
        self.given.emit("choice", what="C", chosen=C, tried=[{"C": c, **told(s)} for c, s in by_weight[balanced]])  # fmt: skip
        if len(best) > 1:
            self.given.emit("choice", what="class weights", chosen="balanced" if balanced else "none",
                            tried=[{"name": "balanced" if b else "none", "C": c, **told(s)} for b, (c, s) in best.items()])  # fmt: skip
        self.given.emit("progress", done=self.total, total=self.total, unit="settings")
        return Reading(layers, C, balanced, round(score, 4))


def check_cancel(given: FitInput) -> None:
    """Only a cancel (or a pause) ends it here: "keep the best" means going on to the last fit with what was chosen so far."""
    if given.stop_wish() not in (None, "keep"):
        given.check_stop()
