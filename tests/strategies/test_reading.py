"""tlcore.strategies.reading: what a head reads and how freely it learns is tried on the rows, said, and ended on a wish."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tlcore.engine import linear, objectives, remember
from tlcore.errors import StopRequested
from tlcore.strategies.reading import (  # fmt: skip
    C_GRID,
    C_WHILE_CHOOSING_LAYERS,
    MAX_FEATURES,
    Reading,
    Wishes,
    check_cancel,
    choose_reading,
    features,
    layer_choices,
)

BLOCKS, WIDTH = 6, 8
SETS = {"last": (6,), "thirds": (2, 4, 6), "all": (0, 1, 2, 3, 4, 5, 6)}


class Choosing:
    """One call of `choose_reading` on states made up, with what it said; a wish may come true after so many fits."""

    def __init__(self, seed: int = 0, wish: str | None = None, after: int = 0) -> None:
        self.events: list[dict[str, Any]] = []
        self.fits: list[dict[str, Any]] = []
        self.wish, self.after, self.seed = wish, after, seed
        self.given: Any = SimpleNamespace(
            plan=SimpleNamespace(seed=seed),
            emit=self.emit,
            stop_wish=self.wished,
            check_stop=self.check,
            objective=objectives.OneOf([]),
        )

    def emit(self, kind: str, **fields: Any) -> None:
        self.events.append({"kind": kind, **fields})

    def wished(self) -> str | None:
        return self.wish if len(self.fits) >= self.after else None

    def check(self) -> None:
        if wish := self.wished():
            raise StopRequested(wish)

    def __call__(self, y: np.ndarray, states: np.ndarray | None = None, known: bool = False, **wishes: Any) -> Reading:
        """known: what was worked out before on the same rows is used, as in a real run."""
        real = linear.cross_validate

        def spy(kind: str, x: Any, y: Any, Cs: Any, balanced: bool, folds: int, seed: int) -> list[float]:
            tried = {"kind": kind, "features": x.shape[1], "rows": len(y), "Cs": tuple(Cs), "balanced": balanced}
            found = real(kind, x, y, Cs, balanced, folds, seed)
            self.fits.append({**tried, "folds": folds, "seed": seed})
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(linear, "cross_validate", spy)
            if not known:
                patch.setattr(remember, "remembered", lambda _, work_out: work_out())
            return choose_reading(self.given, drawn(y) if states is None else states, y, Wishes(**wishes))

    def choice(self, what: str) -> dict[str, Any] | None:
        return next((event for event in self.events if event.get("what") == what), None)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]


def drawn(y: np.ndarray, told_by: tuple[int, ...] = (6,), clear: float = 1.0) -> np.ndarray:
    """Pooled states [rows, blocks + 1, width] of noise, in which these layers tell the class."""
    rng = np.random.default_rng(5)
    states = rng.normal(size=(len(y), BLOCKS + 1, WIDTH))
    for layer in told_by:
        states[:, layer, 0] += clear * y
    return states.astype(np.float16)


def labels(*counts: int) -> np.ndarray:
    """So many rows of each class, mixed."""
    y = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(1).permutation(y)


@pytest.mark.parametrize(("blocks", "width"), [(1, 32), (6, 384), (12, 768), (24, 1024), (24, 1600), (12, 5000)])
def test_layers_to_choose_from_exist_end_with_the_last_and_stay_within_the_features(blocks: int, width: int) -> None:
    sets = layer_choices(blocks, width, "auto")
    assert set(sets) == {"last", "thirds", "all"}
    for layers in sets.values():
        assert layers[-1] == blocks
        assert sorted(set(layers)) == list(layers)
        assert layers[0] >= 0
        assert len(layers) * width <= max(width, MAX_FEATURES)
    assert layer_choices(blocks, width, "thirds") == {"thirds": sets["thirds"]}


def test_features_are_those_of_the_layers_side_by_side() -> None:
    states = np.arange(2 * 3 * 2, dtype=np.float16).reshape(2, 3, 2)
    assert features(states, (0, 2)).tolist() == [[0, 1, 4, 5], [6, 7, 10, 11]]
    assert features(states, (1,)).dtype == np.float32


def test_on_the_same_rows_the_choice_is_the_same_and_nothing_is_fitted_again(home: Path) -> None:
    first, again, other, relabelled = Choosing(), Choosing(), Choosing(seed=1), Choosing()
    y = labels(30, 30)
    found = first(y, known=True)
    assert again(y, known=True) == found
    assert again.events == first.events
    assert (len(again.fits), len(first.fits) > 0) == (0, True)
    other(y, known=True)
    relabelled(1 - y, known=True)
    assert len(other.fits) == len(relabelled.fits) == len(first.fits)


def test_what_was_chosen_is_the_best_of_what_was_tried_and_both_are_said() -> None:
    run = Choosing()
    found = run(labels(30, 30))
    layers, C = run.choice("layers"), run.choice("C")
    assert layers is not None
    assert C is not None
    assert {one["name"]: tuple(one["layers"]) for one in layers["tried"]} == SETS
    best = max(layers["tried"], key=lambda one: one["macro_f1"])
    assert tuple(layers["chosen"]) == tuple(best["layers"]) == found.layers
    assert [one["C"] for one in C["tried"]] == list(C_GRID)
    top = max(round(one["macro_f1"], 3) for one in C["tried"])
    assert found.C == C["chosen"] == min(one["C"] for one in C["tried"] if round(one["macro_f1"], 3) == top)
    assert found.cross_validated == pytest.approx(top, abs=1e-3)
    assert [event["what"] for event in run.of("choice")] == ["layers", "C"]  # even classes: nothing to weigh
    assert found.balanced is False


@pytest.mark.parametrize(("told_by", "expected"), [((6,), "last"), ((2, 4), "thirds"), ((1, 3, 5), "all")])
def test_the_layers_that_tell_the_class_are_those_chosen(told_by: tuple[int, ...], expected: str) -> None:
    y = labels(60, 60)
    assert Choosing()(y, drawn(y, told_by, 1.5)).layers == SETS[expected]


def test_nothing_is_fitted_twice_and_progress_ends_at_its_total() -> None:
    run = Choosing()
    run(labels(30, 30))
    tried = [(fit["features"], C, fit["balanced"]) for fit in run.fits for C in fit["Cs"]]
    assert len(tried) == len(set(tried)) == len(SETS) + len(C_GRID) - 1
    assert {fit["seed"] for fit in run.fits} == {0}
    progress = run.of("progress")
    assert [event["done"] for event in progress] == sorted(event["done"] for event in progress)
    assert {event["total"] for event in progress} == {progress[-1]["done"]}
    assert {event["unit"] for event in progress} == {"settings"}


def test_uneven_classes_are_tried_both_ways_with_every_C() -> None:
    run = Choosing()
    found = run(labels(48, 12))
    weights, C = run.choice("class weights"), run.choice("C")
    assert weights is not None
    assert C is not None
    scores = {one["name"]: one["macro_f1"] for one in weights["tried"]}
    assert set(scores) == {"none", "balanced"}
    assert weights["chosen"] == max(scores, key=lambda name: scores[name])
    assert found.balanced == (weights["chosen"] == "balanced")
    chosen = next(one for one in weights["tried"] if one["name"] == weights["chosen"])
    assert (found.C, found.cross_validated) == (chosen["C"], chosen["macro_f1"])
    assert C["chosen"] == found.C
    both = {(C, fit["balanced"]) for fit in run.fits for C in fit["Cs"] if fit["features"] == len(found.layers) * WIDTH}
    assert both == {(C, balanced) for C in C_GRID for balanced in (False, True)}
    assert {fit["balanced"] for fit in run.fits[:3]} == {True}  # layers are chosen as if each class counted the same


@pytest.mark.parametrize("better", ["balanced", "none"])
def test_C_and_class_weights_are_chosen_together(monkeypatch: pytest.MonkeyPatch, better: str) -> None:
    """The best of the ten, though each way has another best C, and the other way is better at that C."""
    weighed = {0.001: 0.5, 0.003: 0.7, 0.01: 0.6, 0.03: 0.5, 0.1: 0.4}
    plain = {0.001: 0.4, 0.003: 0.5, 0.01: 0.5, 0.03: 0.65, 0.1: 0.8}
    scores = {True: weighed, False: plain} if better == "none" else {True: plain, False: weighed}
    monkeypatch.setattr(
        linear, "cross_validate", lambda kind, x, y, Cs, balanced, *_: [scores[balanced][C] for C in Cs]
    )
    run = Choosing()
    found = choose_reading(run.given, drawn(labels(48, 12)), labels(48, 12), Wishes())
    assert (found.C, found.balanced, found.cross_validated) == (0.1, better == "balanced", 0.8)
    C = run.choice("C")
    assert C is not None
    assert {one["C"]: one["macro_f1"] for one in C["tried"]} == plain  # those of the way that was chosen


def test_of_equals_the_more_cautious_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs in the fourth digit is equal; fewer layers, a smaller C, no weights."""
    scores = {0.001: 0.5, 0.003: 0.8001, 0.01: 0.8003, 0.03: 0.8004, 0.1: 0.7}
    monkeypatch.setattr(linear, "cross_validate", lambda kind, x, y, Cs, *_: [scores[C] for C in Cs])
    found = choose_reading(Choosing().given, drawn(labels(48, 12)), labels(48, 12), Wishes())
    assert (found.layers, found.C, found.balanced) == (SETS["last"], 0.003, False)


