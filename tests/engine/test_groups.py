"""tlcore.engine.groups: where each weight lies is found by structure, in every family."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.conftest import FAMILIES
from tlcore.engine.groups import (
    EMBEDDINGS,
    TOP,
    block_name,
    blocks_of,
    feedforward_names,
    key_value_names,
    layer_groups,
    linear_names,
)
from tlcore.models.load import block_count, load_encoder


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "albert"])
def test_every_weight_is_in_one_group_and_each_block_holds_its_own(
    tiny_base: Callable[[str], Path], family: str
) -> None:
    model = load_encoder(tiny_base(family))
    groups = layer_groups(model)
    assert set(groups) == {name for name, _ in model.named_parameters()}
    _, blocks = blocks_of(model)
    assert len(blocks) == block_count(model)
    assert set(groups.values()) - {TOP} == {EMBEDDINGS, *(block_name(i + 1) for i in range(len(blocks)))}
    for i, block in enumerate(blocks):
        own = {id(parameter) for parameter in block.parameters()}
        assert {id(p) for name, p in model.named_parameters() if groups[name] == block_name(i + 1)} == own
    tables = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    for name, parameter in model.named_parameters():
        if id(parameter) in tables:
            assert groups[name] == EMBEDDINGS, name


def test_a_model_that_shares_one_block_has_one(tiny_base: Callable[[str], Path]) -> None:
    model = load_encoder(tiny_base("albert"))
    groups = layer_groups(model)
    assert block_count(model) == 2
    assert set(groups.values()) - {TOP} == {EMBEDDINGS, "block 1"}


def test_a_model_without_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="no list of blocks"):
        blocks_of(torch.nn.Linear(2, 2))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_linear_layers_of_attention_are_found(tiny_base: Callable[[str], Path], family: str) -> None:
    model = load_encoder(tiny_base(family))
    _, blocks = blocks_of(model)
    attention, every = linear_names(model, "attention"), linear_names(model, "all")
    # Query, key, value, output; ModernBERT has the first three in one.
    each = {"modernbert": 2, "xlnet": 0}.get(family, 4)
    assert len(every) == (each + 2) * len(blocks)
    assert len([name for name in attention if "att" in name]) == each * len(blocks)
    assert set(attention) < set(every) if each else attention == every  # XLNet keeps its attention in plain tensors
    assert not [name for name in every if "pooler" in name or "embedding" in name]


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "electra", "deberta-v2"])
def test_keys_values_and_the_way_back_from_the_wide_middle_are_found(
    tiny_base: Callable[[str], Path], family: str
) -> None:
    model = load_encoder(tiny_base(family))
    modules = dict(model.named_modules())
    square = [modules[name] for name in key_value_names(model)]
    narrow = [modules[name] for name in feedforward_names(model)]
    assert len(square) == 2 * len(narrow) == 2 * block_count(model)
    assert all(one.in_features == one.out_features for one in square)  # type: ignore[union-attr]
    assert all(one.in_features > one.out_features for one in narrow)  # type: ignore[union-attr]


def test_where_keys_and_values_are_one_layer_it_is_all_of_attention(tiny_base: Callable[[str], Path]) -> None:
    model = load_encoder(tiny_base("modernbert"))
    assert key_value_names(model) == linear_names(model, "attention")
