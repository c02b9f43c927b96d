"""What was changed, as the Check page tells it: once, with its way back, and where it no longer fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.parts import mending
from pages.parts.prepared import prepare
from tests.pages.helpers import TICKETS, opened, said, show
from tlcore.checks import Fix
from tlcore.datasets import load_dataset
from tlcore.mend import Mend, make_mend
from tlcore.workspace import Project


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlcore.jobs.start_job", lambda folder: None)


def leaving_out(project: Project, *rows: int) -> Mend:
    prepare(project)
    return make_mend(load_dataset(project.dataset_folder), Fix("leave_out", "Leave out", rows=rows))


def test_a_fix_that_is_clicked_twice_is_done_once(home: Path) -> None:
    project = opened()
    mend = leaving_out(project, 3)
    mending.apply(project, mend)
    mending.apply(project, mend)
    assert [one.id for one in project.mends()] == [mend.id]


def test_steps_with_the_same_name_are_told_apart(home: Path) -> None:
    project = opened()
    for rows in ((3,), (8, 12)):
        mending.apply(project, leaving_out(project, *rows))
    app = show("check", project=project.id)
    assert "Left out 1 row (3)." in said(app)
    assert "Left out 2 rows (8, 12)." in said(app)


def test_what_no_longer_fits_the_file_is_seen_without_a_click(home: Path) -> None:
    project = opened()
    for row in (3, 5, 7, 8, 9):
        mending.apply(project, leaving_out(project, row))
    app = show("check", project=project.id)
    assert _steps(app).label == "What you changed: 5 steps"
    assert not _steps(app).proto.expanded, "a long list is folded"
    project.save_upload("rows.csv", TICKETS.replace("the invoice 0 is", "the invoice 0 was").encode())
    app = show("check", project=project.id)
    assert _steps(app).label == "What you changed: 5 steps, 1 of them not on all rows any more"
    assert _steps(app).proto.expanded
    assert "Leave out: 1 row was not found any more (row 3 when this step was made)" in said(app)


def test_all_steps_can_be_undone_at_once_after_a_question(home: Path) -> None:
    project = opened()
    mending.apply(project, leaving_out(project, 3))
    app = show("check", project=project.id)
    assert not [button for button in app.button if button.key == "undo-all-yes"], "one step has its own way back"
    mending.apply(project, leaving_out(project, 5))
    app = show("check", project=project.id)
    app.button(key="undo-all-yes").click().run()
    assert not app.exception
    assert project.mends() == []
    assert "What you changed" not in str([box.label for box in app.expander])


def _steps(app):
    return next(box for box in app.expander if box.label.startswith("What you changed"))
