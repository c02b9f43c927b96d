"""The slower checks on the screen: a bar while they run, what to do where they failed; the person need not wait for them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts import deep, mending
from pages.parts.prepared import Prepared
from pages.parts.problems import guard, problem
from pages.parts.words import number
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.workspace import Project

TICK = 1.0


def under_way(project: Project, found: Prepared, seen: deep.Look) -> None:
    """Where the closer look stands; nothing once all that it found is in the list."""
    if seen.fresh:
        return
    if seen.job is None:
        _ask(project, found)
        return
    alive = seen.state.alive
    st.fragment(run_every=TICK if alive else None)(_follow)(project, found, seen, seen.job, alive)


def _ask(project: Project, found: Prepared) -> None:
    """So many rows are not looked at unasked: it keeps the computer busy for long."""
    with st.container(border=True, key="closer"):
        st.markdown(
            f"**A closer look at all {number(found.facts.rows)} texts** finds labels that are likely wrong, texts that nearly repeat, "
            "and short ways to the label. With so many it takes long; you can go on meanwhile, also to training."
        )
        st.button("Start the closer look", key="look-again", on_click=_again, args=(project, found))


def _follow(project: Project, found: Prepared, seen: deep.Look, job: Path, was_alive: bool) -> None:
    """One look at the job; when it has ended, the whole page is drawn again, unless somebody is in the middle of something."""
    with guard(), st.container(border=True, key="closer"):
        now = jobs.job_state(job)
        if now.alive:
            share, title = deep.progress(job)
            st.progress(share, text=f"A closer look at every text: {title} …")
            again = " What is shown of it until then is from before your last change." if seen.cards else ""
            st.caption(f"You need not wait: go on, and come back for what it finds.{again}")
        elif not was_alive:
            _ended(project, found, seen, job)
        elif mending.is_busy():
            st.markdown("The closer look is done.")
            if st.button("Show what it found", key="show-found"):
                st.rerun()
        else:
            st.rerun()


def _ended(project: Project, found: Prepared, seen: deep.Look, job: Path) -> None:
    """It ended without a result: why, and another try."""
    error = seen.state.error or TlcoreError(
        "The closer look at your texts stopped before it was done.",
        "",
        "Try again. Everything else on this page is there without it.",
    )
    problem(error, jobs.log_tail(job) or None)
    st.button("Try again", key="look-again", on_click=_again, args=(project, found))


def _again(project: Project, found: Prepared) -> None:
    deep.start(project, found)