def test_a_little_unevenness_is_not_tried() -> None:
    run = Choosing()
    assert run(labels(40, 20)).balanced is False
    assert run.choice("class weights") is None
    assert not any(fit["balanced"] for fit in run.fits)


@pytest.mark.parametrize(("wish", "balanced"), [("none", False), ("balanced", True)])
def test_class_weights_asked_for_are_not_tried_but_taken(wish: str, balanced: bool) -> None:
    run = Choosing()
    assert run(labels(48, 12), class_weight=wish).balanced is balanced
    assert run.choice("class weights") is None
    assert {fit["balanced"] for fit in run.fits} == {balanced}


@pytest.mark.parametrize("wish", ["last", "thirds", "all"])
def test_layers_asked_for_are_not_tried_but_taken(wish: str) -> None:
    run = Choosing()
    assert run(labels(30, 30), layers=wish).layers == SETS[wish]
    layers = run.choice("layers")
    assert layers is not None
    assert [one["name"] for one in layers["tried"]] == [wish]
    assert {fit["features"] for fit in run.fits} == {WIDTH * len(SETS[wish])}


def test_C_asked_for_is_not_tried_but_taken() -> None:
    run = Choosing()
    assert run(labels(48, 12), C=0.7).C == 0.7
    assert {fit["Cs"] for fit in run.fits} == {(0.7,)}
    assert {fit["balanced"] for fit in run.fits} == {False, True}


