"""tlcore.strategies.rounds: enough steps on few rows, few rounds on many."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tlcore.strategies.rounds import (
    MAX_EPOCHS,
    MIN_EPOCHS,
    STEPS_WORTH_TAKING,
    batch_size_of,
    default_batch_size,
    default_epochs,
    epochs_of,
)


@pytest.mark.parametrize("rows", [10, 200, 999, 1_000, 5_000, 200_000])
def test_rounds_by_default_make_enough_steps_and_no_more(rows: int) -> None:
    batch_size = default_batch_size(rows)
    epochs = default_epochs(rows, batch_size)
    assert MIN_EPOCHS <= epochs <= MAX_EPOCHS
    steps = epochs * rows / batch_size
    assert steps >= STEPS_WORTH_TAKING or epochs == MAX_EPOCHS
    assert steps - rows / batch_size < STEPS_WORTH_TAKING or epochs == MIN_EPOCHS
    assert default_batch_size(rows) >= default_batch_size(10)


def test_what_the_user_asks_for_goes_before_the_defaults() -> None:
    asked, open_ = SimpleNamespace(epochs=2, batch_size=5), SimpleNamespace(epochs=0, batch_size=0)
    assert (batch_size_of(asked, 300), epochs_of(asked, 300)) == (5, 2)
    size = default_batch_size(300)
    assert (batch_size_of(open_, 300), epochs_of(open_, 300)) == (size, default_epochs(300, size))


def test_a_task_may_want_more_rounds_unless_the_user_said_how_many() -> None:
    from types import SimpleNamespace
    from typing import cast

    from tlcore.plan import Plan, make_settings
    from tlcore.strategies import FitInput, get_strategy
    from tlcore.strategies.rounds import with_rounds

    def rounds(rows: int, wish: int) -> int:
        settings = make_settings(get_strategy("lora").Settings, {"epochs": wish, "batch_size": 10})
        plan = Plan("ner", "lora", "minilm", "", {})
        given = FitInput(
            plan, settings, ["a"], ["text"] * rows, [0] * rows, [], [], *cast("list[None]", [None] * 6), SimpleNamespace()  # type: ignore[arg-type]
        )  # fmt: skip
        return int(with_rounds(given, 100, (2, 6)).settings.epochs)

    assert [rounds(many, 0) for many in (100, 250, 5_000)] == [6, 4, 2]
    assert rounds(250, 3) == 3
