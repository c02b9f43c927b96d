"""Taking a spreadsheet in: the upload goes to the project's folder at once, and out of memory again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import reading, state
from pages.parts.problems import problem
from pages.parts.spreadsheet import Progress, is_kept, spreadsheet
from pages.parts.words import escape_md
from tlcore.errors import TlcoreError
from tlcore.workspace import Project

MOST_MB = 100
MADE = "made"
"""The project that a file was put into: gone to by its address, for a callback may not, and a typed path may stand there."""
LONG_READ = 20 * 2**20
"""Bytes from which a bar shows how far the reading is: smaller files take a moment."""
REPAINT_SECONDS = 0.2
LOCAL = ("127.0.0.1", "localhost", "::1")
HELP = (
    "CSV, TSV, TXT, Excel (XLSX, XLSM, XLS), ODS, JSON, JSON Lines or Parquet, also in a ZIP or GZ; up to 100 MB. "
    "It stays on this computer."
)


def read(project: Project) -> reading.Preview:
    """The beginning of the project's spreadsheet; a large one is read under a bar. Raises TlcoreError."""
    path = spreadsheet(project)
    if is_kept(project) or path is None or not path.is_file() or path.stat().st_size < LONG_READ:
        with st.spinner("Reading the spreadsheet …"):
            return reading.project_preview(project)
    bar = st.progress(0.0, text=f"Reading {escape_md(path.name)} …")
    try:
        return reading.project_preview(project, _painter(bar))
    finally:
        bar.empty()


def _painter(bar: Any) -> Progress:
    last = 0.0

    def paint(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > REPAINT_SECONDS:
            last = time.monotonic()
            bar.progress(
                min(1.0, done / max(1, total)), text=f"Reading: {done / 2**20:,.0f} of {total / 2**20:,.0f} MB …"
            )

    return paint


def uploader(project: Project | None, label: str) -> None:
    """A place to drop a file; a file dropped becomes the project's (a new project's, if none is open)."""
    key = f"upload/{project.id if project else 'new'}/{state.uploads()}"
    st.file_uploader(label, key=key, max_upload_size=MOST_MB, on_change=_take, args=(project, key))
    st.caption(HELP)
    if made := state.forget(MADE):
        state.go("data", project=str(made))
    failure = state.forget("upload failure")
    if isinstance(failure, TlcoreError):
        problem(failure)


def _take(project: Project | None, key: str) -> None:
    file = state.typed(key)
    if file is None:
        return
    try:
        if project is None:
            project = state.workspace().create_project(_name(file.name))
        elif (old := project.upload()) and project.name == _name(state.draft(project).get("file") or old.name):
            project.rename(_name(file.name))
        project.save_upload(file.name, file.getbuffer())
        _taken(project, file=file.name, path=None)
    except OSError as error:
        state.remember("upload failure", TlcoreError("The file could not be kept.", str(error), "Is the disk full?"))
        return
    state.remember(MADE, project.id)
    state.uploaded()


def _taken(project: Project, **source: Any) -> None:
    """Another file: how the last one was read is forgotten, and so is that none of its columns was chosen."""
    roles = {role: columns for role, columns in (state.draft(project).get("roles") or {}).items() if columns}
    state.save(project, read=None, roles=roles or None, **source)


def by_path(project: Project | None) -> None:
    """A larger file is not copied but read where it lies; only where the app serves this computer alone."""
    with st.popover("A file larger than 100 MB? Open it where it lies", type="tertiary", icon=":material/folder_open:"):
        if st.get_option("server.address") not in LOCAL:
            st.markdown(
                "Nudge serves other computers here, so it opens no file by its path: anybody could read this one's. Start it "
                "on this computer alone, or upload a smaller file."
            )
            return
        st.markdown("The file stays where it is. Leave it there: Nudge reads it again when it has changed.")
        with st.form("by-path", border=False):
            # Bound to the address: a form tells nothing before it is sent, and a reload is to lose nothing.
            typed = st.text_input(
                "Path of the file", placeholder="/home/me/data/rows.csv", key="path", bind="query-params"
            )
            if st.form_submit_button("Open it"):
                _open(project, typed)
        failure = state.forget("path failure")
        if isinstance(failure, TlcoreError):
            problem(failure)


def _open(project: Project | None, typed: str) -> None:
    path = Path(typed.strip().strip('"').strip("'")).expanduser()
    try:
        there = path.is_absolute() and path.is_file()
    except (OSError, ValueError):  # an impossible name
        there = False
    if not there:
        why = "There is no such file." if path.is_absolute() else "The whole path is needed, from the top folder on."
        fix = "Copy the path from your file manager, with the name of the file at its end."
        state.remember("path failure", TlcoreError(why, typed.strip(), fix))
        return
    if project is None:
        project = state.workspace().create_project(_name(path.name))
    _taken(project, file=path.name, path=str(path))
    state.go("data", project=project.id)


def _name(file: str) -> str:
    stem = file.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return " ".join(stem.replace("_", " ").replace("-", " ").split()).capitalize() or "Untitled"
