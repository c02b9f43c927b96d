"""The quick trial of a project's rows: one job for each state of them, found again by what it tried. No Streamlit here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pages.parts import deep, job_folders, planning
from pages.parts.prepared import Prepared
from tlcore import jobs
from tlcore.advise.mismatch import Mismatch
from tlcore.advise.trial import LEAST_A_CLASS, LEAST_ROWS, Trial
from tlcore.advise.trial_job import TRIAL
from tlcore.advise.verdict import Verdict, judge
from tlcore.facts import Facts
from tlcore.files import read_json
from tlcore.tasks import get_task
from tlcore.workspace import Project

KIND, MOST_KEPT = "trial", 6
SPANS = {"prepare": (0.0, 0.05), "encode": (0.05, 0.4), "try": (0.4, 1.0)}
"""The share of the bar that each phase fills; the texts were mostly read for Check."""


@dataclass(frozen=True)
class Look:
    """trial, verdict: None until the job has ended well. waits: the job is another one that comes first: Check's closer look, which
    reads the same texts, or a training."""

    job: Path
    state: jobs.JobState
    trial: Trial | None = None
    verdict: Verdict | None = None
    waits: bool = False


def suits(facts: Facts, task: str) -> bool:
    """Whether rows of this kind can be tried: texts alone, each with one label, and enough of some classes."""
    fit = [count for count in facts.classes.values() if count >= 1.5 * LEAST_A_CLASS]  # some are kept for the test
    few_enough = facts.rows <= deep.MOST_UNASKED
    what = get_task(task)
    return what.one_of and "image" not in what.reads and few_enough and len(fit) >= 2 and sum(fit) >= 2 * LEAST_ROWS


def look(project: Project, found: Prepared) -> Look:
    """The trial of these rows, started if there is none; trials of other rows are asked to end."""
    known = job_folders.newest_first(project, KIND, MOST_KEPT)
    wanted = {"key": found.key, "base": deep.base_of(project)}
    mine = next((job for job in known if wanted.items() <= job_folders.args_of(job).items()), None)
    if mine is None or jobs.job_state(mine).state in deep.AWAY:
        if first := _closer_look(project, found) or planning.running(project):
            return Look(first, jobs.job_state(first), waits=True)
        job_folders.end_all(known)
        mine = start(project, found)
    file, state = mine / TRIAL, jobs.job_state(mine)
    if not file.exists():
        return Look(mine, state)
    return Look(mine, state, *_judged(file, file.stat().st_mtime_ns, doubted(project, found), found.facts.unlabelled))


@lru_cache(maxsize=8)
def _judged(file: Path, stamp: int, doubted: float | None, unlabelled: int) -> tuple[Trial, Verdict]:
    """Worked out once: the page is drawn with every click."""
    kept = read_json(file) or {}
    trial = Trial.from_json(kept["trial"])
    return trial, judge(trial, Mismatch.from_json(kept["mismatch"]), doubted, unlabelled)


def start(project: Project, found: Prepared) -> Path:
    """Try these rows (again)."""
    folder = jobs.create_job(
        project.new_job_folder(KIND),
        KIND,
        dataset=str(project.dataset_folder),
        base=deep.base_of(project),
        key=found.key,
    )
    jobs.start_job(folder)
    return folder


def end(project: Project) -> None:
    """A training comes first; the trial begins anew when somebody looks for it."""
    job_folders.end_all(job_folders.newest_first(project, KIND, MOST_KEPT))


def progress(seen: Look) -> tuple[float, str]:
    """How far its job is, 0 to 1, and what it does now; or what it waits for."""
    if not seen.waits:
        return job_folders.progress(seen.job, SPANS)
    if job_folders.kind_of(seen.job) == deep.KIND:
        return deep.progress(seen.job)
    return 0.0, "Waiting for the training to end"


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
