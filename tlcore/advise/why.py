"""Why a way to train is proposed, and why another is not, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.advise.match import Case, Match
from tlcore.advise.words import about_time_text, count_text, memory_text, time_range_text
from tlcore.facts import Facts
from tlcore.machine import Machine
from tlcore.strategies.then import reads_unlabelled

if TYPE_CHECKING:
    from tlcore.strategies.base import Estimate, Strategy

TINY_ROWS = 50
"""With fewer labelled rows about ten are left to test on: one more or less right moves the score by ten points."""
BY_HEART = 8
"""With fewer rows a class than this, a model whose every weight moves tends to learn rows instead of classes."""
ABOUT_AS_LONG = 1.4
"""Estimates are no better than this factor: times closer than that are not told apart."""
RARE_CLASS = 10
"""A class with fewer rows has two or less to be tested on."""
LONG_SHARE = 0.1
"""If more of the texts than this are cut off, that is said among the reasons."""


@dataclass(frozen=True)
class Option:
    """A strategy of this version, what it would cost, and what share of the base model's blocks it moves."""

    strategy: Strategy
    settings: Any
    estimate: Estimate
    moves: float


def why_text(
    facts: Facts,
    machine: Machine,
    match: Match,
    chosen: Option,
    advised: Option,
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


def uses_labels(strategy: Strategy) -> bool:
    """Whether it learns from labelled rows; nearly all do, so only those that do not say so."""
    return bool(getattr(strategy, "uses_labels", True))


def why_not(facts: Facts, machine: Machine, chosen: Option, other: Option, case: Case) -> str:
    """Time against time, then what it would bring with this many rows, then memory if it does not fit."""
    this, that = about_time_text(other.estimate), about_time_text(chosen.estimate)
    ratio = max(0.1, other.estimate.seconds_high) / max(0.1, chosen.estimate.seconds_high)
    alike = this == that or 1 / ABOUT_AS_LONG < ratio < ABOUT_AS_LONG
    time = "Takes about as long" if alike else f"A{this[1:]} instead of {that.removeprefix('about ')}"
    parts = [time, _gain(facts, chosen, other, case)]
    if other.estimate.memory_mb > machine.free_memory_mb:
        parts.append(_too_big(other.estimate, machine))
    return "; ".join(part for part in parts if part) + "."


def _gain(facts: Facts, chosen: Option, other: Option, case: Case) -> str:
    rows, each = _learned(facts), _rows_a_class(facts)
    a_class = count_text(each, "row") + (f" a {_kind(facts)}" if facts.classes else "")
    if not rows:
        return "it needs labelled rows too" if uses_labels(other.strategy) else ""
    if not uses_labels(other.strategy) and uses_labels(chosen.strategy):
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
