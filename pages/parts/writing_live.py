"""“Ask it” for a model that writes: a job in a process of its own answers, and its words are shown as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import problems, shell, state, writing_parts
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.events import read_events
from tlcore.files import read_json
from tlcore.runs import model_folder
from tlcore.runs.write_text import QUESTION, ask
from tlcore.workspace import Project

TICK = 0.4


def is_written(run: Path) -> bool:
    """Whether the run's model answers with a text of its own."""
    answer = (read_json(run / "model" / "nudge.json", {}) or {}).get("answer") or {}
    return bool(answer.get("kind") == "text")


def settings(project: Project, run: Path) -> dict[str, int]:
    """How it is to write, where that differs from how the model is kept."""
    return writing_parts.how_it_writes(project, read_json(model_folder(run) / "nudge.json")["answer"])


def put(project: Project, run: Path, text: str, writing: dict[str, int]) -> None:
    """Ask the job that has the model open, or start one."""
    folder = _job(project, run)
    if folder is None or not jobs.job_state(folder).alive:
        folder = jobs.create_job(project.new_job_folder("write"), "write", run=str(run))
        ask(folder, 1, text, writing)
        jobs.start_job(folder)
        state.save(project, asking={"run": run.name, "job": folder.name})
        return
    number = int((read_json(folder / QUESTION) or {}).get("number", 0)) + 1
    ask(folder, number, text, writing)


def follow(project: Project, run: Path) -> None:
    """The answer to the last question as far as it is written; looked at again while it is not whole."""
    st.fragment(run_every=TICK if _waits(project, run) else None)(_show)(project, run)


def _job(project: Project, run: Path) -> Path | None:
    kept = state.draft(project).get("asking") or {}
    folder = project.job_folder(str(kept["job"])) if kept.get("run") == run.name else None
    return folder if folder is not None and folder.exists() else None


def _waits(project: Project, run: Path) -> bool:
    folder = _job(project, run)
    if folder is None or not jobs.job_state(folder).alive:
        return False
    said = _said(folder)
    return not (said and said.get("done"))


def _said(folder: Path) -> dict[str, Any] | None:
    """What the job has said last to the last question."""
    number = int((read_json(folder / QUESTION) or {}).get("number", 0))
    events = [one for one in read_events(folder)[0] if one.get("kind") == "words" and one.get("number") == number]
    return events[-1] if events else None


def _show(project: Project, run: Path) -> None:
    with problems.guard():
        folder = _job(project, run)
        if folder is None:
            st.caption("The answer appears here, word by word.")
            return
        said, job = _said(folder), jobs.job_state(folder)
        if said and said.get("done"):
            shell.answer(str(said["text"]) or "(It wrote nothing.)")
            st.caption(
                f"Written on this computer in {float(said['seconds']):.1f} seconds. Read it before anybody else does."
            )
            return
        if job.alive:
            shell.answer(
                f"{said['text']} …"
                if said
                else "Opening the model …"
                if job.phase != "Writing"
                else "Reading your text …"
            )
            return
        lost = TlcoreError("The model stopped before it had written an answer.", "", "Ask again.")
        problems.problem(job.error or lost, jobs.log_tail(folder) or None)
