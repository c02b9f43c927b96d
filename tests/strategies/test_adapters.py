"""tlcore.strategies.adapters: whatever is added, the model answers after merging as it did before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tlcore.models.load import load_encoder
from tlcore.strategies import all_strategies, get_strategy
from tlcore.strategies.adapters import Adapters

NAMES = [one.name for one in all_strategies() if isinstance(one, Adapters)]
FAMILIES = ["bert", "distilbert", "roberta", "electra", "albert", "deberta-v2", "modernbert", "xlnet"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", NAMES)
def test_merged_parts_say_what_added_parts_said(tiny_base: Callable[[str], Path], name: str, family: str) -> None:
    strategy = get_strategy(name)
    given = {"input_ids": torch.tensor([[5, 6, 7, 8]]), "attention_mask": torch.ones(1, 4, dtype=torch.long)}
    plain = load_encoder(tiny_base(family))
    before = plain(**given).last_hidden_state
    encoder = strategy.prepare(plain, strategy.Settings()).eval()  # type: ignore[attr-defined]
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in (p for p in encoder.parameters() if p.requires_grad):
            parameter += 0.05 * torch.randn(parameter.shape, generator=chance)
        added = encoder(**given).last_hidden_state
        merged = strategy.finish(encoder)(**given).last_hidden_state  # type: ignore[attr-defined]
    assert not torch.allclose(added, before, atol=1e-3)
    assert torch.allclose(merged, added, atol=1e-4)
