"""What a Strategy is: how the base model is adapted, or that nothing moves at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tlcore.errors import TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.llm.key import ApiKey
from tlcore.plan import Plan

if TYPE_CHECKING:
    from tlcore.engine.objectives import Objective
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.models.saved import Fitted


@dataclass(frozen=True)
class Estimate:
    """What a plan will cost here: seconds as a range, peak memory of the worker in MB."""

    seconds_low: float
    seconds_high: float
    memory_mb: float


@dataclass(frozen=True)
class Block:
    """One part of the model as the picture shows it, input side first."""

    name: str
    moves: bool


@dataclass
class FitInput:
    """What a strategy is given: texts and targets of the training and validation rows.

    Targets are as the objective encodes them: an integer (0..len(labels)-1) a row where a text has one label, as it is unless
    another objective is given. label_infos: what the user said of the labels, () where nothing. unlabelled_texts: of the rows
    without a label.
    """

    plan: Plan
    settings: Any
    labels: Sequence[str]
    train_texts: Sequence[str]
    train_y: Sequence[Any]
    validation_texts: Sequence[str]
    validation_y: Sequence[Any]
    base_folder: Path
    work_folder: Path
    emit: Callable[..., None]
    phase: Callable[[str, str], None]
    check_stop: Callable[[], None]
    stop_wish: Callable[[], str | None]
    objective: Objective = None  # type: ignore[assignment]
    label_infos: Sequence[LabelInfo] = ()
    unlabelled_texts: Sequence[str] = ()
    """Texts without a label, none of them a validation or test text."""
    keep_folder: Path | None = None
    """What is written here stays with the run, unlike what is in the work folder; None: the work folder, too."""
    key: ApiKey | None = None
    """To a service that is asked; in memory only."""

    def __post_init__(self) -> None:
        if self.objective is None:
            from tlcore.engine.objectives import OneOf

            self.objective = OneOf(self.labels)


class Strategy(Protocol):
    """One file in `tlcore/strategies/`, one line in STRATEGIES. The module loads without torch; `fit` imports it."""

    name: str
    title: str
    sentence: str
    """What it does, in one sentence without jargon."""
    term: str
    """The field's name for it, shown on hover."""
    when: str
    """When it is the right choice, in one sentence."""
    Settings: type[Any]
    job_phases: tuple[str, ...]
    """Names of the stretches of work that `fit` announces with `given.phase`, in order."""

    def blocks(self, base_blocks: int) -> tuple[Block, ...]:
        """What moves, for the picture of the model, before the run has begun."""
        ...

    def estimate(self, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """Rough time and memory on this machine."""
        ...

    def fit(self, given: FitInput) -> Fitted:
        """Learn. Emits events; polls `check_stop`; raises TlcoreError for what the user can mend."""
        ...


class Teaches(Protocol):
    """An objective for what is no class, set of classes or number: it has a network and a loop of its own, to which the strategy
    only says what moves. Then targets are given to it as they are: `FitInput.train_y` holds texts."""

    def teach(self, strategy: Strategy, given: FitInput) -> Fitted:
        """Learn, as `Strategy.fit`."""
        ...


def teach(strategy: Strategy, given: FitInput) -> Fitted:
    """Learn by a strategy, in the way that suits what is learned."""
    own = getattr(given.objective, "teach", None)
    found: Fitted = own(strategy, given) if own else strategy.fit(given)
    return found


ONE_LABEL = "It needs exactly one label a text."


def why_unfit(strategy: Strategy, task: str) -> str:
    """Why a strategy cannot learn a task, in a sentence; "" where it can.

    It is for all tasks, unless it has `tasks`, the names of those it is for (and `unfit`, why not for others), or the task says that it does not suit it.
    """
    from tlcore.tasks import get_task

    tasks: Sequence[str] | None = getattr(strategy, "tasks", None)
    unfit = get_task(task).unfit_strategies.get(strategy.name, "")
    return unfit or ("" if tasks is None or task in tasks else getattr(strategy, "unfit", ONE_LABEL))


def base_refusal(strategy: Strategy, config: Mapping[str, Any]) -> str:
    """Why a strategy cannot start from a base with this config.json, in a sentence; "" where it can, or does not say."""
    refusal: Callable[[Mapping[str, Any]], str] = getattr(strategy, "base_refusal", lambda config: "")
    return refusal(config)


def can_learn(strategy: Strategy, task: str) -> bool:
    return not why_unfit(strategy, task)


def check_task(strategy: Strategy, task: str) -> None:
    """Raises TlcoreError where a strategy is not for a task."""
    if why := why_unfit(strategy, task):
        raise TlcoreError(
            f"“{strategy.title}” ({strategy.name}) cannot learn this: {why[0].lower()}{why[1:]}",
            f"the task “{task}”",
            "Choose another way to train, such as full_finetune, or auto.",
        )
