"""“Label for me”, a view of Results: rows with a proposed label, to be confirmed, changed or skipped, ten or twenty at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import confirm_state as confirming
from pages.parts import mending, shell, state, words
from pages.parts.confirm_state import LABEL_COLUMN, SKIP_COLUMN, Batch
from pages.parts.prepared import is_large, is_prepared
from pages.parts.problems import guard
from tlcore.confirm.choose import ENOUGH
from tlcore.confirm.rows import Tally
from tlcore.errors import TlcoreError
from tlcore.runs import ANSWERS
from tlcore.strategies import get_strategy
from tlcore.workspace import Project

QUESTION = "Is this the right label?"
ROW_HEIGHT, HEAD = 72, 38
"""Pixels: three lines of a text, and the names of the columns."""
BASE = "confirm base"
ABOUT = (
    "Your model is unsure of the rows on top. “few yet”: drawn at random from those that seem to have a label with few rows. “by chance”: "
    "drawn from all rows. What you confirm is learned from and, in part, kept for the test. Rows it was unsure of make that test harder "
    "than your texts are on the whole; those drawn at random show by how much."
)


def is_open() -> bool:
    """Whether the run of this page's address is being labelled from; kept in the draft, so that a reload comes back here."""
    try:
        project = state.project()
        run = state.current_run(project) if project else None
    except TlcoreError:  # the page itself says so
        return False
    return bool(project and run and state.lookup(state.draft(project), confirming.OPEN) == run.name)


def offer(project: Project, run: Path, report: Mapping[str, Any]) -> None:
    """The way in, where the run answered rows without a label."""
    if not confirming.can_open(run, report):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Label for me", key="label-for-me", icon=":material/checklist:", on_click=_open, args=(project, run.name)
        )
        st.caption("It proposes labels for rows that have none, the least certain first; you confirm or change them.")


def _open(project: Project, run: str | None) -> None:
    state.save_at(project, confirming.OPEN, run)


def show(project: Project, run: Path) -> None:
    st.button("Back to the results", key="confirm-back", type="tertiary", icon=":material/arrow_back:", on_click=_open,
              args=(project, None))  # fmt: skip
    with guard():
        size = int(state.lookup(state.draft(project), confirming.SIZE, confirming.SIZES[0]))
        _labelling(project, run, _batch(project, run, size))


def _batch(project: Project, run: Path, size: int) -> Batch:
    """Chosen once for all clicks in a grid: what it hangs on is part of the call."""
    files = (project.mends_file, project.dataset_folder / "dataset.json", run / ANSWERS)
    stamps = tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files)
    return _chosen(str(project.folder), str(run), size, stamps, tuple(sorted(confirming.skipped(project))))


@st.cache_data(max_entries=8, show_spinner="Choosing rows …")
def _chosen(project: str, run: str, size: int, stamps: tuple[int, ...], skipped: tuple[int, ...]) -> Batch:
    return confirming.next_batch(Project(Path(project)), Path(run), size)


def _labelling(project: Project, run: Path, batch: Batch) -> None:
    shell.answer(progress_sentence(batch.tally))
    if not batch.picks:
        _nothing_left(project)
    else:
        _grid(project, batch)
        if shell.primary(_confirm_words(project, batch), key=f"confirm-{batch.key}-do"):
            _confirm(project, batch)
    with st.container(horizontal=True):
        why = "" if batch.tally.can_train else "Confirm some more rows first."
        if st.button("Train on these", key="confirm-train", disabled=bool(why), help=why or None):
            _train(project)
        if batch.last:
            title = f"Undo the last {words.plural(batch.last.rows, 'row')}"
            st.button(title, key=f"undo-{batch.last.id}", type="tertiary", on_click=mending.undo,
                      args=(project, batch.last.id))  # fmt: skip
    if batch.tally.confirmed:
        st.caption(words.escape_md(counts_sentence(batch.tally)))
    st.caption(ABOUT)


def _grid(project: Project, batch: Batch) -> None:
    import pandas as pd

    kept = state.kept(project, confirming.SIZE, confirming.SIZES[0], confirming.SIZES)
    st.segmented_control("Rows at a time", confirming.SIZES, required=True, **kept)
    st.markdown("Choose another label where one is wrong; tick **skip** where you cannot tell.")
    key = f"confirm-{project.id}-{batch.key}"
    shown = state.recall(f"{BASE} {key}")
    if (
        shown is None or state.typed(key) is None
    ):  # the grid is new, or was left: what it showed is gone, the draft is not
        shown = confirming.typed(project)
        state.remember(f"{BASE} {key}", shown)
    rows = [pick.candidate for pick in batch.picks]
    cells = [shown.get(one.row, {}) for one in rows]
    frame = pd.DataFrame(
        {
            "text": [one.text for one in rows],
            LABEL_COLUMN: [cell.get(LABEL_COLUMN) or one.prediction for cell, one in zip(cells, rows, strict=True)],
            SKIP_COLUMN: [bool(cell.get(SKIP_COLUMN)) for cell in cells],
            "sure": [100 * one.confidence for one in rows],
            "shown": [pick.why for pick in batch.picks],
            "row": [one.row for one in rows],
        }
    )
    st.data_editor(
        frame, key=key, hide_index=True, disabled=["text", "sure", "shown", "row"], column_config=_columns(batch),
        row_height=ROW_HEIGHT, height=HEAD + ROW_HEIGHT * len(rows), on_change=_typed,
        args=(project, key, [one.row for one in rows], shown), alt="Rows with a proposed label",
    )  # fmt: skip


