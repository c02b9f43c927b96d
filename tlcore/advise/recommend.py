"""A Plan for this data on this machine, with its reasons, its cost, and what else could be done."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tlcore.advise import table
from tlcore.advise.match import PICTURES, Case, data_of, default_complexity, match_row
from tlcore.advise.table import DECISION_TABLE, PLANNED_TITLES, DecisionRow
from tlcore.advise.why import Option, uses_labels, why_not, why_text
from tlcore.advise.words import time_range_text
from tlcore.errors import TlcoreError
from tlcore.facts import Facts
from tlcore.files import read_json
from tlcore.label_file import FEWEST_LABELLED, can_be_learned
from tlcore.machine import Machine
from tlcore.models.bases import base_folder, get_base, public_name
from tlcore.plan import Plan, installed_versions, make_settings
from tlcore.strategies.base import base_refusal, can_learn, check_task, why_unfit
from tlcore.strategies.then import estimate_of, split_wishes, with_then
from tlcore.tasks import get_task

if TYPE_CHECKING:
    from tlcore.strategies.base import Estimate, Strategy

PATIENCE_SECONDS = 30 * 60
"""A first model that takes longer is not put in place of another approach; it stays among the alternatives."""
MOST_TO_COME = 2
"""Of what is not in this version yet so many are named; what can be done is always offered whole."""
USUAL_BLOCKS = 6
"""Blocks of a base model that does not say."""
NOT_YET = "Not in this version yet."
NEEDS_LABELS = f"It learns from labelled rows: at least {FEWEST_LABELLED} are needed, of two labels or more, better 50."


@dataclass(frozen=True)
class Said:
    """What the user says of the situation instead of what was measured; and how many seconds the training may take at most."""

    data: str | None = None
    compute: str | None = None
    complexity: str | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Alternative:
    """Something else that could be done. `estimate` is None where it is not in this version, or not for these rows."""

    strategy: str
    title: str
    why_not: str
    estimate: Estimate | None
    available: bool


@dataclass(frozen=True)
class Recommendation:
    """row: index into DECISION_TABLE. substituted: "" or why the row's own approach is not the one taken."""

    row: int
    plan: Plan
    sentence: str
    why: tuple[str, ...]
    estimate: Estimate
    alternatives: tuple[Alternative, ...]
    substituted: str


def recommend(
    facts: Facts,
    machine: Machine,
    *,
    task: str = "classify",
    said: Said = Said(),
    strategy: str | None = None,
    base: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    then: str | None = None,
) -> Recommendation:
    """Propose a Plan. `strategy` is the user's own choice.

    base: None for the task's own. settings: wishes for the chosen strategy, by name; `then.NAME` for the one that follows, which is `then` where the user
    chose it. Raises TlcoreError for an unknown name or a value out of range.
    """
    base = base or get_task(task).base
    case = Case(
        said.data or data_of(facts), said.compute or machine.compute, said.complexity or default_complexity(facts, task)
    )
    match, about_base = match_row(case), get_base(base)
    row = DECISION_TABLE[match.row]
    fit = [one for one in table.available_strategies() if can_learn(one, task)]
    # Only those that may refuse a base are asked: a base that is still packed takes seconds to be made ready.
    asked = [one for one in fit if hasattr(one, "base_refusal")]
    refused = {one.name: why for one in asked if (why := base_refusal(one, _config(base)))}
    able = [one for one in fit if one.name not in refused]
    if refused and not able:
        raise TlcoreError("No way to train starts from this base model.", public_name(base), refused[min(refused)])
    options = [_option(one, task, facts, machine, about_base.blocks or USUAL_BLOCKS) for one in able]
    if get_task(task).one_of and not can_be_learned(facts.classes.values()):
        options = _without_labels(options, strategy)
    instead = get_task(task).instead
    usual = _advised(row, options, case, facts, instead[0])
    advised = _in_time(usual, options, said.seconds)
    if strategy in refused:
        title = next(one.title for one in fit if one.name == strategy)
        what = f"“{title}” ({strategy}) cannot start from this base model."
        raise TlcoreError(what, public_name(base), refused[strategy])
    chosen = _named(options, strategy, task) if strategy else advised
    own, after = split_wishes(settings or {})
    wished = make_settings(get_task(task).settings(chosen.strategy), own)
    plan = Plan(
        task, chosen.strategy.name, base, about_base.revision, asdict(wished), seed, versions=installed_versions()
    )
    plan = with_then(plan, chosen.strategy, then, after)
    estimate = estimate_of(plan, chosen.strategy, wished, facts, machine)
    chosen = dataclasses.replace(chosen, settings=wished, estimate=estimate)
    overrides = {"data": said.data, "compute": said.compute, "task": said.complexity}
    return Recommendation(
        row=match.row,
        plan=plan,
        sentence=_sentence(chosen.strategy),
        why=why_text(facts, machine, match, chosen, advised, overrides, get_task(task).each),
        estimate=chosen.estimate,
        alternatives=(
            *_alternatives(facts, machine, row, chosen, options, case),
            *_shut(able, options),
            *_unfit(task),
            *(Alternative(one.name, one.title, refused[one.name], None, False) for one in fit if one.name in refused),
            *_to_come(row),
        ),
        substituted=""
        if chosen.strategy.name != advised.strategy.name
        else _instead(row, usual, advised, facts, said.seconds, instead[1]),
    )


