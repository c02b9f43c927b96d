"""tlcore.engine.phases: which weights move in a phase, and how fast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tlcore.engine.classifier import TextClassifier
from tlcore.engine.groups import EMBEDDINGS, HEAD, TOP, block_name
from tlcore.engine.phases import (  # fmt: skip
    Phase,
    discriminative_rates,
    frozen_below,
    gradual_unfreezing,
    model_groups,
    moving_parameters,
    open_phase,
)
from tlcore.models.load import load_encoder
from tlcore.models.saved import Head

ALL = [EMBEDDINGS, *(block_name(i) for i in (1, 2, 3)), TOP]


@pytest.fixture
def model(tiny_base: Callable[[str], Path]) -> TextClassifier:
    return TextClassifier(load_encoder(tiny_base("bert")), Head(np.zeros((2, 32)), np.zeros(2)), (3,), 0.1, None)


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


@pytest.mark.parametrize(
    ("groups", "frozen"),
    [
        ([["block 3", "head"]], 2),
        ([["block 3", "head"], ["block 3", "block 2", "head"]], 1),  # what the last phase opens counts from the first
        ([["block 2", "block 3", "head"], ["block 3", "head"]], 1),
        ([["block 12", "block 9", "top", "head"]], 8),  # by number, not by letter
        ([["block 1", "block 2", "block 3", "head"]], 0),
        ([["embeddings", "block 3", "head"]], 0),  # all above embeddings that move changes with them
        ([["block 3", "head"], ["embeddings", "head"]], 0),
        ([["head"]], 0),
        ([], 0),
    ],
)
def test_what_no_phase_moves_from_the_bottom_up_stays(groups: list[list[str]], frozen: int) -> None:
    assert frozen_below([phase(dict.fromkeys(names, 1e-3)) for names in groups]) == frozen


def test_below_that_no_weight_of_any_phase_lies(model: TextClassifier) -> None:
    phases = gradual_unfreezing(3, 2, 2, (1e-3, 0.5, 1e-2), (1, 1), patience=2)
    at = frozen_below(phases)
    assert at == 1
    moves = {group for one in phases for group, _ in moving_parameters(model, one).values()}
    assert moves == {"block 2", "block 3", "head"}
