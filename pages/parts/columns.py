"""How a spreadsheet is read, and which column is what: the widgets of the Data page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts import learning, state
from pages.parts.reading import DELIMITERS, ENCODINGS, LOST, WITHOUT_NAMES_IN_A_ROW, Preview, spellings
from pages.parts.spreadsheet import spreadsheet
from pages.parts.words import escape_md, plural
from tlcore.tables import HowRead
from tlcore.workspace import Project

GUESS, FIND_OUT = "", "Find out"
TEXTUAL = (".csv", ".tsv", ".txt", ".gz", ".zip")
NO_LABEL = "(my rows have no labels)"
MOST_HEADER_ROWS = 3


def reading_controls(project: Project, preview: Preview | None, offer_encodings: bool = False) -> None:
    """How the file is read, as far as it applies; shown too when the file could not be read."""
    path = spreadsheet(project)
    how = preview.how if preview else None
    textual = how.format == "csv" if how else path is not None and path.suffix.lower() in TEXTUAL
    named = how is None or how.format not in WITHOUT_NAMES_IN_A_ROW
    if not named or (how is None and not textual):
        return
    with st.expander("Not read right? Change how", expanded=how is None):
        if textual:
            _text_controls(project, how)
        if preview and offer_encodings:
            encoding_offer(project, preview)
        left, right = st.columns(2)
        rows = {0: "no such row", **{n: f"row {n}" for n in range(1, 31)}}
        with left:
            now = None if how is None else rows.get(how.header_row, f"row {how.header_row}")
            _choice(project, "header_row", "Column names in", rows, now, "The row that names the columns.")
        with right:
            many = {n: plural(n, "row") for n in range(1, MOST_HEADER_ROWS + 1)}
            now = None if how is None or not how.header_row else many.get(how.header_rows)
            about = "Names that stand in two rows, one above the other, are joined."
            _choice(project, "header_rows", "The names take", many, now, about)
        if how:
            _rows_below(project, how)


def _text_controls(project: Project, how: HowRead | None) -> None:
    left, right = st.columns(2)
    with left:
        about = "Change it when é or ü look wrong. The field calls it the encoding."
        now = None if how is None or how.encoding is None else ENCODINGS.get(how.encoding, how.encoding)
        _choice(project, "encoding", "Letters are stored as", ENCODINGS, now, about)
    with right:
        now = None if how is None or how.delimiter is None else DELIMITERS.get(how.delimiter, how.delimiter)
        _choice(project, "delimiter", "Cells are parted by", DELIMITERS, now, "What stands between two cells.")


def _rows_below(project: Project, how: HowRead) -> None:
    """Rows under the table can be taken in after all."""
    asked = state.lookup(state.draft(project), "read.last_row")
    if how.rows_below and asked is None:
        last = how.rows_below[-1]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{plural(len(how.rows_below), 'row')} under the table, up to row {last:,}, left out.")
            st.button("Take in", key="rows-below", on_click=state.save_at, args=(project, "read.last_row", last))
    elif asked is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"All rows up to row {asked:,} are taken in, as you asked.")
            st.button("Find the end", key="rows-below", on_click=state.save_at, args=(project, "read.last_row", None))


def encoding_offer(project: Project, preview: Preview) -> None:
    """Where letters may be wrong: one word of the file in other encodings, each a click away."""
    how, path = preview.how, spreadsheet(project)
    if how.format != "csv" or how.member or path is None or not how.encoding or not _may_be_wrong(how):
        return
    words = spellings(path, how.encoding)
    others = {encoding: word for encoding, word in words.items() if encoding != how.encoding}
    if not others:
        return
    st.markdown(f"One word of the file reads “{escape_md(words[how.encoding])}” now. Does one of these look better?")
    with st.container(horizontal=True):
        for encoding, word in others.items():
            st.button(
                escape_md(word), key=f"encoding-{encoding}", help=f"Read it as {ENCODINGS.get(encoding, encoding)}",
                on_click=state.save_at, args=(project, "read.encoding", encoding),
            )  # fmt: skip
        if "encoding" not in how.guessed:
            st.button(
                "Find out", key="encoding-guess", type="tertiary", on_click=state.save_at, args=(project, "read.encoding", None)
            )  # fmt: skip


def _may_be_wrong(how: HowRead) -> bool:
    """UTF-8 proves itself; all else is a guess, the user's or ours."""
    asked = "encoding" not in how.guessed
    return not str(how.encoding).startswith("utf") or asked or any(LOST in said for said in how.oddities)


