"""A Plan for this data on this machine, with its reasons, its cost, and what else could be done."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tlcore.advise import table
from tlcore.advise.match import PICTURES, Case, Match, data_of, default_complexity, match_row
from tlcore.advise.table import DECISION_TABLE, PLANNED_TITLES, DecisionRow
from tlcore.advise.words import about_time_text, count_text, memory_text, time_range_text
from tlcore.errors import TlcoreError
from tlcore.facts import Facts
from tlcore.files import read_json
from tlcore.label_file import FEWEST_LABELLED, can_be_learned
from tlcore.machine import Machine
from tlcore.models.bases import base_folder, get_base, public_name
from tlcore.plan import Plan, installed_versions, make_settings
from tlcore.strategies.base import base_refusal, can_learn, check_task, why_unfit
from tlcore.strategies.then import estimate_of, reads_unlabelled, split_wishes, with_then
from tlcore.tasks import get_task

if TYPE_CHECKING:
    from tlcore.strategies.base import Estimate, Strategy

TINY_ROWS = 50
"""With fewer labelled rows about ten are left to test on: one more or less right moves the score by ten points."""
BY_HEART = 8
"""With fewer rows a class than this, a model whose every weight moves tends to learn rows instead of classes."""
PATIENCE_SECONDS = 30 * 60
"""A first model that takes longer is not put in place of another approach; it stays among the alternatives."""
ABOUT_AS_LONG = 1.4
"""Estimates are no better than this factor: times closer than that are not told apart."""
RARE_CLASS = 10
"""A class with fewer rows has two or less to be tested on."""
LONG_SHARE = 0.1
"""If more of the texts than this are cut off, that is said among the reasons."""
MOST_TO_COME = 2
"""Of what is not in this version yet so many are named; what can be done is always offered whole."""
USUAL_BLOCKS = 6
"""Blocks of a base model that does not say."""
NOT_YET = "Not in this version yet."
NEEDS_LABELS = f"It learns from labelled rows: at least {FEWEST_LABELLED} are needed, of two labels or more, better 50."


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


@dataclass(frozen=True)
class _Option:
    """A strategy of this version, what it would cost, and what share of the base model's blocks it moves."""

    strategy: Strategy
    settings: Any
    estimate: Estimate
    moves: float


def recommend(
    facts: Facts,
    machine: Machine,
    *,
    task: str = "classify",
    data: str | None = None,
    compute: str | None = None,
    complexity: str | None = None,
    strategy: str | None = None,
    base: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    then: str | None = None,
) -> Recommendation:
    """Propose a Plan. `data`, `compute`, `complexity` override what was measured; `strategy` is the user's own choice.

    base: None for the task's own. settings: wishes for the chosen strategy, by name; `then.NAME` for the one that follows, which is `then` where the user
    chose it. Raises TlcoreError for an unknown name or a value out of range.
    """
    base = base or get_task(task).base
    case = Case(data or data_of(facts), compute or machine.compute, complexity or default_complexity(facts, task))
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
    advised = _advised(row, options, case, facts, instead[0])
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
    overrides = {"data": data, "compute": compute, "task": complexity}
    return Recommendation(
        row=match.row,
        plan=plan,
        sentence=_sentence(chosen.strategy),
        why=_why(facts, machine, match, chosen, advised, overrides, get_task(task).each),
        estimate=chosen.estimate,
        alternatives=(
            *_alternatives(facts, machine, row, chosen, options, case),
            *_shut(able, options),
            *_unfit(task),
            *(Alternative(one.name, one.title, refused[one.name], None, False) for one in fit if one.name in refused),
            *_to_come(row),
        ),
        substituted=""
        if strategy or advised.strategy.name in row.strategies
        else instead[1] or _substituted(row, advised, facts),
    )


def _config(base: str) -> dict[str, Any]:
    """The config.json of a base; {} of one that cannot be had now, which is said when it is opened."""
    try:
        return read_json(base_folder(base) / "config.json", {}) or {}
    except TlcoreError:
        return {}


def _uses_labels(strategy: Strategy) -> bool:
    """Whether it learns from labelled rows; nearly all do, so only those that do not say so."""
    return bool(getattr(strategy, "uses_labels", True))


