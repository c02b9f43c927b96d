"""tlcore.strategies.frozen_features: what cross-validation chose is said, settings are honoured, rows never seen are told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tlcore.engine import linear, tokens
from tlcore.errors import StopRequested
from tlcore.evaluate.baselines import majority_answers, tfidf_answers
from tlcore.facts import Facts
from tlcore.machine import Machine
from tlcore.plan import make_settings
from tlcore.predict.predictor import linear_probabilities
from tlcore.strategies import get_strategy
from tlcore.strategies.frozen_features import Settings
from tlcore.strategies.reading import C_GRID

STRATEGY = get_strategy("frozen_features")
FACTS = Facts(
    rows=1_000, labelled=1_000, unlabelled=0, classes={"a": 600, "b": 400}, smallest_class=400, median_class=500,
    tokens_p50=30, tokens_p95=60, tokens_max=90, max_length=256, cut_off=0, duplicates=0, data_size="medium",
    mostly_unlabelled=False,
)  # fmt: skip
LAPTOP = Machine(2, 8_000, 4_000, 50_000, None, 0, True, "low", "2 cores")


@pytest.fixture
def fitted(fit_input: Callable[..., Any], tiny_base: Callable[[str], Path]) -> Callable[..., tuple[Any, Any]]:
    """Fit on reviews with the tiny BERT (3 blocks); what was given and said, and what came of it."""

    def fit(rows: dict[str, int] | None = None, **more: Any) -> tuple[Any, Any]:
        run = fit_input(
            "frozen_features", rows or {"negative": 16, "positive": 16}, **{"base": str(tiny_base("bert")), **more}
        )
        return run, STRATEGY.fit(run.given)

    return fit


def choice(run: Any, what: str) -> dict[str, Any] | None:
    return next((event for event in run.of("choice") if event["what"] == what), None)


def test_the_picture_shows_a_still_model_under_a_moving_classifier() -> None:
    blocks = STRATEGY.blocks(6)
    assert [block.name for block in blocks] == ["embeddings", *(f"block {i}" for i in range(1, 7)), "classifier"]
    assert [block.moves for block in blocks] == [False] * 7 + [True]


def test_the_estimate_is_a_range_that_grows_with_the_work() -> None:
    settings = make_settings(Settings, {})

    def cost(facts: Facts, machine: Machine = LAPTOP, settings: Any = settings) -> tuple[float, float, float]:
        found = STRATEGY.estimate(facts, machine, settings)
        assert 0 < found.seconds_low < found.seconds_high
        assert found.memory_mb > 0
        return found.seconds_low, found.seconds_high, found.memory_mb

    base = cost(FACTS)
    assert cost(replace(FACTS, rows=20_000, labelled=20_000)) > base
    assert cost(replace(FACTS, rows=20_000, labelled=20_000))[2] > base[2]
    assert cost(replace(FACTS, tokens_p50=200)) > base
    assert cost(replace(FACTS, classes={f"class {i}": 20 for i in range(50)})) > base
    assert cost(FACTS, replace(LAPTOP, cores=8)) < base
    assert cost(FACTS, replace(LAPTOP, bf16=False)) > base
    assert cost(replace(FACTS, tokens_p50=200), settings=make_settings(Settings, {"max_length": 16})) < base


@pytest.mark.parametrize("head", ["logistic", "svm"])
def test_with_a_few_dozen_reviews_it_beats_what_needs_no_language_model(
    fit_input: Callable[..., Any], head: str
) -> None:
    run = fit_input("frozen_features", {"negative": 24, "positive": 24}, unseen=40, head=head)
    given, found = run.given, STRATEGY.fit(run.given)
    truth, targets = given.validation_y, [str(y) for y in given.train_y]

    def score(answers: Any) -> float:
        return float(f1_score(truth, [int(a) for a in answers], average="macro"))

    learned = score(found.validation_probabilities.argmax(1))
    assert learned > 0.7
    assert learned > score(tfidf_answers(given.train_texts, targets, given.validation_texts)) + 0.1
    assert learned > score(majority_answers(targets, given.validation_texts)) + 0.2
    curve = run.of("curve")
    assert [event["labels"] for event in curve] == sorted({event["labels"] for event in curve})
    assert curve[-1]["labels"] == 48
    assert curve[-1]["macro_f1"] > curve[0]["macro_f1"] + 0.1
    assert curve[-1]["macro_f1"] == pytest.approx(learned, abs=1e-4)  # events are rounded
    assert found.validation_probabilities.shape == (80, 2)
    assert np.allclose(found.validation_probabilities.sum(1), 1, atol=1e-4)


def test_what_was_chosen_is_the_best_of_what_was_tried_and_is_what_is_kept(fitted: Callable[..., Any]) -> None:
    run, found = fitted()
    assert run.phases == ["encode", "choose", "curve", "fit"]
    layers, C = choice(run, "layers"), choice(run, "C")
    assert layers is not None
    assert C is not None
    assert {one["name"] for one in layers["tried"]} == {"last", "thirds", "all"}
    best = max(layers["tried"], key=lambda one: one["macro_f1"])
    assert layers["chosen"] in [one["layers"] for one in layers["tried"] if one["macro_f1"] == best["macro_f1"]]
    assert tuple(layers["chosen"]) == tuple(found.chosen["layers"]) == found.layers
    assert [one["C"] for one in C["tried"]] == list(C_GRID)
    top = max(round(one["macro_f1"], 3) for one in C["tried"])
    assert C["chosen"] == found.chosen["C"]
    assert found.chosen["cross_validated_macro_f1"] == pytest.approx(top, abs=1e-3)
    assert choice(run, "class weights") is None  # even classes: nothing to weigh
    assert found.chosen["balanced"] is False
    progress = run.of("progress")
    assert all(event["done"] <= event["total"] for event in progress)
    assert progress[0]["total"] == 32 + 16  # each text is read once


def test_only_the_classifier_is_counted_as_trained_and_the_encoder_has_not_moved(
    fitted: Callable[..., Any], tiny_base: Callable[[str], Path]
) -> None:
    from tlcore.models.load import load_encoder

    run, found = fitted(layers="last")
    assert found.trainable_parameters == found.head.weight.size + found.head.bias.size == 2 * 32 + 2
    assert found.total_parameters > 1_000_000
    assert found.epochs is None
    untouched = load_encoder(tiny_base("bert")).state_dict()
    assert all(bool((value == untouched[name]).all()) for name, value in found.encoder.state_dict().items())
    assert [block["moves"] for block in run.of("blocks")[-1]["blocks"]] == [False] * 4 + [True]


def test_the_last_fit_uses_the_validation_rows_too_and_the_arrays_are_its_pipeline(fitted: Callable[..., Any]) -> None:
    _, found = fitted(unseen=8)
    scaler = found.sklearn_head[0]
    assert scaler.n_samples_seen_ == 32 + 16
    x = np.random.default_rng(0).normal(size=(20, scaler.n_features_in_)).astype(np.float32) * 3
    expected = found.sklearn_head.predict_proba(x)
    assert np.allclose(linear_probabilities(found.head.tensors(), x), expected, atol=1e-3)


def test_a_second_training_reads_nothing_again_and_comes_out_the_same(fitted: Callable[..., Any]) -> None:
    (first, one), (again, other) = fitted(), fitted()
    assert not any("read before" in event["text"] for event in first.of("note"))
    assert any("All texts were read before" in event["text"] for event in again.of("note"))
    assert np.array_equal(one.head.weight, other.head.weight)
    assert np.array_equal(one.validation_probabilities, other.validation_probabilities)


@pytest.mark.parametrize(("wish", "expected"), [("last", (3,)), ("thirds", (1, 2, 3)), ("all", (0, 1, 2, 3))])
def test_layers_are_those_asked_for(fitted: Callable[..., Any], wish: str, expected: tuple[int, ...]) -> None:
    run, found = fitted(layers=wish)
    assert found.layers == expected
    assert found.head.weight.shape == (2, 32 * len(expected))
    assert [one["name"] for one in choice(run, "layers")["tried"]] == [wish]


def test_C_is_the_one_asked_for(fitted: Callable[..., Any]) -> None:
    run, cautious = fitted(C=0.002)
    assert cautious.chosen["C"] == choice(run, "C")["chosen"] == cautious.sklearn_head[-1].C == 0.002
    _, free = fitted(C=2.0)
    assert free.sklearn_head[-1].C == 2.0
    assert np.abs(free.head.weight).sum() > np.abs(cautious.head.weight).sum()


def test_the_head_is_the_one_asked_for(fitted: Callable[..., Any]) -> None:
    assert fitted(head="logistic")[1].head.platt_a is None
    _, svm = fitted(head="svm")
    assert svm.head.platt_a is not None
    assert svm.chosen["head"] == "svm"


@pytest.mark.parametrize(("wish", "balanced"), [("none", False), ("balanced", True)])
def test_class_weights_asked_for_are_not_tried_but_taken(fitted: Callable[..., Any], wish: str, balanced: bool) -> None:
    run, found = fitted({"negative": 30, "positive": 9}, class_weight=wish)
    assert choice(run, "class weights") is None
    assert found.chosen["balanced"] is balanced
    assert found.sklearn_head[-1].class_weight == ("balanced" if balanced else None)


def test_folds_are_as_many_as_asked_for(fitted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = linear.cross_validate

    def spy(kind: str, x: Any, y: Any, Cs: Any, balanced: bool, folds: int, seed: int) -> list[float]:
        seen.append(folds)
        return real(kind, x, y, Cs, balanced, folds, seed)

    monkeypatch.setattr(linear, "cross_validate", spy)
    fitted(folds=5)
    assert set(seen) == {5}


@pytest.mark.parametrize(("wish", "cut"), [(8, 8), (256, 130)])
def test_texts_are_cut_at_the_length_asked_for_or_that_the_base_can_read(
    fitted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, wish: int, cut: int
) -> None:
    seen: list[list[int]] = []
    real = tokens.tokenize

    def spy(*args: Any) -> list[list[int]]:
        seen.extend(real(*args))
        return seen

    monkeypatch.setattr(tokens, "tokenize", spy)
    _, found = fitted(max_length=wish)
    assert found.max_length == cut
    assert max(map(len, seen)) <= cut
    assert len(seen) == 48


def test_the_seed_decides(fitted: Callable[..., Any]) -> None:
    def said(seed: int) -> tuple[list[Any], np.ndarray]:
        run, found = fitted(seed=seed, layers="last")
        return [run.of("choice"), run.of("curve")], found.head.weight

    first, again, other = said(1), said(1), said(2)
    assert first[0] == again[0]
    assert np.allclose(first[1], again[1])
    assert first[0] != other[0]


def test_without_validation_rows_there_is_no_curve_and_a_model_is_fitted_all_the_same(
    fitted: Callable[..., Any],
) -> None:
    run, found = fitted(unseen=0)
    assert run.of("curve") == []
    assert found.validation_probabilities.shape == (0, 2)
    assert found.head.weight.shape[0] == 2


@pytest.mark.parametrize("head", ["logistic", "svm"])
def test_a_class_of_one_row_beside_two_of_more_is_learned_too(fitted: Callable[..., Any], head: str) -> None:
    _, found = fitted({"negative": 12, "neutral": 1, "positive": 12}, unseen=0, head=head)
    assert found.head.weight.shape[0] == 3
    assert np.isfinite(found.head.weight).all()


@pytest.mark.parametrize("rows", [{"negative": 20, "positive": 1}, {"negative": 1, "positive": 1}])
def test_with_too_few_rows_to_choose_on_cautious_settings_are_used_and_said(
    fitted: Callable[..., Any], rows: dict[str, int]
) -> None:
    run, found = fitted(rows, unseen=0)
    assert any("Too few rows a class" in note["text"] for note in run.of("note"))
    assert (found.chosen["C"], found.chosen["cross_validated_macro_f1"]) == (0.01, None)
    assert np.isfinite(found.head.weight).all()


class Wish:
    """A wish that comes true after so many looks."""

    def __init__(self, wish: str, looks: int) -> None:
        self.wish, self.left = wish, looks

    def __call__(self) -> str | None:
        self.left -= 1
        return self.wish if self.left < 0 else None

    def check(self) -> None:
        if (wish := self()) is not None:
            raise StopRequested(wish or "keep")


@pytest.mark.parametrize("looks", [0, 1, 2, 4, 8])
def test_cancel_ends_it_wherever_it_is(fitted: Callable[..., Any], looks: int) -> None:
    wish = Wish("cancel", looks)
    with pytest.raises(StopRequested):
        fitted(stop_wish=wish, check_stop=wish.check)


@pytest.mark.parametrize("looks", [0, 2, 6])
def test_keep_goes_straight_to_the_last_fit_with_what_was_chosen_so_far(fitted: Callable[..., Any], looks: int) -> None:
    patient, full = fitted()
    run, found = fitted(stop_wish=Wish("keep", looks))
    assert len(run.of("curve")) == 1 < len(patient.of("curve"))
    assert len(run.of("progress")) < len(patient.of("progress"))
    assert run.phases[-1] == "fit"
    assert np.isfinite(found.head.weight).all()
    assert found.head.weight.shape[0] == full.head.weight.shape[0]


def test_on_the_same_rows_the_curve_is_the_same_and_only_its_last_model_is_fitted_again(
    fitted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    sizes: list[int] = []
    real = linear.fit_head

    def spy(kind: str, x: Any, *more: Any) -> Any:
        sizes.append(len(x))
        return real(kind, x, *more)

    monkeypatch.setattr(linear, "fit_head", spy)
    first, found = fitted()
    many = len(sizes)
    again, same = fitted()
    assert again.of("curve") == first.of("curve")
    assert len(first.of("curve")) == many - 1 > 1  # each size, and the last model with all rows
    assert sizes[many:] == sizes[-2:] == sizes[many - 2 : many]
    assert np.array_equal(same.validation_probabilities, found.validation_probabilities)
