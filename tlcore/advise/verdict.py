"""What a trial says, in sentences: how good, what more labels would bring, and when to be careful."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlcore.advise.curve import Gain
from tlcore.advise.words import count_text
from tlcore.strategies import get_strategy

if TYPE_CHECKING:
    from tlcore.advise.mismatch import Mismatch
    from tlcore.advise.trial import Trial

MORE = ((150, 50), (500, 100), (2_000, 200), (5_000, 500))
"""Below so many labelled rows, so many more are what somebody may label next."""
MOST_MORE = 1_000
GOOD_ENOUGH = 0.95
"""From this macro-F1 on, a larger training has nearly nothing left to gain."""
MANY_DOUBTED = 0.15
"""Share of labels that look wrong. Above it two people would not agree on the labels, and no model can agree with both."""
READS_FIRST = "mlm_then_finetune"
NOTHING = 0.004
"""A gain that is rounded to no point at all."""


@dataclass(frozen=True)
class Verdict:
    """Sentences without jargon. alarm and doubts: "" where there is none; reasons and offers belong to the alarm."""

    headline: str
    labels: str
    enough: str
    alarm: str
    reasons: tuple[str, ...]
    offers: tuple[str, ...]
    doubts: str


def judge(trial: Trial, mismatch: Mismatch, doubted: float | None = None, unlabelled: int = 0) -> Verdict:
    """doubted: share of labels that look wrong, where that was looked at. unlabelled: texts without a label."""
    score = trial.curve.middle()[-1]
    alarm = "" if trial.helps() else _alarm(trial)
    return Verdict(
        headline=_headline(trial),
        labels=_labels(trial),
        enough=""
        if score < GOOD_ENOUGH
        else "The small model is already right nearly always: a larger training can add little. Keep it.",
        alarm=alarm,
        reasons=tuple(mismatch.reasons()) if alarm else (),
        offers=_offers(unlabelled) if alarm else (),
        doubts=_doubts(doubted),
    )


def next_labels(rows: int) -> int:
    """How many more labelled rows are spoken of."""
    return next((more for below, more in MORE if rows < below), MOST_MORE)


def gain_text(gain: Gain) -> str:
    """“about +2 points (1 to 3)”, “hardly a point (-1 to +1)”."""
    low, middle, high = (round(100 * one) for one in (gain.low, gain.middle, gain.high))
    band = f"{low:+d} to {high:+d}" if low < 0 else f"{low} to {high}"
    if gain.middle < NOTHING or middle == 0:
        return f"hardly a point ({band})"
    return f"about +{middle} point{'s' if middle != 1 else ''} ({band})"


def _headline(trial: Trial) -> str:
    low, high = trial.band
    return (
        f"Learning from {count_text(trial.sizes[-1], 'labelled row')} and asked about others, a small classifier on the base model gets macro-F1 "
        f"{trial.curve.middle()[-1]:.2f} ({low:.2f} to {high:.2f}); counting words gets {trial.tfidf:.2f}, always the commonest class {trial.majority:.2f}."
    )


def _labels(trial: Trial) -> str:
    more = next_labels(trial.rows)
    name = trial.mostly_for()
    mostly = f", mostly for “{name[:40]}”" if name else ""
    return f"{more:,} more labels: {gain_text(trial.curve.gain(trial.rows, more))}{mostly}."


def _alarm(trial: Trial) -> str:
    than = "worse than" if trial.lead[2] < 0 else "not surely better than"
    return (
        f"Careful: on your rows the base model is {than} counting words, which has read nothing before. What it has learnt elsewhere does not "
        "carry over to them as they are."
    )


def _offers(unlabelled: int) -> tuple[str, ...]:
    texts = (
        f"your {count_text(unlabelled, 'text')} without a label" if unlabelled else "more texts of your field (a second file, on Data)"
    )
    return (
        f"Let it read {texts} first: “{get_strategy(READS_FIRST).title}” below.",
        "Take another base model, one that was made for such texts, under Advanced.",
        "Let more of it learn: fine-tuning can make up for what it has not read. The score beside counting words will tell.",
    )


def _doubts(doubted: float | None) -> str:
    if doubted is None or doubted < MANY_DOUBTED:
        return ""
    return (
        f"{round(100 * doubted)} % of the labels look wrong, going by all the others. No way to train can help before they agree: "
        "look at them on Check first."
    )
