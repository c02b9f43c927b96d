"""Events boiled down to what the Train screen shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pages.parts.live import LiveView, expected_phases, patience_of, plain_value, range_text, read_live, reduce
from pages.parts.points import MOST_POINTS
from tests.pages import fake_events, fake_run
from tlcore.events import EVENTS
from tlcore.strategies import get_strategy

FROZEN, FULL = (expected_phases(get_strategy(name)) for name in ("frozen_features", "full_finetune"))


def view(events: list[dict], expected: tuple[str, ...] = FULL, patience: int | None = None) -> LiveView:
    stamped = [{"t": float(i), **event} for i, event in enumerate(events)]
    return reduce(LiveView(expected=expected, patience=patience), stamped)


def test_nothing_yet() -> None:
    empty = LiveView(expected=FROZEN)
    assert (empty.now, empty.fraction, empty.left, empty.left_text, empty.phase) == ("Starting.", 0.0, None, "", "")
    assert {phase.state for phase in empty.phases} == {"todo"}


def test_the_phases_are_done_here_and_todo() -> None:
    now = view([{"kind": "phase", "name": name, "title": name} for name in ("prepare", "baselines", "encode")])
    assert [phase.state for phase in now.phases] == ["done", "done", "here", *["todo"] * (len(FULL) - 3)]
    assert now.here == "Read the texts"


def test_a_phase_nobody_expected_stands_where_it_came() -> None:
    names = ("prepare", "rehearse", "baselines")
    now = view([{"kind": "phase", "name": name, "title": f"{name} title"} for name in names])
    assert now.order[:3] == names
    assert now.phases[1].title == "rehearse title"


def test_waiting_is_said_and_is_not_one_of_the_phases() -> None:
    now = view([{"kind": "phase", "name": "wait", "title": "Waiting"}])
    assert now.waiting
    assert "Another training" in now.now
    assert "wait" not in [phase.name for phase in now.phases]
    assert now.left is None
    later = reduce(now, [{"t": 9.0, "kind": "phase", "name": "prepare", "title": ""}, {"t": 12.0, "kind": "note"}])
    assert not later.waiting
    assert later.worked == 3.0


@pytest.mark.parametrize("strategy", sorted(fake_events.EVENTS_OF))
def test_a_whole_run(strategy: str) -> None:
    events, before = list(fake_events.EVENTS_OF[strategy]()), -1.0
    now = LiveView(expected=expected_phases(get_strategy(strategy)))
    for i, event in enumerate(events):
        now = reduce(now, [{"t": i * 0.5, **event}])
        assert now.fraction >= before
        before = now.fraction
        if now.left is not None:
            assert 0 <= now.left[0] <= now.left[1]
    assert (now.finished, now.fraction, now.now) == (True, 1.0, "Finished.")
    assert {phase.state for phase in now.phases} == {"done"}
    assert dict(now.baselines) == {"majority": 0.06, "tfidf": 0.71}
    assert now.blocks[0] == ("embeddings", strategy == "full_finetune")
    assert now.notes == (("info", "The zip was opened and gave the same answers."),)


def test_the_series() -> None:
    now = view(list(fake_events.finetune_events()))
    assert (len(now.loss), len(now.validation_loss), len(now.f1), now.memory_mb) == (400, 8, 8, 1480)
    curve = view(list(fake_events.frozen_events()), FROZEN)
    assert [labels for labels, _ in curve.curve] == [25, 50, 100, 200, 400, 800]
    assert curve.choices == (("layers", "2, 4, 6"), ("C", "0.01"))


def test_what_early_stopping_waits_for() -> None:
    events = [
        {"kind": "phase", "name": "finetune", "title": "Training"},
        {"kind": "eval", "step": 1, "loss": 1.0, "macro_f1": 0.5, "best": True, "patience_left": 3},
    ]
    assert view(events).stopping_rule == "Stops by itself when 3 rounds bring nothing better in a row; none so far."
    worse = {"kind": "eval", "step": 2, "loss": 1.0, "macro_f1": 0.4, "best": False, "patience_left": 2}
    assert view([*events, worse]).stopping_rule.endswith("; 1 so far.")
    assert view([events[0], worse], patience=3).stopping_rule.endswith("; 1 so far.")
    assert view([*events, {"kind": "phase", "name": "export", "title": ""}]).stopping_rule == ""


def test_early_stopping_widens_the_range_of_time_left() -> None:
    steps = [{"kind": "step", "step": 100, "total_steps": 1000, "loss": 1.0, "seconds_left": 900}]
    start = [{"kind": "phase", "name": "finetune", "title": ""}]
    evals = [{"kind": "eval", "step": i, "macro_f1": 0.5, "patience_left": 1} for i in (50, 100)]
    (plain, _), (early, _) = view(start + steps).left or (0, 0), view(start + evals + steps).left or (0, 0)
    assert early < plain


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"kind": "phase"},
        {"kind": "step", "loss": None, "step": None},
        {"kind": "step", "loss": float("nan"), "step": 1, "total_steps": 0},
        {"kind": "eval", "macro_f1": None, "loss": None, "step": 3},
        {"kind": "progress", "done": 3, "total": 0},
        {"kind": "progress"},
        {"kind": "curve", "labels": 10, "macro_f1": None},
        {"kind": "blocks", "blocks": None},
        {"kind": "baseline", "name": "tfidf", "macro_f1": None},
        {"kind": "step", "step": None, "rates": {"head": 1e-3}},
        {"kind": "step", "step": 1, "rates": [1, 2]},
        {"kind": "resumed"},
        {"kind": "resumed", "step": None},
        {"kind": "resumed", "step": 5},
        {"kind": "forgetting", "similarity": None, "limit": None},
        {"kind": "something new", "x": 1},
        {"kind": "choice", "what": "C", "chosen": {"C": 0.1234567, "layers": None}},
        "not an event",
        None,
    ],
)
def test_odd_events_break_nothing(event: object) -> None:
    now = reduce(view([{"kind": "phase", "name": "finetune", "title": ""}]), [event])  # type: ignore[list-item]
    assert now.loss == ()
    assert now.now
    assert now.left_text is not None


def test_the_rates_of_each_group_as_far_as_it_moves() -> None:
    now = view(list(fake_events.gradual_events())[:150])
    assert set(now.rates) == {"head", "block 6", "block 5"}
    assert (len(now.rates["head"]), now.rates["block 5"][0][0]) == (now.last_step, 81.0)
    assert now.rates_now == {group: points[-1][1] for group, points in now.rates.items()}
    assert now.rates_now["head"] > now.rates_now["block 6"] > now.rates_now["block 5"] > 0
    assert view(list(fake_events.gradual_events())).rates_now == {}


def test_rates_nobody_can_see_are_not_kept() -> None:
    steps = [{"kind": "step", "step": i, "rates": {"head": 1 / i, "block 1": None}} for i in range(1, 20_000)]
    rates = view(steps).rates
    assert MOST_POINTS <= len(rates["head"]) <= 2 * MOST_POINTS
    assert (rates["head"][0], rates["head"][-1][0]) == ((1.0, 1.0), 19_999.0)
    assert "block 1" not in rates


def test_how_far_the_model_has_moved_away() -> None:
    now = view([{"kind": "forgetting", "step": 50, "similarity": 0.94, "limit": 0.5}])
    assert (now.similarity, now.similarity_limit, now.remembered) == (((50.0, 0.94),), 0.5, 0.94)
    assert view([]).remembered is None


def test_of_an_ended_training_the_round_that_is_kept_counts() -> None:
    rounds = [(0, 1.0, True), (10, 0.9, True), (20, 0.7, False)]
    train = [{"kind": "phase", "name": "finetune", "title": ""}]
    for step, alike, best in rounds:
        train.append({"kind": "eval", "step": step, "macro_f1": 0.5, "best": best, "patience_left": 3})
        train.append({"kind": "forgetting", "step": step, "similarity": alike, "limit": 0.5})
    assert view(train).remembered == 0.7
    assert view([*train, {"kind": "phase", "name": "export", "title": ""}]).remembered == 0.9


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([], "It had not begun to learn yet."),
        ([{"kind": "phase", "name": "wait", "title": ""}], "It had not begun to learn yet."),
        ([{"kind": "phase", "name": "baselines", "title": ""}], "It was at “Simple methods”."),
        (
            [{"kind": "phase", "name": "encode"}, {"kind": "progress", "done": 50, "total": 1000, "unit": "texts"}],
            "It had come to 50 of 1,000 texts.",
        ),
        (list(fake_events.finetune_events())[:260], "It had come to step 242 of 400, in round 5."),
    ],
)
def test_how_far_it_had_come(events: list[dict], said: str) -> None:
    assert view(events).reached == said


def test_reading_goes_on_from_where_it_was(tmp_path: Path) -> None:
    events = list(fake_events.finetune_events())
    fake_run.append(tmp_path, [{"t": 0.0, **event} for event in events[:100]])
    first = read_live(tmp_path, FULL)
    assert first.offset == (tmp_path / EVENTS).stat().st_size
    assert read_live(tmp_path, FULL) is first
    fake_run.append(tmp_path, [{"t": 1.0, **event} for event in events[100:]])
    with (tmp_path / EVENTS).open("a", encoding="utf-8") as file:
        file.write('{"t": 1, "kind": "no')
    second = read_live(tmp_path, FULL)
    assert second.finished
    assert not first.finished
    assert second.loss == view(events).loss


def test_a_file_that_became_shorter_is_read_anew(tmp_path: Path) -> None:
    fake_run.append(tmp_path, [{"t": 0.0, **event} for event in fake_events.frozen_events()])
    assert read_live(tmp_path).finished
    (tmp_path / EVENTS).write_text(json.dumps({"t": 0, "kind": "phase", "name": "prepare", "title": ""}) + "\n")
    assert not read_live(tmp_path).finished


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1, 4, "a few seconds left"),
        (2, 28, "less than 30 seconds left"),
        (22, 41, "about 20 to 50 seconds left"),
        (100, 230, "about 2 to 4 minutes left"),
        (200, 201, "about 3 to 4 minutes left"),
        (10, 115, "less than 2 minutes left"),
        (7000, 9000, "about 2 to 3 hours left"),
    ],
)
def test_a_range_in_words(low: float, high: float, text: str) -> None:
    assert range_text(low, high) == text


def test_small_things() -> None:
    assert patience_of({"settings": {"patience": 4}}) == 4
    assert patience_of({"settings": None}) is None
    assert plain_value({"a": [1, 2.0], "b": None}) == "a 1, 2, b none"
