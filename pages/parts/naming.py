"""The labels in the user's own words: a grid to type in, or a file; on the Data page."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import streamlit as st

from pages.parts import state
from pages.parts.named import DESCRIPTION, KEPT, LABEL, Row, edited, kept_rows, named_labels, refusal, with_rows
from pages.parts.problems import problem
from pages.parts.spreadsheet import open_table
from pages.parts.words import plural
from tlcore.errors import TlcoreError
from tlcore.workspace import Project

BASE, TURN, FAILURE = "labels base", "labels turn", "labels failure"
ROW_HEIGHT, MOST_HEIGHT, EMPTY_ROWS = 36, 420, 3
MOST_MB, MOST_PREFILLED = 5, 100
"""Labels of a column that are written into the grid; a column of more different values is hardly one of labels."""


def without_column(project: Project, why: str = "Nudge compares every text with that") -> TlcoreError | None:
    """Where no column holds the answers: the labels are named here. Why they cannot be used yet. why: say something of each."""
    st.subheader("Which labels are there?", anchor=False)
    st.markdown(
        "Does a column hold right answers? Then choose it above. If none does, name the labels here, and say of each in a sentence "
        f"or two what belongs there, best in words that such texts use: {why}."
    )
    rows = _grid(project, "")
    error = refusal(rows)
    if error is None:
        bare = sum(not row[DESCRIPTION].strip() for row in rows)
        said = (
            f"{plural(bare, 'label')} without a sentence: told by the name alone, which is much worse."
            if bare
            else "Ready."
        )
        st.caption(f"{plural(len(rows), 'label')} named. {said}")
    _file(project, "")
    return error


def with_column(project: Project, column: str) -> None:
    """Where a column holds answers: a sentence on each label may be added, for the ways that need no labelled rows."""
    used = bool(named_labels(state.draft(project)))
    opened = st.expander("Say what each label means (optional)", expanded=used, key="label-meanings", on_change="rerun")
    if not (opened.open or used):
        return
    with opened:
        st.caption("For the ways that learn from few labelled rows or none: they read what you say of each label.")
        rows = _grid(project, column)
        if kept_rows(state.draft(project), column) and (error := refusal(rows)):
            problem(error)
        _file(project, column)


def _grid(project: Project, column: str) -> list[Row]:
    """The rows as they are now; each change goes to the draft at once."""
    import pandas as pd

    key = f"labels-{project.id}-{column}-{state.recall(TURN, 0)}"
    shown = state.recall(f"{BASE} {key}")
    if (
        shown is None or state.typed(key) is None
    ):  # the grid is new, or was left: what it showed is gone, the draft is not
        shown = kept_rows(state.draft(project), column) or _prefilled(project, column)
        state.remember(f"{BASE} {key}", shown)
    kind = st.column_config
    frame = pd.DataFrame({name: [row[name] for row in shown] for name in (LABEL, DESCRIPTION)}, dtype=str)
    st.data_editor(
        frame, key=key, num_rows="dynamic", hide_index=True, width="stretch", on_change=_typed, args=(project, column, key, shown),
        height=min(MOST_HEIGHT, 40 + ROW_HEIGHT * (len(shown) + 2)), alt="The labels, and what is said of each",
        column_config={
            LABEL: kind.TextColumn("label", width=190, help="The answer, as it is to be given"),
            DESCRIPTION: kind.TextColumn("what belongs there", width="large", help="A sentence or two, in words that such texts use"),
        },
    )  # fmt: skip
    rows = kept_rows(state.draft(project), column)
    return rows or [row for row in shown if row[LABEL].strip()]


def _prefilled(project: Project, column: str) -> list[Row]:
    """The labels of the column, and rows to type into where there is none."""
    if not column:
        return [{LABEL: "", DESCRIPTION: ""} for _ in range(EMPTY_ROWS)]
    found = dict.fromkeys(cell.strip() for cell in open_table(project).column(column))
    names = sorted(name for name in found if name)[:MOST_PREFILLED]
    return [{LABEL: name, DESCRIPTION: ""} for name in names]


def _typed(project: Project, column: str, key: str, shown: list[Row]) -> None:
    rows = edited(shown, state.typed(key) or {})
    state.save(project, **{KEPT: with_rows(state.draft(project), column, rows)})


def _file(project: Project, column: str) -> None:
    key = f"labels-file/{project.id}/{column}/{state.uploads()}"
    with st.popover("Or take them from a file", type="tertiary", icon=":material/upload_file:"):
        st.file_uploader(
            "A spreadsheet with a column “label” and a column “description”", key=key, max_upload_size=MOST_MB,
            on_change=_take, args=(project, column, key),
        )  # fmt: skip
    failure = state.forget(FAILURE)
    if isinstance(failure, TlcoreError):
        problem(failure)


def _take(project: Project, column: str, key: str) -> None:
    from tlcore.label_file import read_label_file
    from tlcore.tables import read_table

    given = state.typed(key)
    if given is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (re.sub(r"[^\w.\- ]+", "_", Path(given.name).name)[-80:] or "labels.csv")
        path.write_bytes(given.getbuffer())
        try:
            infos = read_label_file(read_table(path))
        except TlcoreError as error:
            state.remember(FAILURE, error)
            return
    rows = [{LABEL: info.label, DESCRIPTION: info.description} for info in infos]
    state.save(project, **{KEPT: with_rows(state.draft(project), column, rows)})
    state.uploaded()
    state.remember(TURN, state.recall(TURN, 0) + 1)  # a fresh grid, which shows what the file says
