"""Taking a spreadsheet in: the upload goes to the project's folder at once, and out of memory again."""

from __future__ import annotations

import streamlit as st

from pages.parts import state
from pages.parts.problems import problem
from tlcore.errors import TlcoreError
from tlcore.workspace import Project

MOST_MB = 100
HELP = "CSV, TSV, TXT, XLSX, XLS, ODS, JSONL or JSON, up to 100 MB. It stays on this computer."


def uploader(project: Project | None, label: str) -> None:
    """A place to drop a file; a file dropped becomes the project's (a new project's, if none is open)."""
    key = f"upload/{project.id if project else 'new'}/{state.recall('uploads', 0)}"
    st.file_uploader(label, key=key, max_upload_size=MOST_MB, on_change=_take, args=(project, key))
    st.caption(HELP)
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
        elif (old := project.upload()) and project.name == _name(old.name):
            project.rename(_name(file.name))
        project.save_upload(file.name, file.getbuffer())
        state.save(project, file=file.name, read=None)
    except OSError as error:
        state.remember("upload failure", TlcoreError("The file could not be kept.", str(error), "Is the disk full?"))
        return
    state.open_project(project)
    state.remember("uploads", state.recall("uploads", 0) + 1)  # a fresh, empty widget: the bytes leave the memory


def _name(file: str) -> str:
    stem = file.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return " ".join(stem.replace("_", " ").replace("-", " ").split()).capitalize() or "Untitled"
