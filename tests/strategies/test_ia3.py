"""tlcore.strategies.ia3: scales learn, the model's own weights stay until these are merged at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlcore.strategies import get_strategy

STRATEGY = get_strategy("ia3")


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "electra"])
def test_keys_values_and_the_inner_activation_are_scaled_and_merged(
    tuned: Callable[..., Any], moved: Callable[..., set[str]], always_better: None, family: str
) -> None:
    from tlcore.engine.groups import feedforward_names, key_value_names
    from tlcore.models.load import block_count

    _, found = tuned("ia3", family, learning_rate=1e-2)
    scaled = [*key_value_names(found.encoder), *feedforward_names(found.encoder)]
    assert len(scaled) == 3 * block_count(found.encoder)
    names = moved(found, family)
    assert {name.removesuffix(".weight").removesuffix(".bias") for name in names} == set(scaled)


def test_where_keys_and_values_are_one_layer_all_of_attention_is_scaled(
    tuned: Callable[..., Any], moved: Callable[..., set[str]], always_better: None
) -> None:
    _, found = tuned("ia3", "modernbert", learning_rate=1e-2)
    assert any("attn.Wqkv" in name for name in moved(found, "modernbert"))


def test_what_moves_is_counted_and_said(tuned: Callable[..., Any]) -> None:
    run, found = tuned("ia3")
    scales = 3 * (2 * 32 + 64)
    assert found.trainable_parameters == scales + 2 * 32 + 2
    assert any(f"{scales:,} of the model's" in note["text"] for note in run.of("note"))


def test_of_the_embedded_model_less_than_one_in_a_thousand_moves_and_it_learns(fit_input: Callable[..., Any]) -> None:
    run = fit_input("ia3", {"negative": 24, "positive": 24}, unseen=40, epochs=3)
    found = STRATEGY.fit(run.given)
    assert 0 < found.chosen["moved_share"] < 1 / 1_000
    assert found.total_parameters < 22_800_000  # nothing of the scales is left
    rounds = run.of("eval")
    assert min(one["loss"] for one in rounds[1:]) < rounds[0]["loss"]


def test_the_picture_shows_all_blocks_and_still_embeddings() -> None:
    assert [block.moves for block in STRATEGY.blocks(2)] == [False, True, True, True]
