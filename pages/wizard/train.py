"""How is it going? A training, seen from outside: everything here comes from the run's folder."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts import problems, shell, state
from pages.parts import train_ends as ends
from pages.parts import train_parts as parts
from pages.parts.writing_parts import samples
from tlcore import jobs
from tlcore.workspace import Project

TICK = 1.0  # seconds between two looks while a training is alive


def show() -> None:
    project, run = state.require_run()
    alive = jobs.job_state(run).alive
    st.fragment(run_every=TICK if alive else None)(follow)(project, run, alive)


def follow(project: Project, run: Path, was_alive: bool) -> None:
    """One look; when the state has changed since the page was drawn, the whole page is drawn again."""
    with problems.guard():
        job, view = jobs.job_state(run), parts.view_of(run)
        if job.alive != was_alive:
            st.rerun()
        if job.alive:
            ends.insist(run, job)
            asked, waking = ends.wish(run)[0], parts.waking(run, job, view)
            shell.answer(parts.sentence(view, job, asked, waking))
            parts.progress(view, asked, waking)
            ends.buttons(run, view)
        else:
            ends.ended(project, run, job, view)
        st.space("small")
        parts.graphs(view, run)
        samples(view)
        parts.guesses(view)
        parts.remembers(view)
        parts.picture(view, run, job.alive)
        parts.speeds(view, run)
        parts.said(view, job.error)
        if job.alive:
            st.caption("You can close this page: the training goes on. Come back to this address to see it again.")


shell.page("train", "How is it going?")
show()
