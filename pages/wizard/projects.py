"""Step 1: continue a project, start a new one, or try an example."""

from __future__ import annotations

import streamlit as st

from pages.parts import listing, shell, state
from pages.parts.problems import problem
from pages.parts.words import escape_md, plural
from tlcore.errors import TlcoreError
from tlcore.workspace import Project

NEWEST, IN_A_ROW = 8, 3
"""Projects that are shown at once; examples beside each other."""


def main() -> None:
    shell.page("projects", "What would you like to work on?")
    try:
        state.project()
    except TlcoreError as error:
        problem(error)
    projects = state.workspace().projects()
    if projects:
        shell.answer("Continue where you left off, or start something new.")
    else:
        shell.answer("Bring a spreadsheet of texts that somebody has sorted already; Nudge learns to sort new ones.")
        st.write("One column holds the texts, one the right answers. No spreadsheet at hand? Try an example below.")
    if shell.primary("Start from a spreadsheet"):
        state.open_project(None)
        state.go("data")
    if projects:
        st.subheader("Your projects", anchor=False)
        for project in projects[:NEWEST]:
            _project(project)
        _older(projects[NEWEST:])
    _examples()


def _older(projects: list[Project]) -> None:
    """Folded, and read only when somebody opens it: a year of work is not to hide the examples, nor to slow the page."""
    if not projects:
        return
    opened = st.expander(plural(len(projects), "older project"), key="older", on_change="rerun")
    if opened.open:
        with opened:
            for project in projects:
                _project(project)


def _project(project: Project) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            st.markdown(f"**{escape_md(project.name)}**")
            st.caption(escape_md(listing.about(project)))
        if st.button("Continue", key=f"continue-{project.id}"):
            state.open_project(project)
            state.go(listing.next_step(project))
        with st.popover("More", key=f"more-{project.id}"):
            name = st.text_input("Name", project.name, key=f"name-{project.id}", max_chars=80)
            if st.button("Rename", key=f"rename-{project.id}", disabled=not name.strip()):
                project.rename(name)
                st.rerun()
            if st.button("Delete …", key=f"delete-{project.id}"):
                _confirm(project)


@st.dialog("Delete this project?")
def _confirm(project: Project) -> None:
    st.text(project.name)
    st.write("Its spreadsheet, its models and everything else in it go to Nudge's trash folder (see Settings).")
    with st.container(horizontal=True):
        if st.button("Delete it", type="primary", key="delete-yes", on_click=_delete, args=(project,)):
            st.rerun()
        if st.button("Keep it", key="delete-no"):
            st.rerun()


def _delete(project: Project) -> None:
    state.workspace().delete_project(project.id)
    state.open_project(None)


def _examples() -> None:
    found = listing.examples()
    if not found:
        return
    st.subheader("Try an example", anchor=False)
    for first in range(0, len(found), IN_A_ROW):
        for column, example in zip(st.columns(IN_A_ROW), found[first : first + IN_A_ROW], strict=False):
            with column, st.container(border=True, height="stretch"):
                _example(example)


def _example(example: listing.Example) -> None:
    st.markdown(f"**{escape_md(example.title)}**")
    st.caption(escape_md(example.sentence))
    if st.button("Try this one", key=f"try-{example.file.stem}"):
        project = state.workspace().create_project(example.title)
        project.save_upload(example.file.name, example.file)
        state.open_project(project)
        state.go("data")


main()
