"""Step 2, seen by somebody new to it: what was guessed, what to do where it cannot go on, another file in place of the first."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import streamlit as st

from pages.parts.spreadsheet import table_folder
from tests.pages.helpers import TICKETS, new_project, opened, said, show
from tlcore.workspace import Workspace


def test_one_column_in_one_of_many_sheets_leads_to_the_others(home: Path) -> None:
    book, packed = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "Read me"
    book.active.append(["Guest survey"])
    book.active.append(["See the other sheet"])
    answers = book.create_sheet("Answers")
    for row in [["comment", "mood"], *[[f"the room {i} was fine", "ab"[i % 2]] for i in range(20)]]:
        answers.append(row)
    book.save(packed)
    project = new_project(packed.getvalue(), "survey.xlsx")
    project.save_draft({"read": {"sheet": "Read me"}})
    app = show("data", project=project.id)
    assert "Where: sheet “Read me”" in said(app)
    assert "Choose another sheet above" in said(app)
    app.selectbox(key=f"{project.id}/read.sheet").set_value("Answers").run()
    assert "20 rows and 2 columns" in said(app)
    assert not app.button(key="primary").disabled


def test_without_right_answers_the_labels_are_named(home: Path) -> None:
    project = new_project("id,note\n" + "".join(f"{i},the room number {i} was cold and dark\n" for i in range(30)))
    app = show("data", project=project.id)
    app.selectbox(key=f"{project.id}/roles.label").set_value("").run()
    assert "name the labels here" in said(app)
    assert app.button(key="primary").disabled
    assert app.button(key="primary").help == "No label is named."


def test_it_says_that_the_columns_were_guessed_until_one_is_chosen(home: Path) -> None:
    project = new_project(TICKETS.replace("text,label", "message,team"))
    app = show("data", project=project.id)
    assert "Nudge guessed both columns" in said(app)
    app.multiselect[0].set_value(["message", "team"]).run()
    assert "Nudge guessed" not in said(app)


def test_what_a_way_of_reading_offers_is_called_the_same_for_every_file(home: Path) -> None:
    """A browser holds the words of the option it shows, and sends them back for the next file."""
    project = new_project(TICKETS)
    names = [f"{project.id}/read.{name}" for name in ("encoding", "delimiter", "header_row", "header_rows")]
    first = [show("data", project=project.id).selectbox(key=name).options for name in names]
    project.save_upload("other.csv", ("A title\n\n" + TICKETS.replace(",", ";") + "café;Praise\n").encode("cp1252"))
    app = show("data", project=project.id)
    assert "letters stored as cp1252" in said(app)
    assert [app.selectbox(key=name).options for name in names] == first


def test_a_file_is_called_as_its_owner_calls_it(home: Path) -> None:
    app = show("data")
    app.file_uploader[0].upload("Feedback (May) & more.csv", TICKETS.encode(), "text/csv").run()
    project = Workspace().projects()[0]
    assert "read from Feedback (May) & more.csv" in said(app)
    assert project.name == "Feedback (may) & more"
    app.file_uploader[0].upload("June.csv", TICKETS.encode(), "text/csv").run()
    assert project.name == "June", "the name came from the file, so it goes with it"


def test_a_kept_table_that_cannot_be_used_is_read_anew(home: Path) -> None:
    """Kept by an older Nudge, or damaged: the file itself is still there."""
    project = opened()
    show("data", project=project.id)
    kept = table_folder(project) / "table.arrow"
    kept.write_bytes(kept.read_bytes()[:100])
    st.cache_data.clear()  # as after a restart
    app = show("data", project=project.id)
    assert not app.error
    assert "60 rows" in said(app)


def test_that_nothing_was_chosen_of_one_file_says_nothing_of_the_next(home: Path) -> None:
    project = new_project(TICKETS)
    app = show("data", project=project.id)
    app.multiselect[0].set_value([]).run()
    assert "No text column is chosen" in said(app)
    assert "No text column is chosen" in said(show("data", project=project.id))  # a reload changes nothing
    app = show("data", project=project.id)
    app.file_uploader[0].upload("next.csv", TICKETS.encode(), "text/csv").run()
    assert not app.exception
    assert app.multiselect[0].value == ["text"]
    assert not app.button(key="primary").disabled


def test_an_empty_choice_that_comes_together_with_another_file_is_the_browsers_not_the_users(home: Path) -> None:
    project = new_project(TICKETS)
    app = show("data", project=project.id)
    app.multiselect[0].set_value([])
    app.file_uploader[0].upload("next.csv", TICKETS.encode(), "text/csv").run()
    assert app.multiselect[0].value == ["text"]
    assert (project.draft()["roles"]["text"], project.draft()["file"]) == (["text"], "next.csv")