def _config(base: str) -> dict[str, Any]:
    """The config.json of a base; {} of one that cannot be had now, which is said when it is opened."""
    try:
        return read_json(base_folder(base) / "config.json", {}) or {}
    except TlcoreError:
        return {}


def _without_labels(options: list[Option], wish: str | None) -> list[Option]:
    """Those that need no labelled row; all where this version has none. Raises TlcoreError if the wish is not among them."""
    left = [option for option in options if not uses_labels(option.strategy)]
    for option in options:
        if left and option.strategy.name == wish and option not in left:
            title = option.strategy.title
            raise TlcoreError(f"“{title}” cannot be used: too few rows have a label.", str(wish), NEEDS_LABELS)
    return left or options


def _option(strategy: Strategy, task: str, facts: Facts, machine: Machine, base_blocks: int) -> Option:
    what = get_task(task)
    settings = make_settings(what.settings(strategy), {})
    below_head = strategy.blocks(base_blocks)[:-1]
    moves = sum(block.moves for block in below_head) / max(1, len(below_head))
    return Option(strategy, settings, what.estimate(strategy, facts, machine, settings), moves)


def _named(options: Sequence[Option], name: str, task: str) -> Option:
    for option in options:
        if option.strategy.name == name:
            return option
    for one in table.available_strategies():
        if one.name == name:
            check_task(one, task)
    known = ", ".join(option.strategy.name for option in options)
    if name in PLANNED_TITLES:
        raise TlcoreError(
            f"“{PLANNED_TITLES[name]}” ({name}) is not in this version yet.", "", f"Available now: {known}."
        )
    raise TlcoreError(f"There is no strategy called “{name}”.", "", f"Available: {known}.")


def _advised(row: DecisionRow, options: Sequence[Option], case: Case, facts: Facts, instead: str = "") -> Option:
    """The row's own strategy, or else the nearest one of this version.

    Nearest: with little data, the one that moves least of the model; else the one that moves about as much as the row's
    approach, among those that are done within PATIENCE_SECONDS.
    """
    if not options:
        raise TlcoreError("This version of Nudge has no strategy installed.", "", "Install Nudge again.")
    wanted = (instead,) if instead else row.strategies
    own = [option for name in wanted for option in options if option.strategy.name == name]
    if own:
        return own[0]
    if (facts.data_size if case.data == "unlabelled" else case.data) in ("none", "small"):
        return min(options, key=lambda option: (option.moves, option.estimate.seconds_high))
    quick = [option for option in options if option.estimate.seconds_high <= PATIENCE_SECONDS]
    if not quick:
        return min(options, key=lambda option: option.estimate.seconds_high)
    return min(quick, key=lambda option: (abs(option.moves - row.moves), option.estimate.seconds_high))