def _without_labels(options: list[_Option], wish: str | None) -> list[_Option]:
    """Those that need no labelled row; all where this version has none. Raises TlcoreError if the wish is not among them."""
    left = [option for option in options if not _uses_labels(option.strategy)]
    for option in options:
        if left and option.strategy.name == wish and option not in left:
            title = option.strategy.title
            raise TlcoreError(f"“{title}” cannot be used: too few rows have a label.", str(wish), NEEDS_LABELS)
    return left or options


def _option(strategy: Strategy, task: str, facts: Facts, machine: Machine, base_blocks: int) -> _Option:
    what = get_task(task)
    settings = make_settings(what.settings(strategy), {})
    below_head = strategy.blocks(base_blocks)[:-1]
    moves = sum(block.moves for block in below_head) / max(1, len(below_head))
    return _Option(strategy, settings, what.estimate(strategy, facts, machine, settings), moves)


def _named(options: Sequence[_Option], name: str, task: str) -> _Option:
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


def _advised(row: DecisionRow, options: Sequence[_Option], case: Case, facts: Facts, instead: str = "") -> _Option:
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


def _substituted(row: DecisionRow, advised: _Option, facts: Facts) -> str:
    nearest = advised.strategy.title
    text = f"The row's own approach, “{row.approach}”, is not in this version yet. The nearest that is: “{nearest}”."
    return text if facts.labelled else f"{text} It needs some labelled rows to learn from."


def _sentence(strategy: Strategy) -> str:
    """The table's plain words where one row, and no other, is about this strategy alone; else the strategy's own."""
    rows = [row for row in DECISION_TABLE if row.strategies == (strategy.name,)]
    return rows[0].plain if len(rows) == 1 else strategy.sentence


def _why(
    facts: Facts,
    machine: Machine,
    match: Match,
    chosen: _Option,
    advised: _Option,
    overrides: Mapping[str, str | None],
    each: str = "a number",
) -> tuple[str, ...]:
    """Three sentences, data, reason and machine, and one of warning where there is something to warn of."""
    told = [f"{name} “{value.replace('_', ' ')}”" for name, value in overrides.items() if value]
    reason = (
        f"Judged as you set it ({', '.join(told)}): {match.reason[0].lower()}{match.reason[1:]}"
        if told
        else match.reason
    )
    if chosen.strategy.name != advised.strategy.name:
        reason = f"You chose this yourself; Nudge would have taken “{advised.strategy.title}”. {match.reason}"
    cost = chosen.estimate
    time, memory = time_range_text(cost.seconds_low, cost.seconds_high), memory_text(cost.memory_mb)
    spent = f"This machine has {machine.sentence}; training takes {time} and {memory}."
    return tuple(text for text in (_data_sentence(facts, each), reason, spent, _warning(facts, machine, cost)) if text)


def _data_sentence(facts: Facts, each_with: str) -> str:
    if not facts.labelled:
        return f"You have {count_text(facts.unlabelled, 'row')} and none of them has a label."
    rows, word = (facts.labelled, "labelled row") if facts.sampled is None else (facts.sampled, "row to learn from")
    rest = f", and {facts.unlabelled:,} without a label" if facts.unlabelled else ""
    shown = count_text(rows, word, "labelled rows" if facts.sampled is None else "rows to learn from")
    size = {"small": "a small set", "medium": "a medium-sized set", "large": "a large set"}.get(
        facts.data_size, "a set"
    )
    if not facts.classes:
        return f"You have {shown}, each with {each_with}{rest}: {size}."
    kinds = count_text(len(facts.classes), *(("label", "labels") if _several(facts) else ("class", "classes")))
    each = f"about {_rows_a_class(facts):,} a {_kind(facts)}"
    return f"You have {shown} {'with' if _several(facts) else 'in'} {kinds}, {each}{rest}: {size}."


def _several(facts: Facts) -> bool:
    """Whether a row may have several labels: then these count up to more than there are rows."""
    return sum(facts.classes.values()) > facts.labelled


def _kind(facts: Facts) -> str:
    return "label" if _several(facts) else "class"


