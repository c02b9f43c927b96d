"""The spreadsheet of a project: where it lies, how it is to be read, and its table, read once and kept. No Streamlit here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.tables import FROM_PATH_LIMITS, Limits, Table, keep_table, kept_table, read_table
from tlcore.workspace import Project

OPTIONS = ("encoding", "delimiter", "sheet", "header_row", "header_rows", "last_row")
ENDINGS = ("csv", "tsv", "txt", "xlsx", "xlsm", "xls", "ods", "json", "jsonl", "parquet", "html", "md", "zip", "gz")
"""Of the files that can be read, as people name them; what a file is its first bytes say."""
PICTURED = "image_text"
"""The task whose rows name pictures."""
MOST_KEPT = 3
"""Ways of reading a file whose tables stay on the disk, so that going back to the guess costs nothing."""
Progress = Callable[[int, int], None]


def spreadsheet(project: Project) -> Path | None:
    """The file: one that is read where it lies, else the copy of what was uploaded."""
    path = project.draft().get("path")
    return Path(path) if path else project.upload()


def read_options(draft: dict[str, Any]) -> dict[str, Any]:
    """How the user wants the file read; what is not here is guessed."""
    wishes = draft.get("read") or {}
    return {name: wishes[name] for name in OPTIONS if wishes.get(name) is not None}


def reading_key(project: Project) -> str:
    """Changes with the file and with how it is to be read."""
    return _digest([_stamp(spreadsheet(project)), read_options(project.draft())])


def rows_key(project: Project) -> str:
    """Changes too with the columns that are read: where it is the same, a row number means the same row."""
    draft = project.draft()
    roles = draft.get("roles") or {}
    others = {name: roles[name] for name in sorted(roles) if name not in ("text", "label")}
    usual = [reading_key(project), roles.get("text"), roles.get("label")]
    return _digest([*usual, *([draft.get("task"), others] if others else [])])


def table_folder(project: Project) -> Path:
    """Where the table of this file, read in this way, is kept."""
    return project.dataset_folder.with_name("tables") / reading_key(project)


def is_kept(project: Project) -> bool:
    """Whether the table is there and can be used: one that is damaged, or that an older Nudge kept, is read anew."""
    return kept_table(table_folder(project)) is not None


def open_table(project: Project, progress: Progress | None = None) -> Table:
    """The project's table: read once, then from the disk. progress(done, total) counts bytes. Raises TlcoreError."""
    path = spreadsheet(project)
    if path is None:
        raise TlcoreError("No spreadsheet has been chosen yet.", "", "Choose one in Data.")
    folder = table_folder(project)
    kept = kept_table(folder)
    if kept is not None:
        return kept
    limits = FROM_PATH_LIMITS if project.draft().get("path") else Limits()
    table = read_table(path, **read_options(project.draft()), limits=limits, progress=progress)
    try:
        keep_table(table, folder)
    except OSError as error:
        raise TlcoreError("The table could not be kept.", str(error), "Is the disk full?") from error
    _forget_others(folder)
    return kept_table(folder) or table


def own_test_file(project: Project) -> Path | None:
    """The test file of the user's own, if one was given and is wanted."""
    draft = project.draft()
    kept = draft.get("test_file")
    if (draft.get("split") or {}).get("how") != "file" or not kept:
        return None
    folder = project.job_folder(str(kept))
    return next(iter(sorted(folder.iterdir())), None) if folder.exists() else None


def own_test_key(project: Project) -> list[Any]:
    return _stamp(own_test_file(project))


def pictures_place(project: Project) -> str:
    """The folder or zip of the pictures that rows name: where it lies, else what was uploaded, else the zip of the table itself."""
    draft = project.draft()
    if draft.get("task") != PICTURED:
        return ""
    if draft.get("images"):
        return str(draft["images"])
    place = project.pictures() or spreadsheet(project)
    return str(place) if place and place.suffix.lower() == ".zip" else ""


def pictures_key(project: Project) -> list[Any]:
    """Changes with the pictures; [] where none are read."""
    place = pictures_place(project)
    return [_stamp(Path(place))] if place else []


def _stamp(path: Path | None) -> list[Any]:
    try:
        return [str(path), path.stat().st_size, path.stat().st_mtime_ns] if path else []
    except OSError:  # moved or deleted since; reading it says so
        return [str(path)]


def _digest(value: Any) -> str:
    return blake2b(json.dumps(value).encode(), digest_size=12).hexdigest()


def _forget_others(folder: Path) -> None:
    others = sorted(folder.parent.iterdir(), key=lambda one: one.stat().st_mtime_ns, reverse=True)
    for old in [one for one in others if one != folder][MOST_KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
