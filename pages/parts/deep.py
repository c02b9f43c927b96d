"""The slower checks of a project: one job for each state of the rows, found again by what it looked at. No Streamlit here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pages.parts import job_folders
from pages.parts.found import PROBLEMS, Card, cards_in
from pages.parts.job_folders import args_of, end_all, newest_first
from pages.parts.prepared import Prepared
from pages.parts.spreadsheet import is_kept, rows_key, table_folder
from tlcore import jobs
from tlcore.workspace import Project

KIND, MOST_KEPT = "check", 6
AWAY = ("cancelled", "stopped")
"""How a job ends that was only in the way of a newer one; for these rows it starts again."""
SPANS = {"prepare": (0.0, 0.05), "encode": (0.05, 0.8), "check": (0.8, 1.0)}
"""The share of the bar that each phase of the job fills; reading the texts takes most of the time."""
MOST_UNASKED = 50_000
"""Rows that are looked at without a word: 10,000 take well under a minute, and nobody is to find a machine busy for hours."""


@dataclass(frozen=True)
class Look:
    """What is known of the slower checks. cards: the newest problems, those of an earlier state where `fresh` is False.

    job: None where there are so many rows that the user is asked first.
    """

    job: Path | None
    state: jobs.JobState
    cards: tuple[Card, ...]
    fresh: bool


def look(project: Project, found: Prepared) -> Look:
    """The job for these rows, started if there is none and they are not too many; jobs for other rows are asked to end."""
    known = newest_first(project, KIND, MOST_KEPT)
    base = base_of(project)
    mine = next(
        (job for job in known if args_of(job).get("key") == found.key and args_of(job).get("base") == base), None
    )
    if mine is None or jobs.job_state(mine).state in AWAY:
        end_all(known)
        if found.facts.rows > MOST_UNASKED:
            return Look(None, jobs.JobState("queued"), _earlier(project, known, found), False)
        mine = start(project, found)
    state = jobs.job_state(mine)
    if (mine / PROBLEMS).exists():
        return Look(mine, state, cards_of(mine), True)
    return Look(mine, state, _earlier(project, known, found), False)


def start(project: Project, found: Prepared) -> Path:
    """Look again at the rows as they are."""
    folder = jobs.create_job(
        project.new_job_folder(KIND),
        KIND,
        dataset=str(project.dataset_folder),
        base=base_of(project),
        table=str(table_folder(project)) if is_kept(project) else "",
        key=found.key,
        rows=rows_key(project),
        mends=[step.id for step in found.steps],
    )
    jobs.start_job(folder)
    return folder


def progress(job: Path) -> tuple[float, str]:
    """How far a job is, 0 to 1, and what it does now."""
    return job_folders.progress(job, SPANS)


def _earlier(project: Project, known: list[Path], found: Prepared) -> tuple[Card, ...]:
    """What was found before the last changes, without what they mended: shown until the rows have been looked at anew."""
    now = rows_key(project)
    for job in known:
        if (job / PROBLEMS).exists() and args_of(job).get("rows") == now:
            seen = args_of(job).get("mends") or []
            mended = {step.check for step in found.steps if step.id not in seen}
            return tuple(card for card in cards_of(job) if card.id not in mended)
    return ()


def cards_of(job: Path) -> tuple[Card, ...]:
    file = job / PROBLEMS
    return cards_in(file, file.stat().st_mtime_ns)


def base_of(project: Project) -> str:
    return str(project.draft().get("base") or "minilm")
