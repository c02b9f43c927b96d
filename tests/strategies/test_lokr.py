"""tlcore.strategies.lokr: two tiny tables stand for a large one; they are merged at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlcore.strategies import get_strategy

STRATEGY = get_strategy("lokr")


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "electra"])
@pytest.mark.parametrize("targets", ["all", "attention"])
def test_only_the_targets_change_and_they_are_merged(
    tuned: Callable[..., Any], moved: Callable[..., set[str]], always_better: None, family: str, targets: str
) -> None:
    from tlcore.engine.groups import linear_names

    _, found = tuned("lokr", family, targets=targets, learning_rate=1e-2)
    assert moved(found, family) == {f"{name}.weight" for name in linear_names(found.encoder, targets)}


def test_of_the_embedded_model_less_moves_than_by_lora_and_it_learns(fit_input: Callable[..., Any]) -> None:
    run = fit_input("lokr", {"negative": 24, "positive": 24}, unseen=40, epochs=3)
    found = STRATEGY.fit(run.given)
    assert 0 < found.chosen["moved_share"] < 0.01
    assert found.total_parameters < 22_800_000  # nothing of the added parts is left
    rounds = run.of("eval")
    assert min(one["loss"] for one in rounds[1:]) < rounds[0]["loss"]


def test_the_picture_shows_all_blocks_and_still_embeddings() -> None:
    assert [block.moves for block in STRATEGY.blocks(2)] == [False, True, True, True]
