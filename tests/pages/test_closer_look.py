"""The slower checks on the Check page: one job for each state of the rows, never waited for, its finds in the same list."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.parts import deep
from pages.parts.prepared import prepare
from tests.pages.helpers import TICKETS, opened, said, show
from tlcore import jobs
from tlcore.checks import Fix, Problem
from tlcore.datasets import load_dataset
from tlcore.errors import TlcoreError
from tlcore.events import EventLog
from tlcore.files import read_json, write_json
from tlcore.mend import make_mend

WRONG = Problem(
    "likely_wrong", "2 labels look wrong.", "warning", 0.2, "Read them.", (2, 5),
    (Fix("relabel", "Take all 2 suggestions", rows=(2, 5), values=("Billing", "Delivery")),), ("looks like “Billing”", ""),
)  # fmt: skip


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The jobs that were started; none of them runs."""
    found: list[Path] = []
    monkeypatch.setattr("tlcore.jobs.start_job", found.append)
    return found


def end(job: Path, state: str = "done", problems: tuple[Problem, ...] | None = None, error: TlcoreError | None = None):
    """As the worker leaves it."""
    if problems is not None:
        write_json(job / "problems.json", [problem.to_json() for problem in problems])
    write_json(job / "status.json", {"state": state, "error": error.to_json() if error else None})


def test_it_starts_by_itself_once_and_nobody_has_to_wait(home: Path, started: list[Path]) -> None:
    project = opened()
    app = show("check", project=project.id)
    assert not app.exception
    assert len(started) == 1
    args = read_json(started[0] / "job.json")["args"]
    assert args["dataset"] == str(project.dataset_folder)
    assert (Path(args["table"]) / "table.arrow").exists()
    assert "You need not wait" in said(app)
    assert not app.button(key="primary").disabled
    show("check", project=project.id)
    assert len(started) == 1, "a second tab follows the same job"


def test_the_bar_says_what_it_does(home: Path, started: list[Path]) -> None:
    project = opened()
    show("check", project=project.id)
    log = EventLog(started[0])
    assert deep.progress(started[0]) == (0.0, "Starting")
    log.emit("phase", name="encode", title="Reading")
    log.emit("progress", done=1, total=2, unit="texts")
    assert deep.progress(started[0]) == (pytest.approx(0.425), "Reading")
    log.emit("phase", name="check", title="Looking")
    log.emit("progress", done=5, total=5, unit="checks")
    assert deep.progress(started[0]) == (pytest.approx(1.0), "Looking")
    log.close()


def test_what_it_finds_joins_the_list_gravest_first(home: Path, started: list[Path]) -> None:
    project = opened(TICKETS + "lonely words,Odd\n")
    show("check", project=project.id)
    end(started[0], problems=(WRONG,))
    app = show("check", project=project.id)
    text = said(app)
    assert text.index("2 labels look wrong") < text.index("1 class has a single row")
    assert "You need not wait" not in text
    app.button(key="likely_wrong-0").click().run()
    assert "2 rows change" in said(app)
    app.button(key="do-likely_wrong").click().run()
    assert not app.exception
    rows = dict(zip(*(load_dataset(project.dataset_folder).rows[name][:5] for name in ("row", "label")), strict=True))
    assert (rows[2], rows[5]) == ("Billing", "Delivery")


def test_a_change_ends_the_old_job_and_starts_a_new_one(home: Path, started: list[Path]) -> None:
    project = opened(TICKETS + "lonely words,Odd\n")
    app = show("check", project=project.id)
    app.button(key="single_rows-0").click().run()
    app.button(key="do-single_rows").click().run()
    assert len(started) == 2
    assert (started[0] / "stop").read_text() == jobs.CANCEL
    assert not (started[1] / "stop").exists()


def test_until_the_new_look_is_done_the_old_finds_stay_but_for_what_was_mended(home: Path, started: list[Path]) -> None:
    project = opened(TICKETS + "lonely words,Odd\n")
    show("check", project=project.id)
    end(
        started[0],
        problems=(WRONG, Problem("outliers", "1 text is unlike the rest.", "info", 0.9, "Look at it.", (3,))),
    )
    app = show("check", project=project.id)
    app.button(key="likely_wrong-0").click().run()
    app.button(key="do-likely_wrong").click().run()
    assert "2 labels look wrong" not in said(app)
    assert "1 text is unlike the rest" in said(app)
    assert "from before your last change" in said(app)
    end(started[1], problems=())
    again = show("check", project=project.id)
    assert "unlike the rest" not in said(again)


def test_going_back_to_rows_that_were_looked_at_needs_no_new_look(home: Path, started: list[Path]) -> None:
    project = opened(TICKETS + "lonely words,Odd\n")
    show("check", project=project.id)
    end(started[0], problems=(WRONG,))
    mend = make_mend(load_dataset(project.dataset_folder), Fix("leave_out", "Leave out", rows=(62,)))
    project.save_mends([mend])
    show("check", project=project.id)
    assert len(started) == 2
    project.save_mends([])
    app = show("check", project=project.id)
    assert len(started) == 2
    assert "2 labels look wrong" in said(app)
    assert "You need not wait" not in said(app)


def test_a_failed_look_says_so_and_can_be_tried_again(home: Path, started: list[Path]) -> None:
    project = opened()
    show("check", project=project.id)
    end(started[0], "failed", error=TlcoreError("The disk is full.", "", "Free some space."))
    app = show("check", project=project.id)
    assert "The disk is full" in said(app)
    assert not app.button(key="primary").disabled
    app.button(key="look-again").click().run()
    assert len(started) == 2
    assert "You need not wait" in said(app)


def test_a_look_that_was_killed_says_so(home: Path, started: list[Path]) -> None:
    project = opened()
    show("check", project=project.id)
    write_json(started[0] / "status.json", {"state": "running"})
    assert "stopped before it was done" in said(show("check", project=project.id))


def test_very_many_rows_are_looked_at_only_when_asked(
    home: Path, started: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deep, "MOST_UNASKED", 59)
    project = opened()
    app = show("check", project=project.id)
    assert started == []
    assert "With so many it takes long" in said(app)
    assert not app.button(key="primary").disabled
    app.button(key="look-again").click().run()
    assert len(started) == 1
    assert "You need not wait" in said(app)


def test_old_looks_are_cleared_away(home: Path, started: list[Path]) -> None:
    project = opened()
    for seed in range(9):
        project.save_draft({"seed": seed})
        found = prepare(project)
        job = deep.look(project, found).job
        end(job, problems=())
    deep.look(project, prepare(project))
    assert sum(job.exists() for job in started) == deep.MOST_KEPT
