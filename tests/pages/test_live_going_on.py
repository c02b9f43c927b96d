"""Events of a training that was paused or killed and goes on: nothing is drawn twice, nothing measured wrongly."""

from __future__ import annotations

import pytest

from pages.parts import live_time
from pages.parts.live import LiveView, reduce
from tests.pages import fake_events
from tests.pages.test_live import FULL, view


def gone_on(before: int, after: int, then: int | None = None) -> list[dict]:
    """The events of a full_finetune run that was paused or killed after so many, and went on from a step."""
    first = list(fake_events.finetune_events())[:before]
    assert first[-1]["kind"] in ("step", "eval", "forgetting")
    return [*first, *list(fake_events.finetune_events(after=after))[:then]]


def test_what_is_done_again_is_not_drawn_twice() -> None:
    now = view(gone_on(before=300, after=120))
    whole = view(list(fake_events.finetune_events()))
    assert now.finished
    for name in ("loss", "validation_loss", "f1", "similarity", "rounds", "rates"):
        assert getattr(now, name) == getattr(whole, name), name
    assert now.notes == whole.notes


def test_at_the_moment_of_going_on() -> None:
    events = gone_on(before=300, after=120)
    at = next(i for i, event in enumerate(events) if event["kind"] == "resumed")
    before, now = view(events[:at]), view(events[: at + 1])
    assert max(x for x, _ in before.loss) > 120
    for points in (now.loss, now.validation_loss, now.f1, now.similarity, *now.rates.values()):
        assert points
        assert max(x for x, _ in points) <= 120
    assert now.now == "The model itself is learning your texts: step 120 of 400."
    assert now.fraction == pytest.approx(live_time.fraction_at(now, "finetune", 120 / 400))
    assert now.fraction < before.fraction
    assert now.rates_now == {}
    assert now.texts_per_second is None
    assert now.left is None  # nothing measured yet


def test_the_steps_before_going_on_stay_while_it_gets_ready_and_so_does_the_bar() -> None:
    events = gone_on(before=300, after=120)
    killed = view(events[:300])
    for count in (301, 303, 305):
        now = view(events[:count])
        assert now.phase in ("prepare", "baselines")
        assert now.now == "Getting ready to go on from where it was."
        assert (now.loss, now.fraction, now.stopping_rule) == (killed.loss, killed.fraction, "")
        one_by_one = LiveView(expected=FULL)
        for i, event in enumerate(events[:count]):
            one_by_one = reduce(one_by_one, [{"t": float(i), **event}])
        assert one_by_one == now


def test_patience_goes_on_where_it_was() -> None:
    """Rounds 7 and 8 were worse; it goes on from before round 8, so one round is spent."""
    whole = list(fake_events.finetune_events())
    last_round = next(i for i, event in enumerate(whole) if event["kind"] == "eval" and event["step"] == 400)
    spent = [event["patience_left"] for event in whole if event["kind"] == "eval"][-2:]
    assert spent == [2, 1]
    now = view([*whole[: last_round + 1], *list(fake_events.finetune_events(after=360))[:9]])
    assert now.phase == "finetune"
    assert now.stopping_rule.endswith("; 1 so far.")


def test_time_left_after_going_on_counts_neither_the_part_before_nor_the_work_done_twice() -> None:
    """A tenth of the phase in 10 s after half of it was there already: 40 s more, not 8."""
    steps = [{"kind": "step", "step": i, "total_steps": 100} for i in (10, 50, 80)]
    train = {"kind": "phase", "name": "finetune", "title": ""}
    events = [
        {"t": 0, **train},
        *({"t": event["step"], **event} for event in steps),
        {"t": 80, "kind": "phase", "name": "prepare", "title": ""},
        {"t": 81, **train},
        {"t": 81, "kind": "resumed", "step": 50},
        {"t": 91, "kind": "step", "step": 60, "total_steps": 100},
    ]
    now = reduce(LiveView(expected=("prepare", "finetune")), events)
    low, high = now.left or (0, 0)
    assert low < 40 < high
    assert low > 20
    assert now.spent["finetune"] == pytest.approx(50)
    assert now.worked == 91


def test_a_job_killed_before_it_kept_anything_begins_anew() -> None:
    """No `resumed` event then: the steps simply count from 1 again."""
    first = list(fake_events.finetune_events())[:40]
    now = view([*first, *first])
    assert now.loss == view(first).loss
    assert now.rates == view(first).rates
    assert now.fraction == view(first).fraction


def test_going_on_says_nothing_twice_and_not_why_it_had_failed() -> None:
    warning = {"kind": "note", "level": "warning", "text": "3 rows have no text."}
    failed = {"kind": "note", "level": "warning", "text": "The disk is full."}
    choice = {"kind": "choice", "what": "C", "chosen": 0.1, "tried": []}
    curve = {"kind": "curve", "labels": 25, "macro_f1": 0.5}
    begin = {"kind": "phase", "name": "prepare", "title": ""}
    encode = {"kind": "phase", "name": "encode", "title": ""}
    broken = view([begin, warning, encode, choice, curve, failed])
    assert [text for _, text in broken.notes] == ["3 rows have no text.", "The disk is full."]
    now = view([begin, warning, encode, choice, curve, failed, begin, warning, choice, curve])
    assert now.notes == (("warning", "3 rows have no text."),)
    assert (now.choices, now.curve) == ((("C", "0.1"),), ((25.0, 0.5),))
