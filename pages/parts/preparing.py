"""Many rows are prepared by a job: one for each state of the draft, found again by its key. No Streamlit here."""

from __future__ import annotations

import shutil
from pathlib import Path

from pages.parts import job_folders
from pages.parts.prepared import dataset_key, is_prepared, order_of
from tlcore import jobs
from tlcore.workspace import Project

KIND, MOST_KEPT, MENDS = "prepare", 3, "mends.json"
AWAY = ("cancelled", "done")
"""How a job ends whose work is not what the project holds now: it was in the way of a newer one, or a newer one replaced it."""
SPANS = {
    "rows": (0.0, 0.1), "split": (0.1, 0.4), "save": (0.4, 0.45), "measure": (0.45, 0.55), "check": (0.55, 1.0),
}  # fmt: skip
"""The share of the bar that each phase fills, by how long they take with 1,000,000 rows."""


def current(project: Project) -> Path | None:
    """The job for the draft as it is, whether it works or has ended for good; None where one is to be started."""
    key = dataset_key(project)
    for job in job_folders.newest_first(project, KIND, MOST_KEPT):
        if _key(job) == key:
            gone = jobs.job_state(job).state in AWAY and not is_prepared(project)
            return None if gone else job
    return None


def start(project: Project) -> Path:
    """Prepare the rows anew; jobs for other states of the draft are asked to end."""
    job_folders.end_all(job_folders.newest_first(project, KIND, MOST_KEPT))
    folder = project.new_job_folder(KIND)
    folder.mkdir(parents=True)
    if project.mends_file.exists():  # a copy: more may be mended before the job reads them
        shutil.copyfile(project.mends_file, folder / MENDS)
    jobs.create_job(folder, KIND, project=str(project.folder), order=order_of(project, folder / MENDS).to_json())
    jobs.start_job(folder)
    return folder


def stop(job: Path) -> None:
    """Asked for by a person; it is not started again by itself."""
    jobs.request_stop(job, jobs.KEEP)


def progress(job: Path) -> tuple[float, str]:
    """How far it is, 0 to 1, and what it does now."""
    return job_folders.progress(job, SPANS)


def _key(job: Path) -> str:
    return str((job_folders.args_of(job).get("order") or {}).get("key"))
