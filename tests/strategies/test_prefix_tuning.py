"""tlcore.strategies.prefix_tuning: nothing of the model moves, and it learns all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlcore.models.load import load_encoder
from tlcore.models.virtual_tokens import NAME
from tlcore.strategies import get_strategy

STRATEGY = get_strategy("prefix_tuning")


@pytest.mark.parametrize("family", ["bert", "distilbert", "albert", "xlnet", "llama"])
def test_the_model_stays_and_a_prefix_of_each_block_moves(
    tuned: Callable[..., Any], tiny_base: Callable[[str], Path], always_better: None, family: str
) -> None:
    _, found = tuned("prefix_tuning", family, learning_rate=1e-1)
    before, after = load_encoder(tiny_base(family)), found.encoder.state_dict()
    assert all(np.allclose(after[name], value, atol=1e-7) for name, value in before.state_dict().items())
    own = [name for name in after if name.rpartition(".")[2] == NAME]
    assert len(own) == len(set(after) - set(before.state_dict())) == (1 if family == "albert" else len(own)) > 0


def test_what_moves_is_counted_and_said(tuned: Callable[..., Any]) -> None:
    run, found = tuned("prefix_tuning", virtual_tokens=4)
    numbers = 3 * 4 * 32
    assert found.trainable_parameters == numbers + 2 * 32 + 2
    assert any(f"{numbers:,} of the model's" in note["text"] for note in run.of("note"))


def test_of_the_embedded_model_less_than_one_in_a_thousand_moves_and_it_learns(fit_input: Callable[..., Any]) -> None:
    run = fit_input("prefix_tuning", {"negative": 24, "positive": 24}, unseen=40, epochs=3)
    found = STRATEGY.fit(run.given)
    assert 0 < found.chosen["moved_share"] < 1 / 1_000
    rounds = run.of("eval")
    assert min(one["loss"] for one in rounds[1:]) < rounds[0]["loss"]


def test_the_picture_shows_all_blocks_and_still_embeddings() -> None:
    assert [block.moves for block in STRATEGY.blocks(2)] == [False, True, True, True]
