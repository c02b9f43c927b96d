"""The preparation of many rows on the Check page: a bar while the job runs, and what to do where it ended without a result."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts import mending, preparing, shell, state
from pages.parts.prepared import is_prepared
from pages.parts.problems import guard, problem
from pages.parts.words import escape_md
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.workspace import Project

TICK = 1.0


def wait(project: Project) -> None:
    """Where the job stands, which is started if there is none. Raises TlcoreError for a damaged list of mends."""
    job = preparing.current(project) or preparing.start(project)
    alive = jobs.job_state(job).alive
    if alive:
        st.fragment(run_every=TICK)(_follow)(project, job)
    elif is_prepared(project):  # it ended since the page asked
        st.rerun()
    else:
        _ended(project, job)


def _follow(project: Project, job: Path) -> None:
    """One look at the job; when it has ended, the whole page is drawn again."""
    with guard(), st.container(border=True, key="preparing"):
        now = jobs.job_state(job)
        if not now.alive:
            st.rerun()
        share, title = preparing.progress(job)
        st.progress(share, text=f"{escape_md(title)} …")
        if now.state == "stopping":
            st.caption("Stopping after this step; that can take a minute.")
            return
        st.caption(
            "You have many rows, so this takes a minute or more. You can reload or close this page, or look at the others: it goes on."
        )
        st.button("Stop", key="stop-preparing", on_click=preparing.stop, args=(job,))


def _ended(project: Project, job: Path) -> None:
    """It ended without a result: why, and the ways on."""
    now = jobs.job_state(job)
    if now.state == "stopped":
        st.info("You stopped the look at your rows. Nothing was changed.")
        if shell.primary("Look at them now", key="again"):
            _again(project)
        return
    error = now.error or TlcoreError(
        "The look at your rows was cut off before it was done.", "", "Look at them again. Nothing you entered is lost."
    )
    problem(error, jobs.log_tail(job) or None)
    mending.what_you_changed(project, mending.steps_of(project))
    if st.button("Look at them again", key="again"):
        _again(project)
    if shell.primary("Back to Data", key="back"):
        state.go("data")


def _again(project: Project) -> None:
    preparing.start(project)
    st.rerun()
