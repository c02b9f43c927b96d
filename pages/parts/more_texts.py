"""More texts without a label, in a file of their own: kept in the project, to be read by the model before it learns."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import intake, state
from pages.parts.problems import problem
from pages.parts.words import plural
from tlcore.errors import TlcoreError
from tlcore.unlabelled import about_unlabelled, keep_unlabelled, read_unlabelled
from tlcore.workspace import Project

FAILURE = "more texts failure"


def controls(project: Project, text: list[str]) -> None:
    """An optional second file; what was read of it, and how to put it away again."""
    kept = about_unlabelled(project.unlabelled_folder)
    with st.expander("More texts without a label? (optional)", expanded=bool(kept)):
        st.caption(
            "Texts of the same kind that nobody has labelled, such as old messages. The model can read them first, to learn your "
            "field’s language; Plan offers it where they are many."
        )
        if kept:
            named = ", ".join(f"“{name}”" for name in kept.columns)
            st.text(f"{kept.file}: {plural(kept.texts, 'text')}, from the column {named}.")
            st.button("Put this file away", key="drop-more-texts", on_click=_drop, args=(project,))
        else:
            key = f"more-texts/{project.id}/{state.uploads()}"
            label = "A spreadsheet with a column of texts"
            st.file_uploader(label, key=key, max_upload_size=intake.MOST_MB, on_change=_take, args=(project, key, text))
        failure = state.forget(FAILURE)
        if isinstance(failure, TlcoreError):
            problem(failure)


def _take(project: Project, key: str, text: list[str]) -> None:
    """Read at once, so that what cannot be read is said here; only its texts are kept."""
    given: Any = state.typed(key)
    if given is None:
        return
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / (Path(given.name.replace("\\", "/")).name or "texts.csv")
            path.write_bytes(given.getbuffer())
            keep_unlabelled(project.unlabelled_folder, *read_unlabelled(path, text))
    except TlcoreError as error:
        state.remember(FAILURE, error)
    except OSError as error:
        state.remember(FAILURE, TlcoreError("The file could not be kept.", str(error), "Is the disk full?"))
    state.uploaded()


def _drop(project: Project) -> None:
    shutil.rmtree(project.unlabelled_folder, ignore_errors=True)
