"""Step 3: what the rows look like, what is left out, and what stands in the way."""

from __future__ import annotations

import streamlit as st

from pages.parts import findings, shell, state
from pages.parts.prepared import is_prepared, prepare
from pages.parts.problems import problem
from tlcore.errors import TlcoreError


def main() -> None:
    shell.page("check", "Are the rows fit to learn from?")
    project = state.require_project()
    shell.require_open("check", project)
    try:
        fresh = not is_prepared(project)
        with st.spinner("Looking at every row …"):
            found = prepare(project)
    except TlcoreError as error:
        problem(error)
        findings.undo(project)
        if shell.primary("Back to Data", key="back"):
            state.go("data")
        return
    if fresh:
        st.rerun()  # the next step is open now, and the line of steps above is to say so
    findings.headline(found)
    findings.problems(project, found)
    findings.undo(project)
    if shell.primary("Choose how to train"):
        state.go("plan")
    findings.picture(found)
    findings.other_rows(found)


main()
