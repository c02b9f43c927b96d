"""A large file opened where it lies: not copied, read once, refused where others could reach it."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st

from pages.parts import intake
from pages.parts.prepared import prepare
from pages.parts.spreadsheet import spreadsheet
from tests.pages.helpers import TICKETS, said, show
from tlcore.workspace import Workspace


def open_it(path: str):
    app = show("data")
    app.text_input(key="path").set_value(path)
    return next(button for button in app.button if button.label == "Open it").click().run()


def test_a_file_is_read_where_it_lies(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "far away.csv"
    file.write_text(TICKETS)
    app = open_it(f' "{file}" ')
    assert not app.exception
    project = Workspace().projects()[0]
    assert project.name == "Far away"
    assert project.upload() is None, "nothing was copied"
    assert spreadsheet(project) == file
    assert "60 rows and 2 columns" in said(app)
    assert prepare(project).learned_from == 60
    file.write_text(TICKETS + "one more parcel was lost,Delivery\n")
    assert prepare(project).learned_from == 61, "a changed file is read again"
    app.file_uploader[0].upload("mine.csv", TICKETS.encode(), "text/csv").run()
    assert spreadsheet(project) == project.upload()


@pytest.mark.parametrize(
    ("path", "words"),
    [("/no/such/file.csv", "There is no such file"), ("rows.csv", "The whole path is needed"), ("", "whole path")],
)
def test_what_is_no_file_is_said(home: Path, path: str, words: str) -> None:
    app = open_it(path)
    assert words in said(app)
    assert Workspace().projects() == []


def test_a_file_that_was_moved_is_said(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(TICKETS)
    open_it(str(file))
    file.unlink()
    app = show("data", project=Workspace().projects()[0].id)
    assert not app.exception
    assert "There is no such file" in said(app)


def test_nothing_is_opened_for_other_computers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = st.get_option
    monkeypatch.setattr(intake.st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else plain(name))
    app = show("data")
    assert "serves other computers" in said(app)
    assert [box for box in app.text_input if box.key == "path"] == []


def test_a_bar_shows_how_far_a_large_file_is_read(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, str]] = []

    class Bar:
        def progress(self, share: float, text: str) -> None:
            told.append((share, text))

    monkeypatch.setattr(intake, "REPAINT_SECONDS", -1.0)
    paint = intake._painter(Bar())
    paint(2**20, 2**22)
    assert told == [(0.25, "Reading: 1 of 4 MB …")]
