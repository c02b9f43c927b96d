"""Mending on the Check page: what a fix would change, shown before it is done; what was done, each step with its way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.parts import shell, state
from pages.parts.found import MOST_SHOWN, Card, read_problem
from pages.parts.prepared import Step
from pages.parts.words import escape_md, listed, plural
from tlcore.mend import Change, Mend, describe, diff, make_mend
from tlcore.workspace import Project

PANEL, EDIT = "panel", "edit"
FEW_STEPS = 3


def open_panel(of: str, what: str) -> None:
    """Show something under a card until it is done or put away: a fix by its number, or EDIT."""
    state.remember(PANEL, (of, what))


def close_panel() -> None:
    state.forget(PANEL)


def panel_of(of: str) -> str:
    """What is open under this card; "" for nothing."""
    found = state.recall(PANEL, ("", ""))
    return str(found[1]) if found[0] == of else ""


def is_editing() -> bool:
    """Whether a grid is open under a card."""
    return bool(state.recall(PANEL, ("", ""))[1] == EDIT)


def is_busy() -> bool:
    """Whether something is open that a page drawn anew would pull from under somebody's eyes."""
    return bool(state.recall(PANEL))


def fix_panel(project: Project, card: Card, place: int) -> None:
    """What the fix would change, row by row, and the two ways on. Raises TlcoreError where it changes nothing."""
    from tlcore.datasets import load_dataset

    dataset = load_dataset(project.dataset_folder)
    whole = read_problem(card)
    mend = make_mend(dataset, whole.fixes[place], whole.id)
    offer(project, mend, changed_rows(mend.changes, dataset), card.id)


def offer(project: Project, mend: Mend, rows: list[dict[str, Any]], key: str) -> None:
    """A Mend before it is done: in a sentence, as a table, with “Do it” and “Not now”."""
    verb = "changes" if mend.rows == 1 else "change"
    many = f"{plural(mend.rows, 'row')} {verb}."
    st.markdown(f"**{escape_md(mend.title)}: {many}** Your file stays as it is, and you can undo this.")
    diff_table(rows, len(mend.changes), f"diff-{key}")
    with st.container(horizontal=True):
        st.button("Do it", key=f"do-{key}", icon=":material/check:", on_click=apply, args=(project, mend))
        st.button("Not now", key=f"not-{key}", type="tertiary", on_click=close_panel)


def changed_rows(changes: Sequence[Change], dataset: Any) -> list[dict[str, Any]]:
    """The first rows that would change, before and after."""
    first = sorted(changes, key=lambda change: (change.row, change.part))[:MOST_SHOWN]
    return diff(first, dataset)


def diff_table(rows: list[dict[str, Any]], total: int, key: str) -> None:
    """Before and after, row by row; the text of a row only where that is not what changes."""
    if total > len(rows):
        st.caption(f"The first {len(rows):,} of {total:,} changes.")
    names = ["row", "text", "what", "before", "after"]
    if all(row["what"] == "text" for row in rows):
        names.remove("text")
    if len({row["what"] for row in rows}) == 1:
        names.remove("what")
    shell.text_table(
        {name: [row[name] for row in rows] for name in names},
        key=key,
        height=min(300, 38 + 35 * len(rows)),
        widths={"row": 70, "what": 70, "text": 400},
        alt="What would change, before and after",
    )


def apply(project: Project, mend: Mend) -> None:
    """Keep the Mend, once however often it is clicked; the page, drawn anew, makes the Dataset with it."""
    done = project.mends()
    if mend.id not in {one.id for one in done}:
        project.save_mends([*done, mend])
    close_panel()


def undo(project: Project, mend_id: str) -> None:
    """Any of them: what later ones built on it is left alone, and said."""
    project.save_mends([mend for mend in project.mends() if mend.id != mend_id])
    close_panel()


def steps_of(project: Project) -> tuple[Step, ...]:
    """What was changed, where no Dataset could be made with it. Raises TlcoreError for a damaged list."""
    return tuple(Step(mend.id, mend.title, describe(mend), mend.check) for mend in project.mends())


def what_you_changed(project: Project, steps: Sequence[Step]) -> None:
    """Each step in a sentence, with its way back; nothing where nothing was changed."""
    gone = state.draft(project).get("leave_out") or []
    count = len(steps) + bool(gone)
    if not count:
        return
    partly = sum(bool(step.notes) for step in steps)
    title = f"What you changed: {plural(count, 'step')}"
    if partly:
        title += f", {partly:,} of them not on all rows any more"
    with st.expander(title, expanded=count <= FEW_STEPS or bool(partly), icon=":material/history:"):
        for step in steps:
            text = f"**{escape_md(step.title)}**  \n{escape_md(step.sentence)}"
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(text, width="stretch")
                st.button("Undo", key=f"undo-{step.id}", on_click=undo, args=(project, step.id))
            for note in step.notes:
                st.caption(f":orange[:material/warning:] {escape_md(note)}")
        if len(steps) > 1:
            with st.popover("Undo all of them", type="tertiary", key="undo-all"):
                st.markdown("The rows are then as they are in your file. This cannot be taken back.")
                st.button("Undo all", key="undo-all-yes", on_click=_undo_all, args=(project,))
        if gone:  # projects from before there were mends
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"Left out {escape_md(listed(gone))}.", width="stretch")
                st.button("Undo", key="take-back", on_click=_take_back, args=(project,))


def _undo_all(project: Project) -> None:
    project.save_mends([])
    close_panel()


def _take_back(project: Project) -> None:
    state.save(project, leave_out=None)
