"""The quick trial on the Plan page: begun by itself, never waited for, out of the way of a training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pages.parts import trying
from pages.parts.prepared import prepare
from pages.parts.trial_parts import learning_curve
from tests.pages.helpers import TICKETS, opened, said, show
from tlcore.advise.mismatch import Mismatch
from tlcore.advise.trial import Trial
from tlcore.files import read_json, write_json
from tlcore.jobs import STOP

ROUNDS = ((0.50, 0.60, 0.68), (0.52, 0.61, 0.70), (0.49, 0.62, 0.69))
TRIAL = Trial(
    rows=48, tried=48, sizes=(9, 18, 36), frozen=ROUNDS, tfidf=0.51, majority=0.1, band=(0.62, 0.75), lead=(0.18, 0.1, 0.25),
    classes={"Refund": (0.5, 0.7), "Billing": (0.8, 0.85), "Other": (0.6, 0.62)}, seconds=3.0,
)  # fmt: skip


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The jobs that were started; none of them runs."""
    found: list[Path] = []
    monkeypatch.setattr("tlcore.jobs.start_job", found.append)
    return found


def end(job: Path, trial: Trial = TRIAL, mismatch: Mismatch | None = None) -> None:
    """As the worker leaves it."""
    write_json(job / "trial.json", {"trial": trial.to_json(), "mismatch": (mismatch or Mismatch()).to_json()})
    write_json(job / "status.json", {"state": "done"})


def test_it_starts_by_itself_once(home: Path, started: list[Path]) -> None:
    project = opened()
    app = show("plan", project=project.id)
    assert not app.exception
    (job,) = started
    assert read_json(job / "job.json")["kind"] == "trial"
    assert "You need not wait for it" in said(app)
    assert not app.button(key="primary").disabled
    show("plan", project=project.id)
    assert started == [job], "a second tab follows the same job"


def test_what_it_says_is_on_the_page(home: Path, started: list[Path]) -> None:
    project = opened()
    show("plan", project=project.id)
    end(started[0])
    text = said(show("plan", project=project.id))
    assert "macro-F1 0.69" in text
    assert "counting words gets 0.51" in text
    assert "50 more labels: about +" in text
    assert "Careful" not in text


def test_a_base_model_that_does_not_help_is_an_alarm(home: Path, started: list[Path]) -> None:
    project = opened()
    show("plan", project=project.id)
    end(started[0], replace(TRIAL, tfidf=0.9, lead=(-0.2, -0.3, -0.1)), Mismatch(pieces_a_word=2.4))
    app = show("plan", project=project.id)
    (alarm,) = app.warning
    assert "worse than counting words" in alarm.value
    assert "2\\.4 word pieces" in alarm.value


def test_a_failure_is_told_and_can_be_tried_again(home: Path, started: list[Path]) -> None:
    project = opened()
    show("plan", project=project.id)
    write_json(
        started[0] / "status.json",
        {"state": "failed", "error": {"what": "The disk is full.", "where": "", "fix": "Make room."}},
    )
    app = show("plan", project=project.id)
    assert "The disk is full" in said(app)
    app.button(key="try-again").click().run()
    assert len(started) == 2


def test_it_waits_for_the_closer_look_that_reads_the_same_texts(
    home: Path, started: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened()
    show("check", project=project.id)
    monkeypatch.setattr("tlcore.jobs.is_alive", lambda folder: True)
    show("plan", project=project.id)
    assert [read_json(job / "job.json")["kind"] for job in started] == ["check"]
    assert trying.look(project, prepare(project)).waits


def test_it_does_not_begin_beside_a_training(home: Path, started: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    project = opened()
    run = project.new_run_folder()
    write_json(run / "job.json", {"kind": "train", "args": {}})
    write_json(run / "status.json", {"state": "running"})
    monkeypatch.setattr("tlcore.jobs.is_alive", lambda folder: folder == run)
    text = said(show("plan", project=project.id))
    assert not started
    assert "A training of this project is under way" in text
    assert trying.progress(trying.look(project, prepare(project)))[1] == "Waiting for the training to end"


def test_a_training_sends_it_away(home: Path, started: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    project = opened()
    show("plan", project=project.id)
    (trial,) = started
    monkeypatch.setattr("tlcore.jobs.is_alive", lambda folder: folder == trial)
    trying.end(project)
    assert (trial / STOP).read_text().strip() == "cancel"


def test_other_rows_are_another_trial(home: Path, started: list[Path]) -> None:
    project = opened()
    show("plan", project=project.id)
    project.save_draft({"leave_out": [3]})
    show("plan", project=project.id)
    assert len({read_json(job / "job.json")["args"]["key"] for job in started}) == 2


def test_few_rows_and_other_tasks_are_not_tried(home: Path, started: list[Path]) -> None:
    many = prepare(opened()).facts
    assert [trying.suits(many, task) for task in ("classify", "image_text", "multilabel")] == [True, False, False]
    few = opened("\n".join(TICKETS.splitlines()[:20]) + "\n")
    app = show("plan", project=few.id)
    assert not started
    assert "quick trial" not in said(app)


def test_share_of_labels_that_look_wrong(home: Path, started: list[Path]) -> None:
    project = opened()
    found = prepare(project)
    assert trying.doubted(project, found) is None
    show("check", project=project.id)
    write_json(started[0] / "problems.json", [])
    assert trying.doubted(project, found) == 0.0


def test_the_curve_goes_on_beyond_the_rows_there_are() -> None:
    figure = learning_curve(TRIAL)
    ahead = next(trace for trace in figure.data if trace.name == "expected")
    assert ahead.x[0] == 36
    assert ahead.x[-1] == 48 + 50
    assert ahead.y[-1] >= ahead.y[0]
