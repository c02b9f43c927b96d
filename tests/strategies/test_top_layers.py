"""tlcore.strategies.top_layers: the head first, then the upper blocks one after the other; the lower ones stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlcore.plan import make_settings
from tlcore.strategies import get_strategy

STRATEGY = get_strategy("top_layers")
FAMILIES = ["bert", "distilbert", "roberta", "electra"]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_upper_blocks_move_and_the_lowest_and_the_embeddings_stay(
    tuned: Callable[..., Any], moved: Callable[..., set[str]], always_better: None, family: str
) -> None:
    run, found = tuned("top_layers", family)
    blocks = int(found.encoder.config.num_hidden_layers)
    upper = set(range(1, blocks))
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


@pytest.mark.parametrize(("blocks", "stay"), [(1, 0), (2, 1), (6, 1), (12, 2), (24, 4)])
def test_the_lowest_sixth_stays_and_the_picture_shows_it(blocks: int, stay: int) -> None:
    assert [block.moves for block in STRATEGY.blocks(blocks)] == [False] * (1 + stay) + [True] * (blocks - stay + 1)


@pytest.mark.parametrize(("blocks", "steps"), [(2, 1), (6, 3), (12, 3), (24, 3)])
def test_a_deep_model_opens_in_few_steps(blocks: int, steps: int) -> None:
    phases = STRATEGY.phases(make_settings(STRATEGY.Settings, {}), blocks, 2_000)
    sizes = [len(phase.rates) for phase in phases]
    assert len(phases) == steps
    assert sizes == sorted(set(sizes))
