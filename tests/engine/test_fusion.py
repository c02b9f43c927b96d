"""Heads on text, picture and both: what is chosen where each half knows something that the other does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tlcore.engine.fusion import FEWEST, USUAL_WEIGHTS, Half, learn_fusion
from tlcore.engine.objectives import OneOf
from tlcore.plan import Plan
from tlcore.strategies.base import FitInput
from tlcore.strategies.reading import Wishes

LABELS = ["a", "b", "c", "d"]


def halves(rows: int, seed: int = 0, missing: float = 0.0) -> tuple[Half, Half, np.ndarray]:
    """The text tells a and b from c and d, the picture a and c from b and d."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % 4
    text = rng.normal(0, 1.0, (rows, 2, 12)).astype(np.float16)
    text[:, 1, 0] += 4 * (y < 2)
    image = rng.normal(0, 1.0, (rows, 1, 20)).astype(np.float32)
    image[:, 0, 0] += 4 * (y % 2)
    there = rng.random((2, rows)) >= missing
    return Half(text, there[0] | ~there[1]), Half(image, there[1]), y


@pytest.fixture
def given(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[FitInput, list[dict[str, Any]]]]:
    monkeypatch.setenv("NUDGE_HOME", str(tmp_path))

    def make(y: np.ndarray, cut: int) -> tuple[FitInput, list[dict[str, Any]]]:
        said: list[dict[str, Any]] = []
        plan = Plan("image_text", "late_fusion", "minilm", "", {}, 0)
        found = FitInput(
            plan, None, LABELS, [""] * cut, y[:cut].tolist(), [""] * (len(y) - cut), y[cut:].tolist(), tmp_path, tmp_path,
            lambda kind, **fields: said.append({"kind": kind, **fields}), lambda name, title: None, lambda: None, lambda: None,
            OneOf(LABELS),
        )  # fmt: skip
        return found, said

    return make


def accuracy(probabilities: np.ndarray, y: np.ndarray) -> float:
    return float((probabilities.argmax(1) == y).mean())


def test_together_they_know_what_neither_knows_alone(given: Callable[..., Any]) -> None:
    text, image, y = halves(320)
    fit, said = given(y, 240)
    found = learn_fusion(fit, text, image, Wishes(folds=3))
    assert accuracy(found.validation, y[240:]) > 0.7
    assert max(found.mix.alone[:2]) < 0.6 < found.mix.score
    told = found.said(fit)
    assert set(told["cross_validated_alone"]) == {"text", "image", "joint"}
    assert sum(told["weights"]) == pytest.approx(1, abs=0.01)
    assert found.ways.text.layers[-1] == 1  # the layer that knows
    assert [event["labels"] for event in said if event["kind"] == "curve"] == [60, 120, 240]
    assert any(event["kind"] == "choice" and event["what"].startswith("weights") for event in said)


def test_a_picture_that_says_nothing_does_not_cost_much(given: Callable[..., Any]) -> None:
    text, image, y = halves(240)
    noise = Half(np.random.default_rng(5).normal(0, 1, image.states.shape).astype(np.float32), image.there)
    fit, _ = given(y, 200)
    found = learn_fusion(fit, text, noise, Wishes(folds=3))
    assert found.mix.score >= found.mix.alone[0] - 0.03


def test_rows_that_lack_one_half_are_learned_from_by_the_other(given: Callable[..., Any]) -> None:
    text, image, y = halves(320, missing=0.3)
    assert 0.1 < (~image.there).mean() < 0.5
    fit, _ = given(y, 240)
    found = learn_fusion(fit, text, image, Wishes(folds=3))
    assert not np.isnan(found.validation).any()
    whole = text.there[240:] & image.there[240:]
    assert accuracy(found.validation[whole], y[240:][whole]) > 0.65


def test_with_too_few_pairs_usual_weights_are_taken_and_said(given: Callable[..., Any]) -> None:
    text, image, y = halves(60)
    image = Half(image.states, np.arange(60) < FEWEST - 1)
    fit, said = given(y, 48)
    found = learn_fusion(fit, text, image, Wishes(folds=3))
    assert (found.mix.weights, found.mix.score) == (USUAL_WEIGHTS, None)
    assert any("usual weights" in event.get("text", "") for event in said)


def test_without_any_text_the_picture_alone_is_learned(given: Callable[..., Any]) -> None:
    text, image, y = halves(120)
    fit, _ = given(y, 100)
    found = learn_fusion(fit, Half(text.states, np.zeros(120, dtype=bool)), image, Wishes(folds=3))
    assert not found.heads.text.weight.any()
    assert accuracy(found.validation, y[100:]) > 0.3