def sheet_picker(project: Project, preview: Preview) -> None:
    """Which sheet of a workbook, or file of an archive, where there are several."""
    if len(preview.how.sheets) > 1:
        title = "File in the archive" if preview.how.member else "Sheet"
        wish = state.kept(project, "read.sheet", preview.how.sheet, preview.how.sheets)
        st.selectbox(title, preview.how.sheets, **wish)


def role_pickers(project: Project, preview: Preview) -> tuple[list[str], list[str]]:
    """The text columns and the label columns, guessed at first; what is shown is what the draft keeps."""
    names = preview.columns
    _settle(project, preview)
    left, right = st.columns(2)
    with left:
        wish = state.kept(project, "roles.text", [], names)
        help = "The column to read. Several columns are read one after the other."
        text = st.multiselect("Text to read", names, placeholder="Choose columns", help=help, **wish)
    with right:
        labels = _labels(project, names)
    return text, labels


def _labels(project: Project, names: list[str]) -> list[str]:
    """One column; or several, where each may be a label of its own; none where there is none."""
    if learning.takes_many(project):
        help = "One column that holds all labels of a text, or a column of yes and no for each label."
        wish = state.kept(project, "roles.label", [], names, None, " several")
        return list(
            st.multiselect(
                "Labels: one column, or one for each label", names, placeholder="Choose columns", help=help, **wish
            )
        )
    help = (
        "The column with the right answer. Rows where it is empty are kept, but not learned from. Is there none? Then name the "
        "labels below."
    )
    label = st.selectbox(
        "Label: the right answer", [GUESS, *names], help=help, format_func=_or_choose, **_label_wish(project, names)
    )
    return [label] if label else []


def _label_wish(project: Project, names: list[str]) -> dict[str, Any]:
    """The draft keeps a list of columns, the widget shows one."""
    kept = state.lookup(state.draft(project), "roles.label") or []
    value = kept[0] if kept and kept[0] in names else GUESS
    return state.shown(project, "roles.label", value, lambda column: [column] if column else [])


def _settle(project: Project, preview: Preview) -> None:
    """Columns that are not in this sheet or file make way for the guess; what the user cleared stays clear.

    Where nothing can be guessed, nothing is kept: an empty list would be taken for the user's in the next sheet.
    """
    roles = state.lookup(state.draft(project), "roles", {})
    here = {}
    for role, guess in preview.guess.items():
        wished = roles.get(role)
        there = [column for column in wished or [] if column in preview.columns]
        if wished is not None and (there or not wished):
            here[role] = there
        elif guess:
            here[role] = [guess]
    if here != roles:
        state.save(project, roles=here)
        st.rerun()  # the next step may be open now, and the line of steps above is to say so


def _choice(project: Project, name: str, label: str, titles: Mapping[Any, str], now: str | None, help: str) -> None:
    """One way of reading; as it is found out unless the user says otherwise. now: what holds at the moment.

    What holds stands in the name of the widget, never in an option: a browser keeps the words of the option it shows, and
    would send those of the last file for the next one.
    """
    asked = state.lookup(state.draft(project), f"read.{name}")
    options = [GUESS, *titles, *([asked] if asked is not None and asked not in titles else [])]
    title = f"{label} (found: {escape_md(now)})" if now and asked is None else label
    wish = state.kept(project, f"read.{name}", GUESS, options, lambda value: None if value == GUESS else value)
    st.selectbox(title, options, format_func=lambda v: FIND_OUT if v == GUESS else titles.get(v, v), help=help, **wish)


def _or_choose(column: str) -> str:
    return column or NO_LABEL
