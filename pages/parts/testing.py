"""How the model will be tested, and how sure its score is to be: the widgets of the Data page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import reading, state
from pages.parts.problems import problem
from pages.parts.reading import Preview
from pages.parts.spreadsheet import own_test_file
from pages.parts.words import escape_md, number, plural
from tlcore.errors import TlcoreError
from tlcore.splits import CHANCE, DATE, GROUP, points_for_rows, rows_for_interval
from tlcore.splits.base import MAX_TEST, MOST_TEST_SHARE, TEST_SHARE
from tlcore.workspace import Project

OWN = "file"
HOWS = {
    CHANCE: "On rows drawn by chance (as usual)",
    GROUP: "Keep groups together: rows of one customer, author or document are never on both sides",
    DATE: "On the newest rows: as it will be used, on what comes later",
    OWN: "On a test file of my own",
}
COLUMN = {GROUP: "Column that names the group", DATE: "Column with the date"}
USUAL = 0.0
POINTS = (USUAL, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0)
NO_COLUMN = ""
FAILURE = "test file failure"


def controls(project: Project, preview: Preview, text: list[str], labels: list[str]) -> TlcoreError | None:
    """What the test is made of; why it cannot be so, where that can be told from here."""
    wished = bool(state.draft(project).get("split"))
    with st.expander("How should it be tested?", expanded=wished):
        how = st.radio(
            "The model is tested on rows it has not learned from", list(HOWS), format_func=HOWS.__getitem__,
            **state.kept(project, "split.how", CHANCE, list(HOWS)),
        )  # fmt: skip
        error = None
        if how in COLUMN:
            error = _column(project, how, [name for name in preview.columns if name not in (*text, *labels)])
        elif how == OWN:
            error = _own_file(project, [*text, *labels])
        if how != OWN:
            _how_sure(project, preview.rows)
    return error


def _column(project: Project, how: str, names: list[str]) -> TlcoreError | None:
    if not names:
        return TlcoreError(
            "The file has no other column that could say so.",
            "how it should be tested",
            "Let the test be drawn by chance.",
        )
    kept = state.lookup(state.draft(project), f"split.{how}")
    if kept is not None and kept not in names:  # another file, or now it is the text or the label
        state.save_at(project, f"split.{how}", None)
    chosen = st.selectbox(
        COLUMN[how], [NO_COLUMN, *names], format_func=lambda name: name or "(choose one)",
        **state.kept(project, f"split.{how}", NO_COLUMN, names),
    )  # fmt: skip
    if chosen:
        return None
    return TlcoreError(
        "No column is chosen for the test.",
        "how it should be tested",
        "Choose one, or let the test be drawn by chance.",
    )


def _how_sure(project: Project, rows: int) -> None:
    points = st.selectbox(
        "How sure should the score be?", POINTS, format_func=_points_named,
        **state.kept(project, "split.points", USUAL, POINTS, lambda value: value or None),
    )  # fmt: skip
    st.caption(escape_md(sure_sentence(points or None, rows)))


def _points_named(points: float) -> str:
    return f"Sure to ±{points:g} points" if points else "As sure as a fifth of the rows makes it"


def sure_sentence(points: float | None, rows: int) -> str:
    """What a wish for an interval means for a file of so many rows, if about 85 of 100 answers are right."""
    if points is None:
        tested = max(1, min(MAX_TEST, round(rows * TEST_SHARE)))
        return f"About {plural(tested, 'test row')}, which make a score sure to ±{points_for_rows(tested):.0f} points."
    needed, most = rows_for_interval(points), max(1, int(rows * MOST_TEST_SHARE))
    said = f"±{points:g} points with {number(needed)} test rows."
    if needed <= most:
        return f"{said} The other {number(rows - needed)} are learned from."
    return (
        f"{said} Your file has {plural(rows, 'row')}, and at most a third is tested on, so that enough is left to learn from: "
        f"{number(most)} test rows, which make a score sure to ±{points_for_rows(most):.0f} points."
    )


def _own_file(project: Project, wanted: list[str]) -> TlcoreError | None:
    """The test file: taken in, read once to see that its columns have the same names."""
    path = own_test_file(project)
    key = f"test-file/{project.id}/{state.uploads()}"
    st.file_uploader(
        "Use another test file" if path else "The test file; its columns must have the same names", key=key,
        max_upload_size=100, on_change=_take, args=(project, key),
    )  # fmt: skip
    failure = state.forget(FAILURE)
    if isinstance(failure, TlcoreError):
        problem(failure)
    if path is None:
        return TlcoreError(
            "No test file is there yet.", "how it should be tested", "Choose it, or let the test be drawn by chance."
        )
    try:
        found = reading.preview(path, {})
    except TlcoreError as error:
        return error
    missing = [name for name in wanted if name not in found.columns]
    if missing:
        return TlcoreError(
            f"The test file has no column “{missing[0]}”.",
            path.name,
            f"Its columns are: {', '.join(found.columns[:20])}.",
        )
    sure = f"which make a score sure to ±{points_for_rows(found.rows):.0f} points"
    st.caption(
        escape_md(f"{path.name}: {plural(found.rows, 'row')}, {sure}. All rows of your own file are for learning.")
    )
    return None


def _take(project: Project, key: str) -> None:
    given = state.typed(key)
    if given is None:
        return
    before: Any = state.draft(project).get("test_file")
    folder = project.new_job_folder("test-file")
    name = re.sub(r"[^\w.\- ]+", "_", Path(given.name.replace("\\", "/")).name).strip(" .")[-80:] or "test"
    try:
        folder.mkdir(parents=True)
        (folder / name).write_bytes(given.getbuffer())
    except OSError as error:
        state.remember(FAILURE, TlcoreError("The file could not be kept.", str(error), "Is the disk full?"))
        return
    state.save(project, test_file=folder.name)
    state.uploaded()
    if before:
        shutil.rmtree(project.job_folder(str(before)), ignore_errors=True)
