"""The quick trial of a project's rows: one job for each state of them, found again by what it tried. No Streamlit here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pages.parts import deep, job_folders
from pages.parts.prepared import Prepared
from tlcore import jobs
from tlcore.advise.mismatch import Mismatch
from tlcore.advise.trial import LEAST_A_CLASS, LEAST_ROWS, Trial
from tlcore.advise.trial_job import TRIAL
from tlcore.facts import Facts
from tlcore.files import read_json
from tlcore.tasks import get_task
from tlcore.workspace import Project

KIND, MOST_KEPT = "trial", 6
SPANS = {"prepare": (0.0, 0.05), "encode": (0.05, 0.4), "try": (0.4, 1.0)}
"""The share of the bar that each phase fills; the texts were mostly read for Check."""
MOST_UNASKED = 50_000
"""Rows: as for the closer look of Check, which reads them all."""


@dataclass(frozen=True)
class Look:
    """trial, mismatch: None until the job has ended well. waits: the job is Check's closer look, which reads the same texts first."""

    job: Path
    state: jobs.JobState
    trial: Trial | None = None
    mismatch: Mismatch | None = None
    waits: bool = False


def suits(facts: Facts, task: str) -> bool:
    """Whether rows of this kind can be tried: each has one label, and there are enough of some classes."""
    fit = [count for count in facts.classes.values() if count >= LEAST_A_CLASS + 1]
    few_enough = facts.rows <= MOST_UNASKED
    return get_task(task).one_of and few_enough and len(fit) >= 2 and sum(fit) >= 2 * LEAST_ROWS


def look(project: Project, found: Prepared) -> Look:
    """The trial of these rows, started if there is none; trials of other rows are asked to end."""
    known = job_folders.newest_first(project, KIND, MOST_KEPT)
    wanted = {"key": found.key, "base": _base(project)}
    mine = next((job for job in known if wanted.items() <= job_folders.args_of(job).items()), None)
    if mine is None or jobs.job_state(mine).state in deep.AWAY:
        if reading := _closer_look(project, found):
            return Look(reading, jobs.job_state(reading), waits=True)
        job_folders.end_all(known)
        mine = start(project, found)
    kept = read_json(mine / TRIAL) or {}
    state = jobs.job_state(mine)
    if not kept:
        return Look(mine, state)
    return Look(mine, state, Trial.from_json(kept["trial"]), Mismatch.from_json(kept["mismatch"]))


def start(project: Project, found: Prepared) -> Path:
    """Try these rows (again)."""
    folder = jobs.create_job(
        project.new_job_folder(KIND), KIND, dataset=str(project.dataset_folder), base=_base(project), key=found.key
    )
    jobs.start_job(folder)
    return folder


def end(project: Project) -> None:
    """A training comes first; the trial begins anew when somebody looks for it."""
    job_folders.end_all(job_folders.newest_first(project, KIND, MOST_KEPT))


def progress(seen: Look) -> tuple[float, str]:
    """How far its job is, 0 to 1, and what it does now."""
    return deep.progress(seen.job) if seen.waits else job_folders.progress(seen.job, SPANS)


def doubted(project: Project, found: Prepared) -> float | None:
    """Share of labels that look wrong, where Check has looked at these rows; None where it has not."""
    for job in _looks(project, found):
        if (job / deep.PROBLEMS).exists():
            wrong = next((card.rows for card in deep.cards_of(job) if card.id == "likely_wrong"), 0)
            return wrong / max(1, found.facts.labelled)
    return None


def _closer_look(project: Project, found: Prepared) -> Path | None:
    """Check's job for these rows, while it works."""
    return next((job for job in _looks(project, found) if jobs.job_state(job).alive), None)


def _looks(project: Project, found: Prepared) -> list[Path]:
    known = job_folders.newest_first(project, deep.KIND, deep.MOST_KEPT)
    return [job for job in known if job_folders.args_of(job).get("key") == found.key]


def _base(project: Project) -> str:
    return str(project.draft().get("base") or "minilm")
