"""How a training is ended, paused and taken up again on the Train screen: what the user asks for, and what can be done then."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

from pages.parts import agree, problems, shell, state, words
from pages.parts.live import LiveView
from pages.parts.train_parts import how_far
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.jobs import JobState
from tlcore.runs import has_checkpoint
from tlcore.workspace import Project

PATIENCE_SECONDS = 5.0
"""A cancelled training that is still there after this is ended from outside."""


def wish(run: Path) -> tuple[str, float]:
    """What the user asked a run to do, one of jobs.WISHES or "", and how many seconds ago."""
    path = run / jobs.STOP
    try:
        return path.read_text(encoding="utf-8").strip() or jobs.KEEP, time.time() - path.stat().st_mtime
    except OSError:
        return "", 0.0


def insist(run: Path, job: JobState) -> None:
    """End a cancelled worker that does not answer. One that keeps something is left to finish: it still has to write."""
    asked, seconds = wish(run)
    if job.alive and asked == jobs.CANCEL and seconds > PATIENCE_SECONDS:
        jobs.end_process(run)


def buttons(run: Path, view: LiveView) -> None:
    """Stop and keep, pause, or cancel; cancelling asks once more."""
    asked, seconds = wish(run)
    if asked:
        if seconds > PATIENCE_SECONDS:
            _still_there(run, view, asked)
    elif state.recall("cancel") == run.name:
        st.warning("Cancel this training? What it has learned so far is thrown away.")
        with st.container(horizontal=True):
            st.button("Yes, cancel it", key="cancel-yes", on_click=_cancel, args=(run,))
            st.button("No, go on", key="cancel-no", on_click=state.forget, args=("cancel",))
    else:
        with st.container(horizontal=True):
            best = "Ends early; the best model so far is tested and packed."
            later = "Ends for now and frees the computer. You can go on later, also after a restart."
            ask = jobs.request_stop
            st.button("Stop and keep the best", key="stop", help=best, on_click=ask, args=(run, jobs.KEEP))
            if not view.packing:
                st.button("Pause", key="pause", help=later, on_click=ask, args=(run, jobs.PAUSE))
            st.button("Cancel", key="cancel", type="tertiary", on_click=state.remember, args=("cancel", run.name))


def _still_there(run: Path, view: LiveView, asked: str) -> None:
    """A way out for somebody who waits for an end that does not come."""
    if asked == jobs.KEEP:
        st.caption("The best so far is being packed and checked. Ending it now would lose it.")
        st.button("End it now", key="end", on_click=_cancel, args=(run,))
    elif asked == jobs.PAUSE and not view.packing:
        st.caption("It pauses once the step it is in is done. Ended now, it goes on later from the last point it kept.")
        st.button("End it now", key="end", on_click=jobs.end_process, args=(run,))


def _cancel(run: Path) -> None:
    state.forget("cancel")
    jobs.request_stop(run, jobs.CANCEL)


def ended(project: Project, run: Path, job: JobState, view: LiveView) -> None:
    """How it ended, what to do now, and the one primary button."""
    kept = (run / "report.json").exists()
    asked, _ = wish(run)
    if job.state in ("done", "stopped") and kept:
        how = "The training is done." if job.state == "done" else "You stopped the training; the best so far was kept."
        shell.answer(f"{how} It took {words.duration(view.worked)}.")
        if shell.primary("See how good it is"):
            state.go("results", run=run.name)
    elif job.state == "paused" or (job.state == "lost" and asked == jobs.PAUSE and not kept):
        shell.answer(f"Paused. {_what_is_kept(run, job)}")
        st.text(view.reached)
        how_far(view)
        _ways_on(project, run, "Go on")
    elif job.state in ("cancelled", "stopped") or (job.state == "lost" and asked == jobs.CANCEL):
        shell.answer("You ended the training before there was anything to keep.")
        st.text("Your data and your plan are as they were.")
        _ways_on(project, run)
    else:
        resumable = job.resumable and not kept
        _went_wrong(run, job, view, resumable)
        _ways_on(project, run, "Go on from where it stopped" if resumable else "")


def _what_is_kept(run: Path, job: JobState) -> str:
    if not has_checkpoint(run):
        return "There was nothing to keep yet: this part begins anew when you go on."
    return "Everything learned so far is kept." if job.state == "paused" else "The last point it kept is still there."


def _went_wrong(run: Path, job: JobState, view: LiveView, resumable: bool) -> None:
    """It failed, or its process is gone."""
    if job.state == "failed":
        error = job.error or TlcoreError(
            "The training failed without saying why.", "", "Start again. If it fails again, see below."
        )
    else:
        error = TlcoreError(
            "The training stopped unexpectedly.",
            f"phase “{view.here}”" if view.phase in view.order else "",
            "Nothing you entered is lost. Something ended its process: the computer slept or was short of memory, or "
            "somebody ended it. Close other programs"
            + (", then go on from where it stopped, or start again." if resumable else " and start again."),
        )
    problems.problem(error, jobs.log_tail(run) or None)


def _ways_on(project: Project, run: Path, going_on: str = "") -> None:
    """Go on (where it can be), start again, or change the plan; the first of them is the primary button."""
    agree.ask_key_again(run)
    st.space("small")
    with st.container(horizontal=True):
        if going_on and st.button(going_on, key="primary", type="primary"):
            go_on(project, run)
        key, look = ("again", "secondary") if going_on else ("primary", "primary")
        if st.button("Start again", key=key, type=look):  # type: ignore[arg-type]
            start_again(project, run)
    st.page_link(state.PAGES["plan"], label="Change the plan", query_params={state.PROJECT: project.id})


def go_on(project: Project, run: Path) -> None:
    """The same run again, from where it was; the page is drawn anew, and then follows it."""
    with st.spinner("Going on"):
        jobs.resume_job(run, *agree.key_of(run))
    state.save(project, run=run.name)
    st.rerun()


def start_again(project: Project, run: Path) -> None:
    """A new run from the same plan and the same data; the old one stays as it is."""
    from tlcore.datasets import load_dataset
    from tlcore.runs import create_run, load_plan

    with st.spinner("Starting"):
        folder = create_run(project.new_run_folder(), load_dataset(run / "dataset"), load_plan(run))
        agree.same_again(run, folder)
        jobs.start_job(folder, *agree.key_of(folder))
    state.save(project, run=folder.name)
    state.go("train", run=folder.name)
