"""tlcore.strategies.lora: small added parts learn, the model's own weights stay until they are merged at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlcore.strategies import get_strategy

STRATEGY = get_strategy("lora")
FAMILIES = ["bert", "distilbert", "roberta", "electra"]


@pytest.mark.parametrize("family", FAMILIES)
def test_only_the_targets_change_and_they_are_merged(
    tuned: Callable[..., Any], moved: Callable[..., set[str]], always_better: None, family: str
) -> None:
    from tlcore.engine.groups import linear_names

    _, found = tuned("lora", family)
    expected = {f"{name}.weight" for name in linear_names(found.encoder, "all")}
    assert moved(found, family) == expected


def test_attention_alone_can_be_the_target(
    tuned: Callable[..., Any], moved: Callable[..., set[str]], always_better: None
) -> None:
    from tlcore.engine.groups import linear_names

    _, found = tuned("lora", targets="attention")
    expected = {f"{name}.weight" for name in linear_names(found.encoder, "attention")}
    assert moved(found, "bert") == expected


@pytest.mark.parametrize("rank", [2, 8])
def test_what_moves_is_counted_and_said(tuned: Callable[..., Any], rank: int) -> None:
    run, found = tuned("lora", rank=rank, alpha=16)
    blocks, width, inner = 3, 32, 64
    adapters = blocks * rank * (4 * 2 * width + 2 * (width + inner))
    head = 2 * width + 2
    assert found.trainable_parameters == adapters + head
    assert any(f"{adapters:,} of the model's" in note["text"] for note in run.of("note"))


def test_of_the_embedded_model_less_than_a_twentieth_moves(fit_input: Callable[..., Any]) -> None:
    run = fit_input("lora", {"negative": 4, "positive": 4}, epochs=1)
    found = STRATEGY.fit(run.given)
    assert 0 < found.chosen["moved_share"] < 0.05
    assert found.total_parameters < 22_800_000  # nothing of the adapters is left


def test_the_picture_shows_all_blocks_and_still_embeddings() -> None:
    assert [block.moves for block in STRATEGY.blocks(2)] == [False, True, True, True]
