"""Out to a spreadsheet and back: rows to review, and the list of everything that was found, left out or changed."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from pages.parts import mending, shell, state
from pages.parts.found import Card, read_problem
from pages.parts.prepared import Prepared
from pages.parts.problems import problem, warnings
from pages.parts.words import escape_md, plural
from tlcore.datasets import Dataset, load_dataset
from tlcore.errors import TlcoreError
from tlcore.mend.decided import ReviewResult, mend_from_review, read_review
from tlcore.mend.report import write_report
from tlcore.mend.review import review_items, write_review
from tlcore.workspace import Project

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = ["xlsx", "ods", "csv"]
ABOUT_LABELS = ("likely_wrong", "contradictions", "label_variants", "outliers")
"""What a person can judge by reading; these are proposed for a review."""
FAILURE = "review failure"


def review(project: Project, found: Prepared, cards: Sequence[Card]) -> None:
    """Rows that look suspect, to Excel and back."""
    kept = state.draft(project).get("review") or {}
    opened = st.expander(
        "Review rows in Excel", key="review", expanded=bool(kept), on_change="rerun", icon=":material/table_view:"
    )
    if not opened.open:
        return
    with opened:
        try:
            _download(project, cards)
            _upload(project)
            if kept:
                _decisions(project, found, str(kept["job"]), str(kept["name"]))
        except TlcoreError as error:
            problem(error)
            st.button("Use another file", key="review-close", on_click=_forget, args=(project,))


def _download(project: Project, cards: Sequence[Card]) -> None:
    listed = {card.id: card for card in cards if card.rows and card.id != "not_used"}
    if not listed:
        st.caption("Nothing was found that needs your eyes.")
        return
    st.markdown(
        "**1.** Download the rows. **2.** In Excel (or LibreOffice), choose a label for each in the column “your decision”; "
        "a drop-down offers them. **3.** Upload the file again: you see every change before it is made."
    )
    chosen = _which(project, listed)
    if chosen:
        st.download_button(
            "Download the rows to review", partial(_review_file, project, chosen),
            "nudge-review.xlsx", SHEET, key="get-review", on_click="ignore", icon=":material/download:",
        )  # fmt: skip
    else:
        st.caption("Tick at least one to get a file.")


def _which(project: Project, listed: Mapping[str, Card]) -> list[Card]:
    """The problems to review, a tick box each: their titles count rows, so they change while a mend is made, and a browser
    that holds a chosen title would lose what it chose."""
    proposed = [name for name in listed if name in ABOUT_LABELS] or list(listed)
    st.markdown("Which rows?")
    with st.container(gap=None):
        return [
            card
            for name, card in listed.items()
            if st.checkbox(escape_md(card.title), **state.kept(project, f"review_rows.{name}", name in proposed))
        ]


def _review_file(project: Project, cards: Sequence[Card]) -> bytes:
    dataset = load_dataset(project.dataset_folder)
    items = review_items([read_problem(card) for card in cards])
    return _written("nudge-review.xlsx", lambda path: write_review(path, dataset, items))


def _upload(project: Project) -> None:
    key = f"review-file/{project.id}/{state.uploads()}"
    st.file_uploader("The reviewed file", type=TYPES, key=key, on_change=_take, args=(project, key))
    failure = state.forget(FAILURE)
    if isinstance(failure, TlcoreError):
        problem(failure)


def _take(project: Project, key: str) -> None:
    """Kept in the project at once, so that a reload finds it again."""
    given = state.typed(key)
    if given is None:
        return
    _forget(project)
    folder = project.new_job_folder("review")
    ending = re.sub(r"[^a-z]", "", Path(given.name).suffix.lower())[:8]
    try:
        folder.mkdir(parents=True)
        (folder / f"review.{ending}").write_bytes(given.getbuffer())
    except OSError as error:
        state.remember(FAILURE, TlcoreError("The file could not be kept.", str(error), "Is the disk full?"))
        return
    state.save(project, review={"job": folder.name, "name": given.name[:120]})
    state.uploaded()


def _forget(project: Project) -> None:
    kept = state.draft(project).get("review")
    if kept:
        shutil.rmtree(project.job_folder(str(kept["job"])), ignore_errors=True)
    state.save(project, review=None, new_labels=None)


def _decisions(project: Project, found: Prepared, job: str, name: str) -> None:
    """What the reviewed file would change, and what was not understood, before anything is done."""
    folder = project.job_folder(job)
    file = next(iter(sorted(folder.iterdir())), None) if folder.exists() else None
    if file is None:
        _forget(project)
        raise TlcoreError("The reviewed file is not there any more.", name, "Upload it again.")
    new_labels = bool(state.draft(project).get("new_labels"))
    try:
        result = _read(str(file), found.key, new_labels, str(project.dataset_folder))
    except TlcoreError as error:
        raise TlcoreError(error.what, name, error.fix) from error
    st.markdown(f"**{escape_md(name)}: {decided_sentence(result)}**")
    if result.changes:
        dataset = load_dataset(project.dataset_folder)
        mending.diff_table(mending.changed_rows(result.changes, dataset), len(result.changes), "diff-review")
    _not_taken(project, result)
    with st.container(horizontal=True):
        if result.changes:
            st.button("Do it", key="do-review", icon=":material/check:", on_click=_apply, args=(project, result))
        st.button("Put the file away", key="drop-review", type="tertiary", on_click=_forget, args=(project,))


@st.cache_data(max_entries=2, show_spinner="Reading your decisions …")
def _read(file: str, key: str, new_labels: bool, folder: str) -> ReviewResult:
    """Read once for these rows; `key` names them."""
    return read_review(Path(file), load_dataset(Path(folder)), new_labels)


def decided_sentence(result: ReviewResult) -> str:
    """ "3 changes, 12 rows confirmed as they are, 2 without a decision." """
    parts = [plural(len(result.changes), "change")]
    if result.confirmed:
        parts.append(
            f"{plural(result.confirmed, 'row')} confirmed as {'it is' if result.confirmed == 1 else 'they are'}"
        )
    if result.undecided:
        parts.append(f"{result.undecided:,} without a decision")
    return ", ".join(parts) + "."


def _not_taken(project: Project, result: ReviewResult) -> None:
    warnings(result.notes)
    if result.unmatched:
        st.warning(f"{plural(len(result.unmatched), 'decision')} could not be taken:")
        places, whys = [one.sheet_row for one in result.unmatched], [one.why for one in result.unmatched]
        alt = "Decisions that could not be taken, and why"
        shell.text_table({"row of the file": places, "why": whys}, key="unmatched", alt=alt)
    if result.unknown_labels:
        verb = "names" if len(result.unknown_labels) == 1 else "name"
        st.warning(f"{plural(len(result.unknown_labels), 'decision')} {verb} a label that no row has yet:")
        rows, values = [one.row for one in result.unknown_labels], [one.value for one in result.unknown_labels]
        shell.text_table({"row": rows, "new label": values}, key="unknown", alt="Labels that no row has yet")
    if result.unknown_labels or state.draft(project).get("new_labels"):
        st.checkbox("Take new labels too", **state.kept(project, "new_labels", False))


def _apply(project: Project, result: ReviewResult) -> None:
    mending.apply(project, mend_from_review(result))
    _forget(project)


def report(project: Project, cards: Sequence[Card]) -> None:
    """Nothing is dropped silently: every row that was found, left out or changed, by its number."""
    st.download_button(
        "Download a list of everything found, left out or changed", partial(_report_file, project, cards),
        "nudge-report.xlsx", SHEET, key="get-report", on_click="ignore", icon=":material/download:", type="tertiary",
    )  # fmt: skip


def _report_file(project: Project, cards: Sequence[Card]) -> bytes:
    dataset: Dataset = load_dataset(project.dataset_folder)
    problems = [read_problem(card) for card in cards]
    return _written("nudge-report.xlsx", lambda path: write_report(path, dataset, problems))


def _written(name: str, write: Callable[[Path], int]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / name)
        return (Path(folder) / name).read_bytes()
