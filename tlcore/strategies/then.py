"""A strategy that only prepares the base model is followed by another one: which, with what settings, and on what it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.plan import Plan, make_settings
from tlcore.strategies.base import Estimate, FitInput, Strategy

if TYPE_CHECKING:
    from tlcore.facts import Facts
    from tlcore.machine import Machine

PREFIX = "then."
"""Before the name of a setting that is meant for the strategy that follows."""
BLOCKS = 6


def default_then(strategy: Strategy) -> str | None:
    """The strategy that usually follows; None for one that needs no other."""
    return getattr(strategy, "default_then", None)


def reads_unlabelled(strategy: Strategy) -> bool:
    """Whether it is to be given the texts without a label."""
    return bool(getattr(strategy, "reads_unlabelled", False))


def can_follow(strategy: Strategy) -> bool:
    """Whether it can learn from labelled rows on a base that was prepared: it trains something, and prepares nothing itself."""
    return default_then(strategy) is None and any(block.moves for block in strategy.blocks(BLOCKS))


def followers() -> tuple[Strategy, ...]:
    from tlcore.strategies import all_strategies

    return tuple(one for one in all_strategies() if can_follow(one))


def follower(strategy: Strategy, wish: str | None) -> Strategy | None:
    """The strategy that follows, as wished or the usual one; None where none does.

    Raises TlcoreError for a wish where none follows, or for one that cannot follow.
    """
    from tlcore.strategies import get_strategy

    usual = default_then(strategy)
    if usual is None:
        if wish:
            raise TlcoreError(
                f"“{strategy.title}” ({strategy.name}) is not followed by another way to train.",
                f"then {wish}",
                "Leave it out, or choose mlm_then_finetune.",
            )
        return None
    found = get_strategy(wish or usual)
    if not can_follow(found):
        names = ", ".join(one.name for one in followers())
        raise TlcoreError(
            f"“{found.title}” ({found.name}) cannot come then.", f"then {found.name}", f"Choose: {names}."
        )
    return found


def split_wishes(wishes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings for a strategy itself, and those for the one that follows (written `then.NAME`), without the prefix."""
    own = {name: value for name, value in wishes.items() if not name.startswith(PREFIX)}
    return own, {name.removeprefix(PREFIX): wishes[name] for name in wishes if name.startswith(PREFIX)}


def with_then(plan: Plan, strategy: Strategy, wish: str | None, wishes: Mapping[str, Any]) -> Plan:
    """The plan with what follows and its settings. Raises TlcoreError for a name or setting that does not fit."""
    found = follower(strategy, wish)
    if found is None:
        if wishes:
            raise TlcoreError(
                f"There is no setting called “{PREFIX}{next(iter(wishes))}” here: no other way to train follows.",
                "the plan's settings",
                "Leave it out.",
            )
        return plan
    return replace(plan, then=found.name, then_settings=asdict(make_settings(found.Settings, wishes)))


def estimate_of(plan: Plan, strategy: Strategy, settings: Any, facts: Facts, machine: Machine) -> Estimate:
    """What a strategy costs, with what follows as the plan says."""
    from tlcore.tasks import get_task

    found = follower(strategy, plan.then)
    if found is None:
        return get_task(plan.task).estimate(strategy, facts, machine, settings)
    after = found.estimate(facts, machine, make_settings(found.Settings, plan.then_settings))
    return strategy.estimate_with(facts, machine, settings, after)  # type: ignore[attr-defined]


def job_phases_of(plan: Mapping[str, Any], strategy: Strategy) -> tuple[str, ...]:
    """The phases of a run's strategy, then those of what follows."""
    found = follower(strategy, plan.get("then"))
    if found is None:
        phases_with = getattr(strategy, "phases_with", None)  # where they hang on the settings
        return phases_with(plan.get("settings") or {}) if phases_with else strategy.job_phases
    compared = (plan.get("settings") or {}).get("compare", True)
    return (*strategy.job_phases, *found.job_phases, *(("compare",) if compared else ()))


def given_then(given: FitInput, base: Path, work: str) -> tuple[Strategy, FitInput]:
    """What follows, and what it is given: the same rows, this base, a folder of its own in the work folder."""
    from tlcore.strategies import get_strategy

    found = follower(get_strategy(given.plan.strategy), given.plan.then)
    assert found is not None
    settings = make_settings(found.Settings, given.plan.then_settings)
    folder = given.work_folder / work
    folder.mkdir(exist_ok=True)
    plan = replace(given.plan, strategy=found.name, settings=asdict(settings), then=None, then_settings={})
    return found, replace(
        given, plan=plan, settings=settings, base_folder=base, work_folder=folder, unlabelled_texts=()
    )


def in_one_phase(given: FitInput) -> FitInput:
    """The same, but all it says is how far it is: its phases, scores and notes are those of a model that is not kept."""

    def emit(kind: str, **fields: Any) -> None:
        if kind == "step":
            given.emit("progress", done=fields["step"], total=fields["total_steps"], unit="steps")
        elif kind == "progress":
            given.emit(kind, **fields)

    return replace(given, emit=emit, phase=lambda name, title: None)
