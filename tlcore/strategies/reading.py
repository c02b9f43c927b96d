"""What a head reads of the model and how freely it learns: layers, C and class weights, by cross-validation on frozen states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.strategies.base import FitInput

if TYPE_CHECKING:
    import numpy as np

C_GRID = (0.001, 0.003, 0.01, 0.03, 0.1)
C_WHILE_CHOOSING_LAYERS = 0.01
ROWS_TO_CHOOSE_ON = 4_000
MAX_FEATURES = 3_072
IMBALANCE_TO_TRY_WEIGHTS = 3.0


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
    """Hidden states to pool (0 = embeddings, i = after block i), C, whether classes weigh the same; how well that did."""

    layers: tuple[int, ...]
    C: float
    balanced: bool
    cross_validated_macro_f1: float | None


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
    """Layers, then C together with class weights, by cross-validated macro-F1 on (a sample of) the training rows.

    states: pooled [rows, blocks + 1, width]. "Keep the best" ends the trying early; raises StopRequested on cancel.
    """
    sets = layer_choices(states.shape[1] - 1, states.shape[2], wishes.layers)
    rows = _rows_to_choose_on(y, given.plan.seed)
    if not len(rows):
        given.emit("note", level="warning", text="Too few rows a class to try settings on: cautious ones are used.")
        layers = sets.get("thirds") or next(iter(sets.values()))
        return Reading(layers, wishes.C or C_WHILE_CHOOSING_LAYERS, wishes.class_weight == "balanced", None)
    tried = _Tried(given, states[rows], y[rows], wishes, len(sets) + 2)
    weights = tried.weights()
    for name, layers in sets.items():
        if tried.scores and given.stop_wish():
            break
        tried.score(name, layers, (wishes.C or C_WHILE_CHOOSING_LAYERS,), weights[-1])
    best = max(sets, key=lambda name: tried.of_layers(name))
    given.emit("choice", what="layers", chosen=list(sets[best]),
               tried=[{"name": n, "layers": list(sets[n]), "macro_f1": round(tried.of_layers(n), 4)} for n in sets if tried.of_layers(n) >= 0])  # fmt: skip
    Cs = (wishes.C,) if wishes.C else C_GRID if not given.stop_wish() else (C_WHILE_CHOOSING_LAYERS,)
    for balanced in reversed(weights):
        if balanced == weights[-1] or not given.stop_wish():
            tried.score(best, sets[best], Cs, balanced)
    return tried.chosen(best, sets[best], Cs)


class _Tried:
    """Cross-validated macro-F1 of all that was tried, by layers, C and class weights."""

    def __init__(self, given: FitInput, states: np.ndarray, y: np.ndarray, wishes: Wishes, total: int) -> None:
        import numpy as np

        from tlcore.engine.remember import digest

        self.rows = digest(states, y)
        self.given, self.states, self.y, self.wishes, self.total = given, states, y, wishes, total
        self.counts = np.unique(y, return_counts=True)[1]
        self.scores: dict[tuple[str, float, bool], float] = {}

    def weights(self) -> tuple[bool, ...]:
        """Whether classes weigh the same: as wished, or both ways if they are uneven; the last is tried first."""
        if self.wishes.class_weight != "auto":
            return (self.wishes.class_weight == "balanced",)
        uneven = self.counts.max() >= IMBALANCE_TO_TRY_WEIGHTS * self.counts.min()
        return (False, True) if uneven else (False,)

    def score(self, name: str, layers: tuple[int, ...], Cs: tuple[float, ...], balanced: bool) -> None:
        from tlcore.engine.linear import cross_validate
        from tlcore.engine.remember import remembered

        check_cancel(self.given)  # a head chosen by half the trials must not be kept to go on from
        todo = tuple(C for C in Cs if (name, C, balanced) not in self.scores)
        if todo:
            folds = int(max(2, min(self.wishes.folds, self.counts.max())))
            how = (todo, balanced, folds, self.given.plan.seed)

            def work_out() -> list[float]:
                return cross_validate(self.wishes.head, features(self.states, layers), self.y, *how)

            found = remembered((self.rows, layers, self.wishes.head, *how), work_out)
            self.scores |= {(name, C, balanced): score for C, score in zip(todo, found, strict=True)}
        done = len({key[0] for key in self.scores}) + len({key[2] for key in self.scores}) - 1
        self.given.emit("progress", done=min(done, self.total), total=self.total, unit="settings")

    def of_layers(self, name: str) -> float:
        return max((score for key, score in self.scores.items() if key[0] == name), default=-1.0)

    def chosen(self, name: str, layers: tuple[int, ...], Cs: tuple[float, ...]) -> Reading:
        """The best of C and weights; of equals the more cautious."""
        by_weight = {
            b: [(C, self.scores[name, C, b]) for C in Cs] for b in self.weights() if (name, Cs[0], b) in self.scores
        }
        best = {b: max(tried, key=lambda pair: (round(pair[1], 3), -pair[0])) for b, tried in by_weight.items()}
        balanced = max(best, key=lambda b: best[b][1])
        C, score = best[balanced]
        self.given.emit("choice", what="C", chosen=C,
                        tried=[{"C": c, "macro_f1": round(s, 4)} for c, s in by_weight[balanced]])  # fmt: skip
        if len(best) > 1:
            self.given.emit("choice", what="class weights", chosen="balanced" if balanced else "none",
                            tried=[{"name": "balanced" if b else "none", "C": c, "macro_f1": round(s, 4)} for b, (c, s) in best.items()])  # fmt: skip
        self.given.emit("progress", done=self.total, total=self.total, unit="settings")
        return Reading(layers, C, balanced, round(score, 4))


def check_cancel(given: FitInput) -> None:
    """Only a cancel (or a pause) ends it here: "keep the best" means going on to the last fit with what was chosen so far."""
    if given.stop_wish() not in (None, "keep"):
        given.check_stop()


def _rows_to_choose_on(y: np.ndarray, seed: int) -> np.ndarray:
    """Indices of a sample in which each class has two rows or more; none where that leaves fewer than two classes."""
    import numpy as np

    rows = _stratified_sample(y, ROWS_TO_CHOOSE_ON, seed)
    classes, counts = np.unique(y[rows], return_counts=True)
    rows = rows[np.isin(y[rows], classes[counts > 1])]
    return rows if (counts > 1).sum() > 1 else rows[:0]


def _stratified_sample(y: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Indices of at most `size` rows, each class by its share and at least one."""
    import numpy as np

    if len(y) <= size:
        return np.arange(len(y))
    rng = np.random.default_rng(seed)
    parts = []
    for label in np.unique(y):
        of_class = np.flatnonzero(y == label)
        parts.append(rng.permutation(of_class)[: max(1, round(size * len(of_class) / len(y)))])
    return np.sort(np.concatenate(parts))
