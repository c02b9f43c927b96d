"""Labels edited by hand: a grid over some rows, and the edits that wait to be saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts import edits, mending, state
from pages.parts.found import MOST_SHOWN, find_rows, rows_of
from pages.parts.prepared import dataset_key
from pages.parts.problems import problem
from pages.parts.words import escape_md, plural
from tlcore.datasets import Dataset, load_dataset
from tlcore.errors import TlcoreError
from tlcore.mend import mend_from_grid
from tlcore.predict.text import parts_of
from tlcore.workspace import Project

FAILURE, BASE, TURN, FIND = "grid failure", "grid base", "grid turn", "find-rows"
ROW_HEIGHT, MOST_HEIGHT = 72, 470
"""Pixels: three lines of a text, and about six rows."""
Notes = Mapping[int, str]


def grid(project: Project, numbers: Sequence[int], notes: Notes, key: str) -> None:
    """The first rows of these numbers; text stays, the label is chosen, a tick leaves a row out. Edits go to the draft."""
    import pandas as pd

    dataset = load_dataset(project.dataset_folder)
    rows = rows_of(dataset, numbers)
    if len(numbers) > MOST_SHOWN:
        st.caption(f"The first {MOST_SHOWN} of {len(numbers):,} rows. Save, and the next ones can be found below.")
    version = hash(
        (dataset_key(project), tuple(numbers))
    )  # other rows: another grid, so that no edit lands on a wrong row
    key = f"grid-{key}-{state.recall(TURN, 0)}-{version}"
    shown = state.recall(f"{BASE} {key}")
    if shown is None:
        shown = edits.pending(project)
        state.remember(f"{BASE} {key}", shown)
    cells: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in ("row", "text")}
    cells |= edits.filled(rows, shown)
    if not dataset.task.typed:  # it is mended elsewhere
        cells[edits.LABEL_COLUMN] = [row["said"] for row in rows]
        cells["text"] = [" ⏐ ".join(parts_of(text)) for text in cells["text"]]
    if notes:
        cells["note"] = [notes.get(row["row"], "") for row in rows]
    st.data_editor(
        pd.DataFrame(cells), key=key, hide_index=True, column_config=_columns(dataset),
        disabled=["row", "text", "note", *([] if dataset.task.typed else [edits.LABEL_COLUMN])],
        row_height=ROW_HEIGHT, height=min(MOST_HEIGHT, 38 + ROW_HEIGHT * len(rows)), on_change=_typed, args=(project, key, rows, shown),
        alt="Rows whose label can be changed",
    )  # fmt: skip
    _unsaved(project, key)


def _columns(dataset: Dataset) -> dict[str, Any]:
    labels = sorted({*dataset.labels, *(label for label in set(dataset.rows["label"][:]) if label is not None)})
    kind = st.column_config
    label = kind.SelectboxColumn(options=labels, width=130, help="Double-click, or Enter, to choose")
    return {
        "row": kind.NumberColumn(width=55, format="%d"),
        "text": kind.TextColumn(width=330),
        "note": kind.TextColumn(width=175),
        edits.LABEL_COLUMN: label if dataset.task.typed else kind.TextColumn(width=170),
        edits.OUT_COLUMN: kind.CheckboxColumn(width=110, help="Ticked: the model does not learn from it"),
    }


def _typed(project: Project, key: str, rows: Sequence[Mapping[str, Any]], shown: edits.Edits) -> None:
    typed = (state.typed(key) or {}).get("edited_rows", {})
    edits.keep(project, edits.merged(edits.pending(project), rows, shown, typed))


def waiting(project: Project) -> None:
    """Edits from before a reload, where no grid is open that says so itself."""
    if state.typed(FIND) or mending.is_editing():
        return
    _unsaved(project, "top")


def _unsaved(project: Project, place: str) -> None:
    """What was edited and not saved yet, in whichever grid; saved as one step, or thrown away."""
    count = len(edits.pending(project))
    if count:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plural(count, 'edited row')}, not saved yet.**")
            st.button("Save the edits", key=f"save-{place}", on_click=_save, args=(project,))
            st.button("Throw them away", key=f"drop-{place}", type="tertiary", on_click=_drop, args=(project,))
    failure = state.forget(FAILURE)
    if isinstance(failure, TlcoreError):
        problem(failure)


def _save(project: Project) -> None:
    waiting_edits = edits.pending(project)
    if not waiting_edits:  # clicked twice: the first click has saved them
        return
    try:
        mend = mend_from_grid(load_dataset(project.dataset_folder), waiting_edits)
    except TlcoreError as error:
        state.remember(FAILURE, error)
        return
    mending.apply(project, mend)
    _drop(project)


def _drop(project: Project) -> None:
    edits.keep(project, {})
    state.remember(TURN, state.recall(TURN, 0) + 1)  # a fresh grid, without what was typed


def find(project: Project) -> None:
    """Rows by a word in the text or label, or by number, to be edited. Read only when opened."""
    opened = st.expander("Find rows and edit them", key=FIND, on_change="rerun", icon=":material/search:")
    if not opened.open:
        return
    with opened:
        about = "Words of the text or the label, or a row number."
        words = st.text_input("Find", help=about, placeholder=about, **state.kept(project, "find", ""))
        if not words.strip():
            return
        numbers, total = find_rows(load_dataset(project.dataset_folder), words)
        if not numbers:
            st.caption(f"No row holds “{escape_md(words)}”.")
            return
        more = f", the first {len(numbers)} here" if total > len(numbers) else ""
        st.caption(f"{plural(total, 'row')} found{more}.")
        grid(project, numbers, {}, f"find-{words}")
