"""The shelf on the Use screen, and the small zip: with a run that was trained."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shelf_parts import size
from tests.pages import fake_run
from tests.pages.helpers import said, show
from tlcore.shelf import shelved
from tlcore.workspace import Project, Workspace


@pytest.fixture
def project(home: Path) -> Project:
    return fake_run.make_project(home, "My <b>tickets</b>")


@pytest.fixture
def run(project: Project, trained: Any) -> Path:
    folder = project.new_run_folder()
    shutil.copytree(trained.folder, folder)
    return folder


def look(project: Project, run: Path, view: str = "Shelf of small parts") -> AppTest:
    project.save_draft({"use": view})
    app = show("use", run=run.name)
    assert not app.exception
    return app


def test_a_part_is_put_there_asked_renamed_and_taken_off(project: Project, run: Path) -> None:
    app = look(project, run)
    assert "The shelf is empty" in said(app)
    app.button(key="shelve").click().run()
    assert not app.exception
    (item,) = shelved(Workspace())
    assert item.name == "My <b>tickets</b>"
    app.text_area[0].input("Where is my parcel?").run()
    assert not app.exception
    assert "% sure" in said(app)
    assert not app.toggle  # only a classifier was taught: nothing can be switched off
    app.text_input[0].input("Tickets of May")
    next(b for b in app.button if b.label == "Rename").click().run()
    assert shelved(Workspace())[0].name == "Tickets of May"
    app.button(key=f"off-{item.id}").click().run()
    assert shelved(Workspace()) == []
    assert "The shelf is empty" in said(app)


def test_a_run_without_a_small_part_says_so(project: Project, tiny_trained: Any) -> None:
    folder = project.new_run_folder()
    shutil.copytree(tiny_trained.folder, folder)
    app = look(project, folder)
    assert "own weights moved" in said(app)
    assert "Only what was added" not in said(look(project, folder, "Take it away"))


def test_the_small_zip_is_made_when_asked_for(project: Project, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlcore import jobs
    from tlcore.bundle.adapter_zip import make_adapter_zip

    monkeypatch.setattr(jobs, "start_job", lambda folder: make_adapter_zip(run))
    app = look(project, run, "Take it away")
    app.button(key="make-small-zip").click().run()
    assert not app.exception
    assert "put it together with its base" in said(app)


def test_sizes_are_said_in_words() -> None:
    assert [size(n) for n in (10, 640_123, 1_330_000)] == ["1 kB", "640 kB", "1.3 MB"]