def _in_time(advised: Option, options: Sequence[Option], seconds: float | None) -> Option:
    """What is advised, if it ends in time; else what moves about as much and does, or what is quickest."""
    if seconds is None or advised.estimate.seconds_high <= seconds:
        return advised
    alike = [option for option in options if uses_labels(option.strategy) == uses_labels(advised.strategy)]
    in_time = [option for option in alike if option.estimate.seconds_high <= seconds]
    if not in_time:
        return min(alike, key=lambda option: option.estimate.seconds_high)
    return min(in_time, key=lambda option: (abs(option.moves - advised.moves), option.estimate.seconds_high))


def _instead(
    row: DecisionRow, usual: Option, advised: Option, facts: Facts, seconds: float | None, of_task: str
) -> str:
    """Why something else stands in the place of the row's own approach; "" where it does not."""
    if advised is not usual and seconds is not None:
        takes = time_range_text(usual.estimate.seconds_low, usual.estimate.seconds_high)
        limit = time_range_text(seconds, seconds).removeprefix("about ")
        text = f"“{usual.strategy.title}” would take {takes}, and you have {limit}. "
        if advised.estimate.seconds_high > seconds:
            return text + f"Nothing here is sure to end in time; the quickest is “{advised.strategy.title}”."
        return text + f"The nearest that ends in time: “{advised.strategy.title}”."
    if advised is not usual or usual.strategy.name in row.strategies:
        if seconds is not None and usual.estimate.seconds_high > seconds:
            return "It may take longer than you have, but nothing here is quicker."
        return ""
    return of_task or _substituted(row, usual, facts)


def _substituted(row: DecisionRow, advised: Option, facts: Facts) -> str:
    nearest = advised.strategy.title
    text = f"The row's own approach, “{row.approach}”, is not in this version yet. The nearest that is: “{nearest}”."
    return text if facts.labelled else f"{text} It needs some labelled rows to learn from."


def _sentence(strategy: Strategy) -> str:
    """The table's plain words where one row, and no other, is about this strategy alone; else the strategy's own."""
    rows = [row for row in DECISION_TABLE if row.strategies == (strategy.name,)]
    return rows[0].plain if len(rows) == 1 else strategy.sentence


def _alternatives(
    facts: Facts,
    machine: Machine,
    row: DecisionRow,
    chosen: Option,
    options: Sequence[Option],
    case: Case,
) -> tuple[Alternative, ...]:
    """What this version can do here."""
    return tuple(
        Alternative(
            option.strategy.name,
            option.strategy.title,
            why_not(facts, machine, chosen, option, case),
            option.estimate,
            True,
        )
        for option in options
        if option.strategy.name != chosen.strategy.name
    )


def _shut(able: Sequence[Strategy], options: Sequence[Option]) -> list[Alternative]:
    """What could learn this, had enough rows a label."""
    open_here = {option.strategy.name for option in options}
    return [Alternative(one.name, one.title, NEEDS_LABELS, None, False) for one in able if one.name not in open_here]


def _unfit(task: str) -> list[Alternative]:
    """What cannot learn this task, and why."""
    reasons = ((one, why_unfit(one, task)) for one in table.available_strategies())
    return [Alternative(one.name, one.title, why, None, False) for one, why in reasons if why]


def _to_come(row: DecisionRow) -> list[Alternative]:
    """What the table names but is still to come, the lit row's own first."""
    here = {strategy.name for strategy in table.available_strategies()}
    fitting = [one for i, one in enumerate(DECISION_TABLE) if i != PICTURES or one is row]
    firsts = [one.strategies[0] for one in fitting]
    rest = [name for one in fitting for name in one.strategies]
    planned = [name for name in dict.fromkeys([*row.strategies, *firsts, *rest]) if name not in here]
    return [
        Alternative(
            name,
            PLANNED_TITLES.get(name, name),
            f"What the table says for your case. {NOT_YET}" if name in row.strategies else NOT_YET,
            None,
            False,
        )
        for name in planned
    ][:MOST_TO_COME]
