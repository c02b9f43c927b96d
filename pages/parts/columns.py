"""How a spreadsheet is read, and which column is what: the widgets of the Data page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.parts import state
from pages.parts.reading import DELIMITERS, ENCODINGS, Preview
from tlcore.workspace import Project

GUESS = ""
TEXTUAL = (".csv", ".tsv", ".txt")
NO_LABEL = "(choose one)"


def reading_controls(project: Project, preview: Preview | None) -> None:
    """Encoding, delimiter and header row, where they apply; shown too when the file could not be read."""
    path = project.upload()
    textual = preview.how.format == "csv" if preview else path is not None and path.suffix.lower() in TEXTUAL
    if preview is None and not textual:
        return
    with st.expander("Not read right? Change how", expanded=preview is None):
        places = st.columns(3)
        if textual:
            with places[0]:
                _choice(
                    project,
                    "encoding",
                    "Encoding",
                    [*ENCODINGS],
                    {},
                    "How letters are stored. Change it when é or ü look wrong.",
                )
            with places[1]:
                _choice(
                    project,
                    "delimiter",
                    "Cells are parted by",
                    [*DELIMITERS],
                    DELIMITERS,
                    "What stands between two cells.",
                )
        if preview is None or preview.how.format not in ("json", "jsonl"):
            names = {0: "no such row", **{n: f"row {n}" for n in range(1, 31)}}
            with places[2 if textual else 0]:
                _choice(project, "header_row", "Column names in", [*names], names, "The row that names the columns.")


def sheet_picker(project: Project, preview: Preview) -> None:
    """Which sheet of a workbook, where there are several."""
    if len(preview.how.sheets) > 1:
        wish = state.kept(project, "read.sheet", preview.how.sheet, preview.how.sheets)
        st.selectbox("Sheet", preview.how.sheets, **wish)


def role_pickers(project: Project, preview: Preview) -> tuple[list[str], str]:
    """The text columns and the label column, guessed at first; what is shown is what the draft keeps."""
    names = preview.columns
    _settle(project, preview)
    left, right = st.columns(2)
    with left:
        wish = state.kept(project, "roles.text", [], names)
        help = "The column to read. Several columns are read one after the other."
        text = st.multiselect("Text to read", names, placeholder="Choose columns", help=help, **wish)
    with right:
        help = "The column with the right answer. Rows where it is empty are kept, but not learned from."
        label = st.selectbox(
            "Label: the right answer", [GUESS, *names], help=help, format_func=_or_choose, **_label_wish(project, names)
        )
    return text, label


def _label_wish(project: Project, names: list[str]) -> dict[str, Any]:
    """The draft keeps a list of columns, the widget shows one."""
    kept = state.lookup(state.draft(project), "roles.label") or []
    value = kept[0] if kept and kept[0] in names else GUESS
    return state.shown(project, "roles.label", value, lambda column: [column] if column else [])


def _settle(project: Project, preview: Preview) -> None:
    """Columns that are not in this sheet or file make way for the guess; what the user cleared stays clear."""
    roles = state.lookup(state.draft(project), "roles", {})
    here = {}
    for role, guess in preview.guess.items():
        wished = roles.get(role)
        there = [column for column in wished or [] if column in preview.columns]
        guessed = [guess] if guess else []
        here[role] = guessed if wished is None or (wished and not there) else there
    if here != roles:
        state.save(project, roles=here)
        st.rerun()  # the next step may be open now, and the line of steps above is to say so


def _choice(project: Project, name: str, label: str, options: list[Any], titles: dict[Any, str], help: str) -> None:
    wish = state.kept(
        project, f"read.{name}", GUESS, [GUESS, *options], lambda value: None if value == GUESS else value
    )
    st.selectbox(
        label,
        [GUESS, *options],
        format_func=lambda v: "Find out" if v == GUESS else titles.get(v, v),
        help=help,
        **wish,
    )


def _or_choose(column: str) -> str:
    return column or NO_LABEL
