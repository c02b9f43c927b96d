"""tlcore.engine.objectives: one class a text, as scikit-learn and torch have it, and what a strategy is given without being told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score

from tlcore.engine.objectives import OneOf, random_sample
from tlcore.plan import Plan
from tlcore.strategies import FitInput

LABELS = ["a", "b", "c"]


def test_targets_are_places_in_the_labels() -> None:
    assert OneOf(LABELS).encode(["c", "a"]) == [2, 0]


def test_the_loss_is_cross_entropy_by_the_number_of_rows_also_with_weights() -> None:
    logits, y, weights = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2]), torch.tensor([1.0, 2.0, 0.5])
    each = torch.nn.functional.cross_entropy(logits, y, reduction="none")
    objective = OneOf(LABELS)
    assert objective.loss(logits, y, None).item() == pytest.approx(each.mean().item(), abs=1e-6)
    assert objective.loss(logits, y, weights).item() == pytest.approx((each * weights[y]).sum().item() / 6, abs=1e-6)


def test_a_round_is_judged_by_macro_f1_or_as_wished() -> None:
    rng = np.random.default_rng(0)
    y, logits = rng.integers(0, 3, 60), rng.normal(size=(60, 3))
    objective = OneOf(LABELS)
    told = objective.metrics(logits, y)
    assert told["macro_f1"] == pytest.approx(f1_score(y, logits.argmax(1), average="macro"))
    assert told["loss"] == pytest.approx(objective.loss(torch.tensor(logits), torch.tensor(y), None).item())
    assert objective.goodness(objective.outputs(logits), y) == pytest.approx(told["macro_f1"])
    assert (objective.watched("auroc"), objective.watched("macro_f1")) == ("auroc", "macro_f1")
    assert objective.outputs(logits).sum(1) == pytest.approx(np.ones(60))


def test_the_predictor_needs_to_be_told_nothing() -> None:
    assert OneOf(LABELS).answer(np.eye(3), np.arange(3)) is None


def test_uneven_classes_are_tried_both_ways() -> None:
    objective = OneOf(LABELS)
    assert objective.weights_to_try(np.array([0] * 30 + [1] * 5), "auto") == (False, True)
    assert objective.weights_to_try(np.array([0] * 6 + [1] * 5), "auto") == (False,)
    assert objective.weights_to_try(np.array([0] * 6 + [1] * 5), "balanced") == (True,)


def test_many_rows_are_thinned_out_by_the_seed() -> None:
    assert random_sample(10, 0).tolist() == list(range(10))
    assert len(set(random_sample(9_000, 1).tolist())) == 4_000
    assert random_sample(9_000, 1).tolist() == random_sample(9_000, 1).tolist() != random_sample(9_000, 2).tolist()


def test_a_strategy_that_is_told_nothing_learns_one_class_a_text(tmp_path: Path) -> None:
    def nothing(*_: object, **__: object) -> None:
        return None

    plan = Plan("classify", "bitfit", "minilm", "", {})
    given = FitInput(plan, None, LABELS, [], [], [], [], tmp_path, tmp_path, nothing, nothing, nothing, nothing)  # type: ignore[arg-type]
    assert isinstance(given.objective, OneOf)
    assert given.objective.labels == LABELS
