"""Step 3: what the rows look like, what could mislead a model, and what mends it."""

from __future__ import annotations

import streamlit as st

from pages.parts import (
    cards,
    closer,
    deep,
    findings,
    grid,
    intake,
    marking,
    mending,
    preparing_view,
    round_trip,
    shell,
    state,
)
from pages.parts.found import gravest_first
from pages.parts.prepared import Prepared, is_large, is_prepared, prepare
from pages.parts.problems import problem
from tlcore.errors import TlcoreError
from tlcore.tasks import get_task
from tlcore.workspace import Project


def main() -> None:
    shell.page("check", "Are the rows fit to learn from?")
    project = state.require_project()
    shell.require_open("check", project)
    try:
        fresh = not is_prepared(project)
        if fresh:
            intake.read(project)  # under a bar, where the table is not on the disk any more
            if is_large(project):
                preparing_view.wait(project)
                return
        with st.spinner("Looking at every row …"):
            found = prepare(project)
    except TlcoreError as error:
        problem(error)
        mending.what_you_changed(project, mending.steps_of(project))
        marking.show(project, needed=True)
        if shell.primary("Back to Data", key="back"):
            state.go("data")
        return
    if fresh and marking.is_meant(project) and state.typed("primary"):
        state.go("plan")  # what was marked is counted in by the very click that goes on
    if fresh:
        st.rerun()  # the next step is open now, and the line of steps above is to say so
    _found(project, found)


def _found(project: Project, found: Prepared) -> None:
    findings.headline(found)
    mending.what_you_changed(project, found.steps)
    grid.waiting(project)
    seen = deep.look(project, found)
    listed = gravest_first([*found.problems, *seen.cards])
    cards.problem_list(project, listed, done=seen.fresh)
    closer.under_way(project, found, seen)
    if marking.is_meant(project):
        marking.show(project)
    else:
        grid.find(project)
        if get_task(found.task).typed:
            round_trip.review(project, found, listed)
    round_trip.report(project, listed)
    if shell.primary("Choose how to train"):
        state.go("plan")
    findings.sides(found)
    findings.picture(found)
    findings.notes(found)
    findings.other_rows(found)


main()
