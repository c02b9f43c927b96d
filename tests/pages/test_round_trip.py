"""Rows to Excel and back, and the list of everything, as the Check page offers them."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from pages.parts import round_trip
from pages.parts.prepared import prepare
from tests.pages.helpers import TICKETS, opened, said, show
from tlcore.datasets import load_dataset
from tlcore.workspace import Project

CLASH = TICKETS + "my parcel number 1 never came,Billing\n"  # row 62 contradicts row 4


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlcore.jobs.start_job", lambda folder: None)


def reviewed(project: Project, decisions: dict[int, str]) -> bytes:
    """The file to review, filled in by row number."""
    cards = [card for card in prepare(project).problems if card.id == "contradictions"]
    book = openpyxl.load_workbook(io.BytesIO(round_trip._review_file(project, cards)))
    sheet = book["Review"]
    for line in sheet.iter_rows(min_row=2):
        if line[0].value in decisions:
            line[5].value = decisions[line[0].value]
    done = io.BytesIO()
    book.save(done)
    return done.getvalue()


def with_review(project: Project):
    app = show("check", project=project.id)
    app.session_state["review"] = True
    return app.run()


def test_a_reviewed_file_is_previewed_then_applied(home: Path) -> None:
    project = opened(CLASH)
    app = with_review(project)
    assert next(box.label for box in app.download_button) == "Download the rows to review"
    app.file_uploader[0].upload("mine.xlsx", reviewed(project, {62: "Delivery"}), round_trip.SHEET).run()
    assert not app.exception
    assert "mine.xlsx: 1 change, 1 without a decision." in said(app)
    assert project.mends() == []
    again = with_review(project)
    assert "mine.xlsx: 1 change" in said(again), "a reload loses nothing"
    again.button(key="do-review").click().run()
    assert not again.exception
    assert [(mend.kind, mend.rows) for mend in project.mends()] == [("review", 1)]
    assert "review" not in project.draft()
    assert "different labels" not in said(again)


def test_new_labels_are_taken_only_when_wished(home: Path) -> None:
    project = opened(CLASH)
    app = with_review(project)
    app.file_uploader[0].upload("mine.xlsx", reviewed(project, {4: "Lost", 62: "Delivery"}), round_trip.SHEET).run()
    assert "1 decision names a label that no row has yet" in said(app)
    assert "mine.xlsx: 1 change" in said(app)
    app.checkbox(key=f"{project.id}/new_labels").check().run()
    assert "mine.xlsx: 2 changes" in said(app)
    app.checkbox(key=f"{project.id}/new_labels").uncheck().run()
    assert "mine.xlsx: 1 change" in said(app)


def test_a_file_that_is_no_review_is_explained_and_put_away(home: Path) -> None:
    project = opened(CLASH)
    app = with_review(project)
    app.file_uploader[0].upload("other.csv", TICKETS.encode(), "text/csv").run()
    assert not app.exception
    assert "This is no reviewed sheet" in said(app)
    assert "Where: other.csv" in said(app)
    folder = project.job_folder(project.draft()["review"]["job"])
    app.button(key="review-close").click().run()
    assert "review" not in project.draft()
    assert not folder.exists()


def test_the_report_lists_what_was_found_and_left_out(home: Path) -> None:
    project = opened(CLASH + ",Billing\n")
    found = prepare(project)
    book = openpyxl.load_workbook(io.BytesIO(round_trip._report_file(project, found.problems)))
    lines = [[cell.value for cell in line] for line in book["Rows"].iter_rows(min_row=2)]
    assert {line[0] for line in lines} >= {4, 62, 63}
    assert any(line[0] == 63 and line[3] == "not learned from" for line in lines)
    app = show("check", project=project.id)
    assert "Download a list of everything found, left out or changed" in [box.label for box in app.download_button]


def test_the_decisions_in_a_sentence(home: Path) -> None:
    from tlcore.mend.decided import read_review

    project = opened(CLASH)
    prepare(project)
    file = home / "r.xlsx"
    file.write_bytes(reviewed(project, {4: "Delivery", 62: "leave out"}))
    result = read_review(file, load_dataset(project.dataset_folder))
    assert round_trip.decided_sentence(result) == "1 change, 1 row confirmed as it is."


def test_each_kind_of_problem_has_a_tick_of_its_own(home: Path) -> None:
    """The titles count rows: what was chosen must not hang on them."""
    project = opened(CLASH + ",Billing\nlonely words,Odd one\n")
    app = with_review(project)
    ticks = {box.key.rsplit(".", 1)[1]: box.value for box in app.checkbox if "review_rows" in box.key}
    assert ticks["contradictions"] is True
    assert ticks["single_rows"] is False
    app.checkbox(key=f"{project.id}/review_rows.contradictions").uncheck().run()
    assert "Tick at least one" in said(app)
    app.checkbox(key=f"{project.id}/review_rows.single_rows").check().run()
    assert project.draft()["review_rows"] == {"contradictions": False, "single_rows": True}
    project.save_upload("more.csv", (CLASH + ",Billing\nlonely words,Odd one\nmore lonely words,Odd two\n").encode())
    again = with_review(project)
    assert "2 classes have a single row" in again.checkbox(key=f"{project.id}/review_rows.single_rows").label
    assert again.checkbox(key=f"{project.id}/review_rows.single_rows").value is True
    assert again.checkbox(key=f"{project.id}/review_rows.contradictions").value is False
