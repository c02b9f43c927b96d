"""Labels edited by hand: what was typed, kept until it is saved; saved as one step; rows found by a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.parts import edits, grid, state
from pages.parts.found import find_rows, rows_of
from pages.parts.prepared import prepare
from tests.pages.helpers import TICKETS, opened, said, show
from tlcore.datasets import load_dataset

ROWS = [
    {"row": 2, "text": "one", "label": "a", "used": True},
    {"row": 3, "text": "two", "label": "b", "used": True},
    {"row": 9, "text": "three", "label": "", "used": False},
]


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlcore.jobs.start_job", lambda folder: None)


def test_what_is_typed_becomes_edits_by_row() -> None:
    typed = {0: {"label": "b"}, 1: {"leave out": True}, 2: {"label": "a", "leave out": False}}
    found = edits.merged({}, ROWS, {}, typed)
    assert found == {2: {"label": "b"}, 3: {"use": "no"}, 9: {"label": "a", "use": "yes"}}


def test_typing_back_what_was_there_is_no_edit() -> None:
    assert edits.merged({2: {"label": "b"}}, ROWS, {}, {0: {"label": "a"}, 1: {"leave out": False}}) == {}
    assert edits.merged({}, ROWS, {}, {0: {"label": None}}) == {2: {"label": ""}}


def test_edits_of_other_grids_and_those_before_a_reload_stay() -> None:
    before = {2: {"label": "b"}, 40: {"use": "no"}}
    assert edits.merged(before, ROWS, {2: {"label": "b"}}, {1: {"label": "c"}}) == before | {3: {"label": "c"}}


def test_a_grid_is_filled_with_what_was_typed_before() -> None:
    filled = edits.filled(ROWS, {2: {"label": "b"}, 3: {"use": "no"}})
    assert filled == {"label": ["b", "b", None], "leave out": [False, True, True]}


def test_edits_belong_to_the_rows_they_were_made_on(home: Path) -> None:
    project = opened()
    edits.keep(project, {3: {"label": "Delivery"}})
    assert edits.pending(project) == {3: {"label": "Delivery"}}
    project.save_draft({"roles": {"text": ["label"], "label": ["text"]}})
    assert edits.pending(project) == {}
    edits.keep(project, {})
    assert "edits" not in project.draft()


def test_unsaved_edits_are_there_after_a_reload_and_saved_as_one_step(home: Path) -> None:
    project = opened()
    prepare(project)
    edits.keep(project, {3: {"label": "Delivery"}, 4: {"use": "no"}})
    app = show("check", project=project.id)
    assert "2 edited rows, not saved yet" in said(app)
    app.button(key="save-top").click().run()
    assert not app.exception
    assert [(mend.kind, mend.rows) for mend in project.mends()] == [("grid", 2)]
    assert edits.pending(project) == {}
    assert "not saved yet" not in said(app)
    rows = rows_of(load_dataset(project.dataset_folder), [3, 4])
    assert [(row["label"], row["used"]) for row in rows] == [("Delivery", True), ("Delivery", False)]


def test_edits_can_be_thrown_away(home: Path) -> None:
    project = opened()
    prepare(project)
    edits.keep(project, {3: {"label": "Delivery"}})
    app = show("check", project=project.id)
    app.button(key="drop-top").click().run()
    assert edits.pending(project) == {}
    assert project.mends() == []


def test_edits_that_change_nothing_are_explained(home: Path) -> None:
    project = opened()
    prepare(project)
    edits.keep(project, {3: {"label": "Billing"}})
    app = show("check", project=project.id)
    app.button(key="save-top").click().run()
    assert "This changes nothing" in said(app)


def test_a_grid_opens_under_a_problem(home: Path) -> None:
    project = opened(TICKETS + "my parcel number 1 never came,Delivery\n")
    app = show("check", project=project.id)
    app.button(key="duplicates-edit").click().run()
    assert not app.exception
    assert app.button(key="close-duplicates")
    app.button(key="close-duplicates").click().run()
    assert "close-duplicates" not in [button.key for button in app.button]


def test_rows_are_found_by_word_label_and_number(home: Path) -> None:
    project = opened(TICKETS)
    prepare(project)
    dataset = load_dataset(project.dataset_folder)
    assert find_rows(dataset, "invoice  7 ") == ([17], 1)
    assert find_rows(dataset, "BILLING", most=3) == ([3, 5, 7], 30)
    assert find_rows(dataset, "61") == ([61], 1)
    assert find_rows(dataset, " ") == ([], 0)
    app = show("check", project=project.id)
    app.session_state["find-rows"] = True
    app.run()
    app.text_input(key=f"{project.id}/find").set_value("nowhere").run()
    assert "No row holds “nowhere”" in said(app)
    app.text_input(key=f"{project.id}/find").set_value("invoice").run()
    assert not app.exception
    assert "30 rows found" in said(app)
    assert project.draft()["find"] == "invoice"


def test_saving_twice_is_saving_once(home: Path) -> None:
    """A second click lands before the page is drawn anew."""
    project = opened()
    prepare(project)
    edits.keep(project, {3: {"label": "Delivery"}})
    grid._save(project)
    grid._save(project)
    assert len(project.mends()) == 1
    assert state.forget(grid.FAILURE) is None
