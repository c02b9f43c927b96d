"""The jobs of one kind in a project: found, cleared away, asked to end; how far one is. No Streamlit here."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tlcore import jobs
from tlcore.events import read_events
from tlcore.files import read_json
from tlcore.workspace import Project

STARTING = "Starting"
Spans = Mapping[str, tuple[float, float]]
"""Phase -> the share of the bar that it fills, from and to."""


def newest_first(project: Project, kind: str, most: int) -> list[Path]:
    """Up to so many of them; older ones that nobody will ask for again are deleted."""
    folder = project.new_job_folder(kind).parent
    if not folder.exists():
        return []
    found = sorted(folder.glob(f"{kind}-*"), key=_created, reverse=True)
    for old in found[most:]:
        if not jobs.is_alive(old):
            shutil.rmtree(old, ignore_errors=True)
    return found[:most]


def args_of(job: Path) -> dict[str, Any]:
    return (read_json(job / jobs.JOB) or {}).get("args") or {}


def kind_of(job: Path) -> str:
    return str((read_json(job / jobs.JOB) or {}).get("kind"))


def end_all(known: Iterable[Path]) -> None:
    """Ask them to end with nothing: they are in the way of a newer one."""
    for job in known:
        if jobs.job_state(job).alive:
            jobs.request_stop(job, jobs.CANCEL)


def progress(job: Path, spans: Spans) -> tuple[float, str]:
    """How far a job is, 0 to 1, and what it does now."""
    share, title, span = 0.0, STARTING, (0.0, 0.0)
    for event in read_events(job)[0]:
        if event.get("kind") == "phase":
            span = spans.get(str(event.get("name")), span)
            share, title = span[0], str(event.get("title"))
        elif event.get("kind") == "progress" and event.get("total"):
            share = span[0] + (span[1] - span[0]) * min(1.0, event["done"] / event["total"])
    return share, title


def _created(job: Path) -> float:
    return float((read_json(job / jobs.JOB) or {}).get("created", 0.0))
