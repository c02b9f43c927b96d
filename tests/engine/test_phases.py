"""tlcore.engine.phases: which weights move in a phase, and how fast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tlcore.engine.classifier import TextClassifier
from tlcore.engine.groups import EMBEDDINGS, HEAD, TOP, block_name
from tlcore.engine.phases import Phase, discriminative_rates, gradual_unfreezing, model_groups, open_phase
from tlcore.models.load import load_encoder
from tlcore.models.saved import Head

ALL = [EMBEDDINGS, *(block_name(i) for i in (1, 2, 3)), TOP]


@pytest.fixture
def model(tiny_base: Callable[[str], Path]) -> TextClassifier:
    return TextClassifier(load_encoder(tiny_base("bert")), Head(np.zeros((2, 32)), np.zeros(2)), 0.1, None)


def phase(rates: dict[str, float], part: str = "weights") -> Phase:
    return Phase("one", "One", rates, 1, 1, weight_decay=0.1, part=part)


def moving(model: TextClassifier) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_lower_groups_learn_more_slowly_and_the_head_at_its_own_pace() -> None:
    rates = discriminative_rates(["embeddings", "block 1", "block 2"], 1e-3, 0.5, 7e-2)
    assert rates == {"block 2": 1e-3, "block 1": 5e-4, "embeddings": 2.5e-4, "head": 7e-2}


def test_each_weight_is_in_one_group_with_its_rate_and_biases_and_norms_are_not_decayed(model: TextClassifier) -> None:
    groups = open_phase(model, phase(discriminative_rates(ALL, 1e-3, 0.5, 7e-2)))
    grouped = [id(p) for group in groups for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in model.parameters())
    rates = {group["name"]: group["lr"] for group in groups}
    assert rates == discriminative_rates(ALL, 1e-3, 0.5, 7e-2)
    for group in groups:
        assert group["weight_decay"] == (0.1 if group["params"][0].ndim > 1 else 0.0)


def test_a_group_that_is_not_named_is_frozen_and_opens_again(model: TextClassifier) -> None:
    names = model_groups(model)
    open_phase(model, phase({"block 3": 1e-3, HEAD: 1e-2}))
    assert {names[name] for name in moving(model)} == {"block 3", "head"}
    open_phase(model, phase(discriminative_rates(ALL, 1e-3, 1.0, 1e-2)))
    assert moving(model) == set(names)


def test_of_biases_only_the_biases_move_and_the_head_whole(model: TextClassifier) -> None:
    open_phase(model, phase({"block 1": 1e-3, "block 2": 1e-3, HEAD: 1e-2}, "biases"))
    names = moving(model)
    assert {"classifier.weight", "classifier.bias"} < names
    inside = names - {"classifier.weight", "classifier.bias"}
    assert inside
    assert all(name.endswith("bias") for name in inside)
    assert {model_groups(model)[name] for name in inside} == {"block 1", "block 2"}


def test_blocks_open_from_the_top_down_in_so_many_steps() -> None:
    phases = gradual_unfreezing(6, 4, 3, (1e-3, 0.5, 1e-2), (1, 1, 4), patience=2)
    assert [sorted(one.rates) for one in phases] == [
        ["block 6", "head"],
        ["block 5", "block 6", "head"],
        ["block 4", "block 5", "block 6", "head"],
    ]
    assert [one.epochs for one in phases] == [1, 1, 4]
    assert phases[2].rates == pytest.approx({"block 6": 1e-3, "block 5": 5e-4, "block 4": 2.5e-4, "head": 1e-2})
    assert {one.patience for one in phases} == {2}
    (at_once,) = gradual_unfreezing(6, 3, 1, (1e-3, 1.0, 1e-2), (5,), patience=2)
    assert set(at_once.rates) == {"block 3", "block 4", "block 5", "block 6", "head"}