def _columns(batch: Batch) -> dict[str, Any]:
    kind = st.column_config
    options = sorted({*batch.labels, *(pick.candidate.prediction for pick in batch.picks)})
    return {
        "text": kind.TextColumn(width=350),
        LABEL_COLUMN: kind.SelectboxColumn(options=options, required=True, width=140, help="Double-click, or Enter, to choose"),
        SKIP_COLUMN: kind.CheckboxColumn(width=78, help="Ticked: not confirmed, and not proposed again"),
        "sure": kind.NumberColumn(format="%.0f %%", width=58, help="How sure the model is of the label it proposes"),
        "shown": kind.TextColumn("why", width=80, help="Why it is shown: the model is unsure of it, its label has few rows yet, or by chance"),
        "row": kind.NumberColumn(format="%d", width=55, help="The row in your file"),
    }  # fmt: skip


def _typed(project: Project, key: str, rows: list[int], shown: confirming.Typed) -> None:
    edited = (state.typed(key) or {}).get("edited_rows", {})
    confirming.keep_typed(project, rows, shown, {int(place): cells for place, cells in edited.items()})


def _confirm_words(project: Project, batch: Batch) -> str:
    typed = confirming.typed(project)
    passed = sum(bool(typed.get(pick.candidate.row, {}).get(SKIP_COLUMN)) for pick in batch.picks)
    count = len(batch.picks) - passed
    return f"Confirm {'this label' if count == 1 else f'these {count} labels'}" if count else "Skip these rows"


def _confirm(project: Project, batch: Batch) -> None:
    """In the script and not before it: the button is of this batch, so a second click on it confirms nothing that was not seen."""
    mend = confirming.confirm(project, batch.picks)
    if mend:
        mending.apply(project, mend)
    st.rerun()


def _nothing_left(project: Project) -> None:
    passed = len(confirming.skipped(project))
    st.info(
        "There is no row left to propose: all that this run answered are labelled, left out, skipped, or not in your file any more."
    )
    if passed:
        title = f"Show the {words.plural(passed, 'skipped row')} again"
        st.button(title, key="confirm-skipped", on_click=confirming.show_skipped, args=(project,))


def _train(project: Project) -> None:
    """On to Plan with the rows as they are now; a way that learns from no label makes room for our proposal."""
    draft = state.draft(project)
    chosen = draft.get("strategy")
    if chosen and not getattr(get_strategy(chosen), "uses_labels", True):
        state.save(project, strategy=None)
    state.save_at(project, confirming.OPEN, None)
    state.go("check" if is_large(project) and not is_prepared(project) else "plan")


def progress_sentence(found: Tally) -> str:
    """How many were confirmed, and what comes next."""
    labels = sum(bool(count) for count in found.counts.values())
    if not found.confirmed and not labels:
        return "Nothing is labelled yet. Read each text: is the proposed label the right one?"
    done = f"{words.plural(sum(found.counts.values()), 'row')} {'has' if sum(found.counts.values()) == 1 else 'have'} a label, in "
    done += f"{labels} of {words.plural(len(found.counts), 'label')}. "
    if found.missing:
        return f"{done}With {found.missing} more they can be learned from."
    if not found.can_train:
        return f"{done}A model needs rows of at least two labels to learn from."
    if found.is_worth:
        return f"{done}Each has {ENOUGH} or more: worth training on."
    few = [name for name, count in found.counts.items() if count < ENOUGH]
    return f"{done}It can be trained on; from about {ENOUGH} rows a label on it is worth it, and {words.plural(len(few), 'label')} {'has' if len(few) == 1 else 'have'} fewer."


def counts_sentence(found: Tally) -> str:
    """“You confirmed 20 rows, 7 of them drawn by chance. By label: Account 4, Billing 3, …”"""
    fewest = sorted(found.counts.items(), key=lambda pair: (pair[1], pair[0]))
    listed = ", ".join(f"{name[:40]} {count}" for name, count in fewest[:12]) + (", …" if len(fewest) > 12 else "")
    return (
        f"You confirmed {words.plural(found.confirmed, 'row')}, {found.by_chance} of them drawn by chance. "
        f"Labelled rows of each label: {listed}. Check lists them under “What you changed”."
    )
