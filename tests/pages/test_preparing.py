"""The first look at very many rows: a job with a bar, found again after a reload, stopped, failed, replaced; few rows need none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pages.parts import prepared, preparing
from pages.parts.prepared import is_prepared, prepare
from pages.parts.spreadsheet import table_folder
from tests.pages.helpers import opened, said, show
from tlcore import jobs, worker
from tlcore.checks import Fix
from tlcore.datasets import load_dataset
from tlcore.errors import TlcoreError
from tlcore.events import EventLog
from tlcore.files import read_json, write_json
from tlcore.mend import make_mend
from tlcore.workspace import Project


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The jobs that were started, none of which runs; 60 rows are many."""
    found: list[Path] = []
    monkeypatch.setattr("tlcore.jobs.start_job", found.append)
    monkeypatch.setattr(prepared, "MOST_ROWS", 50)
    return found


def work(job: Path) -> int:
    """What the worker would do."""
    context = worker.JobContext(job, read_json(job / jobs.JOB)["args"])
    code = worker.run_job(job, context)
    context.log.close()
    return code


def test_a_bar_until_the_job_is_done_then_the_page_as_ever(home: Path, started: list[Path]) -> None:
    project = opened()
    app = show("check", project=project.id)
    assert not app.exception
    assert "it goes on" in said(app)
    assert "Yes: 60 rows" not in said(app)
    assert len(started) == 1
    show("check", project=project.id)
    assert len(started) == 1, "a reload and a second tab follow the same job"
    assert work(started[0]) == 0
    app = show("check", project=project.id)
    assert "Yes: 60 rows in 2 classes" in said(app)
    assert [read_json(job / jobs.JOB)["kind"] for job in started] == ["prepare", "check"]
    made = prepare(project)
    prepared.MOST_ROWS = 60  # put back by the fixture
    write_json(project.dataset_folder / "prepared.json", {})
    (project.folder / "sides.json").unlink()
    assert prepare(project) == made, "few rows are prepared here and now, with the same result"


def test_few_rows_need_no_job(home: Path, started: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MOST_ROWS", 60)
    project = opened()
    assert "Yes: 60 rows" in said(show("check", project=project.id))
    assert [read_json(job / jobs.JOB)["kind"] for job in started] == ["check"]
    monkeypatch.setattr(prepared, "MOST_BYTES", 100)
    project.save_draft({"seed": 1})
    assert "it goes on" in said(show("check", project=project.id)), "long texts count too"


def test_plan_sends_back_to_check_and_stays_closed(home: Path, started: list[Path]) -> None:
    project = opened()
    app = show("plan", project=project.id)
    assert not app.exception
    assert "have not been looked at yet" in said(app)
    assert started == []


def test_the_bar_says_what_it_does(home: Path, started: list[Path]) -> None:
    project = opened()
    show("check", project=project.id)
    log = EventLog(started[0])
    assert preparing.progress(started[0]) == (0.0, "Starting")
    log.emit("phase", name="rows", title="Reading your rows")
    log.emit("progress", done=1, total=2, unit="rows")
    assert preparing.progress(started[0]) == (pytest.approx(0.05), "Reading your rows")
    log.emit("phase", name="check", title="Looking")
    log.emit("progress", done=15, total=15, unit="checks")
    assert preparing.progress(started[0]) == (pytest.approx(1.0), "Looking")
    log.close()


def test_a_stop_is_a_stop_until_the_person_wants_it_again(home: Path, started: list[Path]) -> None:
    project = opened()
    app = show("check", project=project.id)
    app.button(key="stop-preparing").click().run()
    assert (started[0] / jobs.STOP).read_text() == jobs.KEEP
    assert work(started[0]) == 0
    app = show("check", project=project.id)
    assert "You stopped the look at your rows" in said(app)
    assert len(started) == 1
    app.button(key="again").click().run()
    assert len(started) == 2
    assert "it goes on" in said(app)


def test_what_cannot_be_learned_is_said_with_the_ways_back(home: Path, started: list[Path]) -> None:
    project = opened("text,label\n" + "some words,yes\n" * 60)
    show("check", project=project.id)
    assert work(started[0]) == 2
    app = show("check", project=project.id)
    assert "the same label" in said(app)
    app.button(key="back").click().run()
    assert "Which spreadsheet" in app.title[0].value
    assert len(started) == 1


def test_a_job_that_was_killed_is_said_and_can_be_tried_again(home: Path, started: list[Path]) -> None:
    project = opened()
    show("check", project=project.id)
    write_json(started[0] / jobs.STATUS, {"state": "running"})
    app = show("check", project=project.id)
    assert "cut off before it was done" in said(app)
    app.button(key="again").click().run()
    assert len(started) == 2


def mended(project: Project) -> None:
    dataset = load_dataset(project.dataset_folder)
    project.save_mends([*project.mends(), make_mend(dataset, Fix("leave_out", "Leave out one", rows=(2,)))])


def test_a_change_is_prepared_anew_and_the_job_it_replaces_is_ended(home: Path, started: list[Path]) -> None:
    project = opened()
    show("check", project=project.id)
    work(started[0])
    mended(project)
    show("check", project=project.id)
    project.save_mends([])
    assert is_prepared(project), "what was undone before anything was made needs nothing"
    mended(project)
    show("check", project=project.id)
    _first, second, third = started
    assert (second / jobs.STOP).read_text() == jobs.CANCEL
    project.save_mends([])  # the job has its own copy
    work(second)
    work(third)
    assert jobs.job_state(second).state == "cancelled"
    assert not is_prepared(project)
    assert read_json(project.dataset_folder / "dataset.json")["counts"]["left_out"] == 1
    show("check", project=project.id)
    assert len(started) == 4, "the first job is done, but what it made was replaced"


def test_a_file_whose_table_is_gone_is_read_again_first(home: Path, started: list[Path]) -> None:
    project = opened()
    with pytest.raises(TlcoreError, match="not been looked at"):
        prepare(project)
    shutil.rmtree(table_folder(project))
    show("check", project=project.id)
    assert work(started[0]) == 0
    assert prepare(project).learned_from == 60
