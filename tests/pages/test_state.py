from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import state
from tlcore.workspace import Workspace

SCRIPT = """
from pages.parts import state
from tlcore.workspace import Workspace

project, = Workspace().projects()
state.kept(project, "roles.text", [], ["words", "more"])
emptied = lambda: state._keep(project, "roles.text", "emptied by the browser", None, drawn_at)
drawn_at = state.uploads()
import streamlit as st
st.session_state["emptied by the browser"] = []
"""


@pytest.mark.parametrize("told", ["state.uploaded(); emptied()", "emptied(); state.uploaded()"])
def test_a_list_emptied_together_with_a_new_file_is_not_the_users_wish(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order in which a browser's news are worked off is not ours to choose."""
    assert _after(told, tmp_path, monkeypatch) == ["words"]


def test_a_list_emptied_alone_stays_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _after("emptied(); state.forget(state.EMPTIED); state.uploaded()", tmp_path, monkeypatch) == []


def _after(told: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("NUDGE_HOME", str(home))
    project = Workspace().create_project("Mine")
    project.save_draft({"roles": {"text": ["words"]}})
    page = AppTest.from_string(SCRIPT + told.replace("; ", "\n")).run()
    assert not page.exception
    return state.lookup(project.draft(), "roles.text")


CHOICES = """
import streamlit as st
from pages.parts import state
from tlcore.workspace import Workspace

project, = Workspace().projects()
st.multiselect("Text", ["words", "more"], **state.kept(project, "roles.text", ["words"], ["words", "more"]))
"""


@pytest.mark.parametrize(("seconds", "again"), [(60.0, True), (0.0, False)])
def test_what_a_widget_shows_is_told_again_for_a_moment(
    seconds: float, again: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that is still loading the widget's code would show nothing chosen, and tell that at the next click."""
    monkeypatch.setenv("NUDGE_HOME", str(tmp_path))
    monkeypatch.setattr(state, "SURE_SECONDS", seconds)
    project = Workspace().create_project("Mine")
    page = AppTest.from_string(CHOICES).run()
    assert page.multiselect[0].proto.set_value
    page.run()
    assert (page.multiselect[0].proto.set_value, page.multiselect[0].value) == (again, ["words"])
    page.multiselect[0].set_value(["more"]).run()
    assert (page.multiselect[0].value, project.draft()["roles"]["text"]) == (
        ["more"],
        ["more"],
    )  # the user's word stands
