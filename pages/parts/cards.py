"""What was found, as a list: what it is, what it costs, which rows, and what mends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts import grid, mending, shell
from pages.parts.found import MOST_SHOWN, Card, read_problem, rows_of
from pages.parts.problems import problem
from pages.parts.words import escape_md
from tlcore.errors import TlcoreError
from tlcore.workspace import Project

if TYPE_CHECKING:
    from tlcore.checks import Problem

MARKS = {"warning": ":orange[:material/warning:]", "info": ":material/info:"}
LONG_TITLE = 90


def problem_list(project: Project, cards: Sequence[Card], done: bool) -> None:
    """The gravest first, as given. done: all checks have ended."""
    if not cards and done:
        st.caption("Nothing wrong was found with these rows.")
    for card in cards:
        with st.container(border=True, key=f"problem-{card.id}"):
            st.markdown(f"{MARKS[card.severity]} **{escape_md(card.title)}**  \n{escape_md(card.cost)}")
            _ways(card)
            what = mending.panel_of(card.id)
            if what:
                _panel(project, card, what)
            if card.rows:
                _rows(project, card)


def _ways(card: Card) -> None:
    """The fixes, each a button; and by hand."""
    if not card.fixes and not card.rows:
        return
    with st.container(horizontal=True):
        for i, title in enumerate(card.fixes):
            short = title if len(title) <= LONG_TITLE else f"{title[:LONG_TITLE]} …"
            key = f"{card.id}-{i}"
            st.button(escape_md(short), key=key, on_click=mending.open_panel, args=(card.id, str(i)))
        if card.rows:
            st.button(
                "Edit by hand",
                key=f"{card.id}-{mending.EDIT}",
                type="tertiary",
                on_click=mending.open_panel,
                args=(card.id, mending.EDIT),
            )


def _panel(project: Project, card: Card, what: str) -> None:
    try:
        if what == mending.EDIT:
            whole = read_problem(card)
            grid.grid(project, whole.rows, _notes(whole), card.id)
            st.button("Close", key=f"close-{card.id}", type="tertiary", on_click=mending.close_panel)
        else:
            mending.fix_panel(project, card, int(what))
    except TlcoreError as error:
        problem(error)
        st.button("Close", key=f"close-{card.id}", on_click=mending.close_panel)


def _notes(whole: Problem) -> dict[int, str]:
    return dict(zip(whole.rows, whole.notes, strict=True)) if whole.notes else {}


def _rows(project: Project, card: Card) -> None:
    """Read only when somebody opens it."""
    many = "row" if card.rows == 1 else f"{card.rows:,} rows"
    opened = st.expander(f"Show the {many}", key=f"rows-{card.id}", on_change="rerun")
    if opened.open:
        with opened:
            try:
                _table(project, card)
            except TlcoreError as error:
                problem(error)


def _table(project: Project, card: Card) -> None:
    from tlcore.datasets import load_dataset

    whole = read_problem(card)
    notes = _notes(whole)
    rows = rows_of(load_dataset(project.dataset_folder), whole.rows)
    if len(whole.rows) > MOST_SHOWN:
        st.caption(f"The first {MOST_SHOWN} of {len(whole.rows):,}. All of them are in the list to download, below.")
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in ("row", "text")}
    columns["label"] = [row["said"] for row in rows]
    if notes:
        columns["note"] = [notes.get(row["row"], "") for row in rows]
    widths = {"row": 70, "text": 330, "label": 160, "note": 230}
    shell.text_table(
        columns, key=f"table-{card.id}", height=min(300, 38 + 35 * len(rows)), widths=widths, alt=whole.title
    )
