"""tlcore.strategies.top_layers: the head first, then the upper blocks one after the other; the lower ones stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlcore.strategies import get_strategy

STRATEGY = get_strategy("top_layers")
FAMILIES = ["bert", "distilbert", "roberta", "electra"]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_upper_half_moves_and_the_rest_stays(
    tuned: Callable[..., Any], moved: Callable[..., set[str]], always_better: None, family: str
) -> None:
    run, found = tuned("top_layers", family)
    blocks = int(found.encoder.config.num_hidden_layers)
    upper = set(range(blocks - -(-blocks // 2), blocks))
    names = moved(found, family)
    assert {int(name.split("layer.")[1].split(".")[0]) for name in names if "layer." in name} == upper
    assert not [name for name in names if "embedding" in name]
    last = run.of("blocks")[-1]["blocks"]
    assert [one["moves"] for one in last] == [False] * (1 + blocks - len(upper)) + [True] * (len(upper) + 1)


def test_blocks_open_one_after_the_other_and_the_events_say_so(tuned: Callable[..., Any]) -> None:
    run, found = tuned("top_layers", open_blocks=3, layer_decay=0.5)
    assert found.chosen["phases"] == ["top 1", "top 2", "top 3"]
    pictures = [sum(one["moves"] for one in event["blocks"]) for event in run.of("blocks")]
    assert pictures == [1, 2, 3, 4]  # the head, then one block more each time
    told = [event["rates"] for event in run.of("step")]
    assert set(told[0]) == {"head", "block 3"}
    assert set(told[-1]) == {"head", "block 3", "block 2", "block 1"}
    for rates in told:
        if rates.get("block 2"):
            assert rates["block 3"] == pytest.approx(2 * rates["block 2"])
            assert rates["head"] > rates["block 3"]


def test_all_at_once_is_one_phase(tuned: Callable[..., Any]) -> None:
    _, found = tuned("top_layers", open_blocks=2, gradual=False)
    assert found.chosen["phases"] == ["top 2"]


@pytest.mark.parametrize("epochs", [1, 3, 10])
def test_rounds_are_those_asked_for_but_each_step_has_one(tuned: Callable[..., Any], epochs: int) -> None:
    run, _ = tuned("top_layers", epochs=epochs, open_blocks=2)
    assert run.of("eval")[-1]["epoch"] == max(2, epochs)


def test_the_picture_shows_the_upper_half() -> None:
    assert [block.moves for block in STRATEGY.blocks(6)] == [False] * 4 + [True] * 4
