"""tlcore.strategies.then: which way to train may follow, with which settings; what it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlcore.errors import TlcoreError
from tlcore.plan import Plan
from tlcore.strategies import get_strategy
from tlcore.strategies.then import (
    can_follow,
    default_then,
    follower,
    followers,
    given_then,
    in_one_phase,
    job_phases_of,
    split_wishes,
    with_then,
)

FIRST, OTHER = get_strategy("mlm_then_finetune"), get_strategy("full_finetune")
PLAN = Plan("classify", FIRST.name, "minilm", "", {})


def test_what_trains_may_follow_but_not_itself_nor_what_trains_nothing() -> None:
    class Asks:
        name, title = "asks", "Ask somebody"

        def blocks(self, base_blocks: int) -> tuple[Any, ...]:
            return ()

    assert can_follow(OTHER)
    assert not can_follow(FIRST)
    assert not can_follow(Asks())  # type: ignore[arg-type]
    names = {one.name for one in followers()}
    assert {"frozen_features", "few_shot", "full_finetune", "lora"} <= names
    assert FIRST.name not in names


def test_the_usual_one_follows_unless_another_is_wished_for() -> None:
    assert follower(OTHER, None) is None
    assert follower(FIRST, None).name == default_then(FIRST)
    assert follower(FIRST, "lora").name == "lora"
    with pytest.raises(TlcoreError, match="is not followed"):
        follower(OTHER, "lora")
    with pytest.raises(TlcoreError, match="cannot come then"):
        follower(FIRST, FIRST.name)


def test_settings_are_told_apart_by_their_prefix_and_checked() -> None:
    assert split_wishes({"epochs": 2, "then.epochs": 5}) == ({"epochs": 2}, {"epochs": 5})
    plan = with_then(PLAN, FIRST, "full_finetune", {"epochs": "5"})
    assert (plan.then, plan.then_settings["epochs"]) == ("full_finetune", 5)
    assert Plan.from_json(plan.to_json()) == plan
    with pytest.raises(TlcoreError, match="out of range"):
        with_then(PLAN, FIRST, "full_finetune", {"epochs": 500})
    with pytest.raises(TlcoreError, match=r"then\.epochs"):
        with_then(PLAN, OTHER, None, {"epochs": 5})


def test_its_phases_come_after_those_of_reading() -> None:
    plan = with_then(PLAN, FIRST, "full_finetune", {}).to_json()
    assert job_phases_of(plan, FIRST) == ("mlm_head", "mlm", "encode", "head", "finetune", "compare")
    assert job_phases_of({**plan, "settings": {"compare": False}}, FIRST)[-1] == "finetune"
    assert job_phases_of({}, OTHER) == OTHER.job_phases


def test_it_is_given_the_same_rows_another_base_and_a_folder_of_its_own(fit_input: Callable[..., Any]) -> None:
    given = fit_input(FIRST.name, {"negative": 4, "positive": 4}).given
    strategy, then = given_then(given, given.work_folder / "adapted", "then")
    assert (strategy.name, then.plan.strategy, then.plan.then) == (default_then(FIRST), strategy.name, None)
    assert then.base_folder == given.work_folder / "adapted"
    assert then.work_folder == given.work_folder / "then"
    assert then.work_folder.is_dir()
    assert isinstance(then.settings, strategy.Settings)
    assert (then.train_texts, then.validation_y) == (given.train_texts, given.validation_y)


def test_in_one_phase_only_progress_is_heard(fit_input: Callable[..., Any]) -> None:
    run = fit_input("lora", {"negative": 4, "positive": 4})
    quiet = in_one_phase(run.given)
    quiet.phase("head", "…")
    quiet.emit("eval", macro_f1=0.5)
    quiet.emit("step", step=3, total_steps=10)
    assert run.phases == []
    assert run.events == [{"kind": "progress", "done": 3, "total": 10, "unit": "steps"}]