@pytest.mark.parametrize("kind", ["logistic", "svm"])
def test_the_head_asked_for_is_the_one_tried(kind: str) -> None:
    run = Choosing()
    run(labels(30, 30), head=kind)
    assert {fit["kind"] for fit in run.fits} == {kind}


@pytest.mark.parametrize(
    ("wish", "counts", "folds"), [(5, (16, 16), 5), (10, (4, 4), 4), (10, (4, 7), 7), (3, (2, 2), 2)]
)
def test_folds_are_as_many_as_asked_for_but_no_more_than_a_class_can_fill(
    wish: int, counts: tuple[int, int], folds: int
) -> None:
    run = Choosing()
    run(labels(*counts), folds=wish)
    assert {fit["folds"] for fit in run.fits} == {folds}


@pytest.mark.parametrize("counts", [(20, 1), (1, 1), (1, 1, 1)])
@pytest.mark.parametrize("wishes", [{}, {"layers": "last", "C": 0.5, "class_weight": "balanced"}])
def test_with_too_few_rows_cautious_settings_are_taken_and_that_is_said(
    counts: tuple[int, ...], wishes: dict[str, Any]
) -> None:
    run = Choosing()
    found = run(labels(*counts), **wishes)
    layers, C, balanced = (SETS["last"], 0.5, True) if wishes else (SETS["thirds"], C_WHILE_CHOOSING_LAYERS, False)
    assert found == Reading(layers, C, balanced, None)
    (note,) = run.of("note")
    assert "Too few rows a class" in note["text"]
    assert note["level"] == "warning"
    assert run.fits == []


def test_a_class_of_one_row_is_left_out_of_the_trying_only() -> None:
    run = Choosing()
    assert run(labels(20, 1, 20)).cross_validated is not None
    assert {fit["rows"] for fit in run.fits} == {40}


def test_of_many_rows_a_part_is_tried_each_class_by_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objectives, "ROWS_TO_CHOOSE_ON", 60)
    run = Choosing()
    run(labels(300, 200, 100))
    assert {fit["rows"] for fit in run.fits} == {60}
    rows = objectives._stratified_sample(labels(300, 200, 100), 60, 0)
    assert np.bincount(labels(300, 200, 100)[rows]).tolist() == [30, 20, 10]
    assert len(set(rows.tolist())) == 60


def test_the_seed_decides() -> None:
    def said(seed: int) -> list[dict[str, Any]]:
        run = Choosing(seed)
        run(labels(30, 30))
        return run.events

    assert said(1) == said(1)
    assert said(1) != said(2)


@pytest.mark.parametrize("counts", [(30, 30), (48, 12)])
@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_wish_to_keep_ends_the_trying_early_with_the_best_so_far(counts: tuple[int, int], after: int) -> None:
    patient, run = Choosing(), Choosing(wish="keep", after=after)
    patient(labels(*counts))
    found = run(labels(*counts))
    assert len(run.fits) == max(1, after) < len(patient.fits)  # nothing is begun after the wish, but for the first
    layers, C = run.choice("layers"), run.choice("C")
    assert layers is not None
    assert C is not None
    assert tuple(layers["chosen"]) == found.layers
    assert [one["name"] for one in layers["tried"]] == list(SETS)[: max(1, after)]
    assert C["chosen"] == found.C
    assert found.cross_validated == max(one["macro_f1"] for one in C["tried"])
    assert run.of("progress")[-1]["done"] == run.of("progress")[-1]["total"]


@pytest.mark.parametrize("wish", ["cancel", "pause"])
@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_wish_to_cancel_or_pause_raises(wish: str, after: int) -> None:
    run = Choosing(wish=wish, after=after)
    with pytest.raises(StopRequested) as caught:
        run(labels(48, 12))
    assert caught.value.wish == wish
    assert len(run.fits) == after


@pytest.mark.parametrize("wish", [None, "keep"])
def test_without_a_wish_or_with_one_to_keep_it_goes_on(wish: str | None) -> None:
    check_cancel(Choosing(wish=wish).given)
