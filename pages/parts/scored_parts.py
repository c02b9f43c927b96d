"""What was scored, on the Use screen: the sentence, the rows page by page, the files to download."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import shell, state, words
from tlcore.files import read_json
from tlcore.runs.scored import Scored
from tlcore.workspace import Project

PAGE_ROWS, TABLE_HEIGHT, PAGE_WIDTH = 100, 360, 180
HEAD, ROW = 38, 35
SPANS = ("prediction", "confidence", "names")
"""The columns that a finder of names adds."""
ORDERS = ("As in the sheet", "Least sure first")
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show_scored(project: Project, folder: Path, another: Callable[..., None]) -> None:
    """another: called with both where another spreadsheet is to be scored."""
    summary = read_json(folder / "summary.json", {}) or {}
    shell.answer(scored_sentence(summary))
    if counts := summary.get("answers") or {}:
        ranked = sorted(counts.items(), key=lambda pair: -pair[1])
        with st.expander("How often each answer was given"):
            shell.text_table({"answer": [k for k, _ in ranked], "rows": [v for _, v in ranked]}, key="score-counts")
    st.fragment(_rows)(folder)
    stem = Path(str((state.draft(project).get("score") or {}).get("name") or "sheet")).stem
    with st.container(horizontal=True):
        for ending, title, mime in (
            ("xlsx", "Download the Excel file", SHEET),
            ("csv", "Download the CSV", "text/csv"),
        ):
            file, name = folder / f"scored.{ending}", f"{stem} scored.{ending}"
            if file.exists():
                kind: Any = "primary" if ending == "xlsx" else "secondary"
                st.download_button(
                    title, file.read_bytes, name, mime, key=f"get-{ending}", on_click="ignore", type=kind
                )
    if summary.get("no_excel"):
        st.caption(words.escape_md(f"There is no Excel file this time: {summary['no_excel']} The CSV has everything."))
    st.button("Score another spreadsheet", key="score-other", type="tertiary", on_click=another, args=(project, folder))


def scored_sentence(summary: dict[str, Any]) -> str:
    """“1,000 rows answered in 12 seconds; for 41 the model is less than half sure; 3 had no text.”"""
    rows, empty, unsure = summary.get("rows"), summary.get("empty") or 0, summary.get("unsure")
    if rows is None:
        return "The spreadsheet is scored."
    by = " by the quick version" if summary.get("quick") else ""
    parts = [f"{words.plural(rows - empty, 'row')} answered{by} in {words.duration(summary.get('seconds'))}"]
    if unsure:
        parts.append(f"for {unsure:,} the model is less than half sure")
    if empty:
        parts.append(f"{empty:,} had no text and {'has' if empty == 1 else 'have'} no answer")
    return "; ".join(parts) + "."


def _rows(folder: Path) -> None:
    """Any hundred of the rows: a long sheet is never sent to the browser whole."""
    try:
        found = Scored(folder)
    except (OSError, ValueError):
        return  # scored before there was this: the files have everything
    pages, page = max(1, -(-found.rows // PAGE_ROWS)), 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = ORDERS[0]
        if found.has_confidence:
            order = st.segmented_control("Order", ORDERS, default=ORDERS[0], required=True, key="scored-order")
        if pages > 1:
            page = int(
                st.number_input(f"Page, of {pages:,}", 1, pages, width=PAGE_WIDTH, key=f"scored-page-{folder.name}")
            )
    start = (page - 1) * PAGE_ROWS
    last = min(start + PAGE_ROWS, found.rows)
    part = found.page(start, PAGE_ROWS, unsure_first=order == ORDERS[1])
    if tuple(found.columns[-len(SPANS) :]) == SPANS:  # a list of places is for programs; the same stands there in words
        part = {
            name: part[name] for name in [next(iter(part)), SPANS[2], SPANS[1], *list(part)[1:]] if name != SPANS[0]
        }
    height = min(TABLE_HEIGHT, HEAD + ROW * len(next(iter(part.values()))))
    shell.text_table(part, key="scored", height=height, alt="Scored rows")
    which = (
        f"Rows {start + 1:,} to {last:,} of {found.rows:,}"
        if found.rows > PAGE_ROWS
        else words.plural(found.rows, "row")
    )
    st.caption(f"{which}, answers in front. The file has all rows, your columns in their order, answers last.")
