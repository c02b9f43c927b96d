"""tlcore.strategies.virtual: what prefix and prompt tuning share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tlcore.facts import Facts
from tlcore.machine import Machine
from tlcore.plan import make_settings
from tlcore.strategies import get_strategy
from tlcore.strategies.tuning import Tuning

NAMES = ["prefix_tuning", "prompt_tuning"]
FACTS = Facts(
    rows=160, labelled=160, unlabelled=0, classes={f"class {i}": 16 for i in range(10)}, smallest_class=16, median_class=16,
    tokens_p50=30, tokens_p95=60, tokens_max=90, max_length=256, cut_off=0, duplicates=0, data_size="small",
    mostly_unlabelled=False,
)  # fmt: skip
MACHINE = Machine(2, 8_000, 4_000, 50_000, None, 0, True, "low", "2 cores")


@pytest.mark.parametrize("name", NAMES)
def test_a_text_leaves_room_for_them(tuned: Callable[..., Any], name: str) -> None:
    _, found = tuned(name, "bert", virtual_tokens=6, max_length=512, epochs=1)
    assert found.max_length == 130 - 6


@pytest.mark.parametrize("name", NAMES)
def test_more_of_them_take_longer(name: str) -> None:
    strategy = get_strategy(name)
    assert isinstance(strategy, Tuning)
    few, many = (
        strategy.estimate(FACTS, MACHINE, make_settings(strategy.Settings, {"virtual_tokens": count}))
        for count in (1, 32)
    )
    assert many.seconds_high > few.seconds_high
    longer = replace(FACTS, tokens_p50=FACTS.tokens_p50 + 31, tokens_max=FACTS.tokens_max + 31)
    settings = make_settings(strategy.Settings, {"virtual_tokens": 1})
    assert strategy.estimate(longer, MACHINE, settings).seconds_high == pytest.approx(many.seconds_high)