def _warning(facts: Facts, machine: Machine, cost: Estimate) -> str:
    rows = _learned(facts)
    if rows < TINY_ROWS and facts.labelled:
        return f"With only {count_text(rows, 'row')} the score will be uncertain; {TINY_ROWS} or more would help."
    if cost.memory_mb > machine.free_memory_mb:
        return f"I{_too_big(cost, machine)[1:]}: close other programs first."
    if 0 < facts.smallest_class < RARE_CLASS:
        rare = sum(count < RARE_CLASS for count in facts.classes.values())
        names = f"1 {_kind(facts)} has" if rare == 1 else f"{rare:,} {'labels' if _several(facts) else 'classes'} have"
        return (
            f"{names} fewer than {RARE_CLASS} rows (the smallest {facts.smallest_class}): scores there are uncertain."
        )
    texts = facts.labelled + facts.unlabelled
    if facts.cut_off > LONG_SHARE * texts:
        about = "About " if facts.estimated else ""
        return f"{about}{facts.cut_off:,} texts are longer than the {facts.max_length} word pieces the model reads."
    return ""


def _too_big(cost: Estimate, machine: Machine) -> str:
    free = memory_text(machine.free_memory_mb).removeprefix("about ").removesuffix(" of memory")
    return f"it needs {memory_text(cost.memory_mb)} and only {free} is free"


def _learned(facts: Facts) -> int:
    return facts.labelled if facts.sampled is None else facts.sampled


def _rows_a_class(facts: Facts) -> int:
    """Rows of a class, or of a label; all of them where labels are numbers."""
    given = sum(facts.classes.values()) if _several(facts) else _learned(facts)
    return round(given / max(1, len(facts.classes)))


def _alternatives(
    facts: Facts,
    machine: Machine,
    row: DecisionRow,
    chosen: _Option,
    options: Sequence[_Option],
    case: Case,
) -> tuple[Alternative, ...]:
    """What this version can do here."""
    return tuple(
        Alternative(
            option.strategy.name,
            option.strategy.title,
            _why_not(facts, machine, chosen, option, case),
            option.estimate,
            True,
        )
        for option in options
        if option.strategy.name != chosen.strategy.name
    )


def _shut(able: Sequence[Strategy], options: Sequence[_Option]) -> list[Alternative]:
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


def _why_not(facts: Facts, machine: Machine, chosen: _Option, other: _Option, case: Case) -> str:
    """Time against time, then what it would bring with this many rows, then memory if it does not fit."""
    this, that = about_time_text(other.estimate), about_time_text(chosen.estimate)
    ratio = max(0.1, other.estimate.seconds_high) / max(0.1, chosen.estimate.seconds_high)
    alike = this == that or 1 / ABOUT_AS_LONG < ratio < ABOUT_AS_LONG
    time = "Takes about as long" if alike else f"A{this[1:]} instead of {that.removeprefix('about ')}"
    parts = [time, _gain(facts, chosen, other, case)]
    if other.estimate.memory_mb > machine.free_memory_mb:
        parts.append(_too_big(other.estimate, machine))
    return "; ".join(part for part in parts if part) + "."


def _gain(facts: Facts, chosen: _Option, other: _Option, case: Case) -> str:
    rows, each = _learned(facts), _rows_a_class(facts)
    a_class = count_text(each, "row") + (f" a {_kind(facts)}" if facts.classes else "")
    if not rows:
        return "it needs labelled rows too" if _uses_labels(other.strategy) else ""
    if not _uses_labels(other.strategy) and _uses_labels(chosen.strategy):
        return f"it learns nothing from your {count_text(rows, 'labelled row')}"
    if reads_unlabelled(chosen.strategy):
        return "it reads no texts but those with a label"
    if reads_unlabelled(other.strategy):
        many = "" if facts.mostly_unlabelled else ", and there are few"
        return f"whether reading {count_text(facts.unlabelled, 'text')} without a label helps, only a trial tells{many}"
    if other.moves > chosen.moves:
        if each < BY_HEART or rows < TINY_ROWS:
            return f"with only {a_class} it may learn the rows by heart instead of the classes"
        if case.complexity == "simple" and facts.data_size == "small":
            return f"with {a_class} it sometimes gains a few points, sometimes nothing"
        return f"with {a_class} it often gains a few points"
    if other.moves < chosen.moves:
        if each < BY_HEART or rows < TINY_ROWS:
            return f"with only {a_class} it is often just as good"
        look = ", but a good first look" if other.estimate.seconds_high < chosen.estimate.seconds_high else ""
        return f"with {a_class} it is often a few points behind{look}"
    return ""
