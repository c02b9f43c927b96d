"""Step 2: a spreadsheet, how it was read, and which column is what."""

from __future__ import annotations

import streamlit as st

from pages.parts import (
    columns,
    intake,
    learning,
    more_texts,
    naming,
    other_roles,
    picture_parts,
    reading,
    shell,
    state,
    testing,
)
from pages.parts.problems import problem, warnings
from pages.parts.spreadsheet import pictures_place, spreadsheet
from pages.parts.words import escape_md
from tlcore.errors import TlcoreError
from tlcore.rows import check_roles
from tlcore.tables import HowRead
from tlcore.tasks import Task
from tlcore.workspace import Project

MAPPED, LONG = 5, 240
ROW_HEIGHT, MOST_HEIGHT, NUMBER_WIDTH, HALF = 35, 250, 70, 380  # pixels, of the tables
DAMAGED = (
    "The letters were damaged before this file was made. You can go on: Check turns back what is certain, with one click. "
    "Better still, save the file anew where it comes from, and choose “UTF-8” if you are asked how."
)
RUN_INTO_ONE = "Did the columns run into one? Change what the cells are parted by, under “Not read right?”."


def main() -> None:
    shell.page("data", "Which spreadsheet should it learn from?")
    project = state.project()
    if project is None or spreadsheet(project) is None:
        shell.answer("A column of texts is all it takes, and better a column of right answers beside it.")
        intake.uploader(project, "Drop a spreadsheet here")
        intake.by_path(project)
        return
    try:
        preview = intake.read(project)
    except TlcoreError as error:
        problem(error)
        columns.reading_controls(project, None)
        intake.uploader(project, "Try another file")
        intake.by_path(project)
        return
    _as_read(project, preview)
    with st.expander("Use another file"):
        intake.uploader(project, "Drop it here; your choices are kept where the columns have the same names")
        intake.by_path(project)
    _roles(project, preview)


def _as_read(project: Project, preview: reading.Preview) -> None:
    """How the file was read, what was odd, and its first rows; each guess can be changed."""
    name = "" if preview.how.member else str(state.draft(project).get("file") or "")
    shell.answer(reading.sentence(preview, name))
    columns.sheet_picker(project, preview)
    garbled, others = reading.sorted_by_harm(preview.how.oddities)
    _garbled(project, preview, garbled)
    if others:
        st.info("\n".join(f"- {escape_md(note)}" for note in others))
    _preview(preview)
    if about := reading.guessed(preview.how):
        st.caption(about)
    columns.reading_controls(project, preview, offer_encodings=not garbled)


def _garbled(project: Project, preview: reading.Preview, notes: list[str]) -> None:
    """Which letters look wrong, and what to do about it; what the field calls it on hover."""
    if not notes:
        return
    plain, term = reading.plainly(notes)
    warnings(plain)
    if term:
        st.caption(DAMAGED, help=escape_md(f"The field says: {term}."))
    columns.encoding_offer(project, preview)


def _preview(preview: reading.Preview) -> None:
    rows: dict[str, list[str] | list[int]] = dict(preview.head)
    if "row" not in rows:
        rows = {"row": preview.numbers, **rows}
    height = min(MOST_HEIGHT, ROW_HEIGHT * (len(preview.numbers) + 1) + 3)
    widths = {"row": NUMBER_WIDTH} if "row" not in preview.columns else {}
    alt = "The first rows of the spreadsheet"
    shell.text_table(rows, height=height, widths=widths, key="preview", alt=alt)


def _roles(project: Project, preview: reading.Preview) -> None:
    st.subheader("What should it read, and what should it answer?", anchor=False)
    learning.settle(project, preview)
    learning.picker(project)
    task = learning.task_of(project)
    if not other_roles.is_usual(task):
        _other_roles(project, preview, task)
        return
    text, labels = columns.role_pickers(project, preview)
    error = _refusal(text, labels, preview) or _mapped(project, preview, text, labels)
    if error:
        problem(error)
    elif not labels:
        if len(preview.columns) == 1 and preview.how.format == "csv":
            st.caption(f"The file has a single column. {RUN_INTO_ONE}")
        error = naming.without_column(project)
        error = _tested(project, preview, text, labels) or error
    else:
        if learning.task_of(project).one_of:
            naming.with_column(project, labels[0])
        error = _tested(project, preview, text, labels)
        more_texts.controls(project, text)
    if shell.primary("Check the data", disabled=error is not None, help=error.what if error else None):
        state.go("check")


def _other_roles(project: Project, preview: reading.Preview, task: Task) -> None:
    """Pickers for the roles of a task that reads or answers something else than a text and its label."""
    roles = other_roles.pickers(project, preview, task)
    error, bare = None, task.one_of and not roles.get("label")
    try:
        chosen = {name: tuple(columns) for name, columns in roles.items()}
        check_roles(learning.head_table(preview), task, chosen, named=bare)
        _show_mapped(learning.mapped(project, preview, roles, MAPPED), not bare)
    except TlcoreError as found:
        error = found
        problem(found)
    else:
        read = [column for name in task.reads for column in roles.get(name, [])]
        answers = [column for name, columns in roles.items() if name not in task.reads for column in columns]
        unnamed = _labels_named(project, task, roles)
        waits = picture_parts.controls(project, preview, roles.get("image", [])) if "image" in task.reads else None
        if waits and pictures_place(project):
            problem(waits)
        error = _tested(project, preview, read, answers) or waits or unnamed
    if shell.primary("Check the data", disabled=error is not None, help=error.what if error else None):
        state.go("check")


def _labels_named(project: Project, task: Task, roles: dict[str, list[str]]) -> TlcoreError | None:
    """Where one label a row is learned: what is said of each; why these cannot be used yet, where no column holds them."""
    if not task.one_of:
        return None
    if not roles.get("label"):
        return naming.without_column(project, "a model that sees is told that")
    naming.with_column(project, roles["label"][0])
    return None


def _tested(project: Project, preview: reading.Preview, text: list[str], labels: list[str]) -> TlcoreError | None:
    """How it is to be tested; why it cannot be so."""
    error = testing.controls(project, preview, text, labels)
    if error:
        problem(error)
    return error


def _refusal(text: list[str], labels: list[str], preview: reading.Preview) -> TlcoreError | None:
    """Why these columns cannot be learned from, as far as the columns alone can tell."""
    if len(preview.columns) == 1 and (not text or len(preview.how.sheets) > 1):
        return _one_column(preview.how)
    if not text:
        return TlcoreError("No text column is chosen.", "", "Choose the column that holds the texts to read.")
    if both := [label for label in labels if label in text]:
        return TlcoreError(
            "One column cannot be both the text and the label: the model would be told the answer.",
            f"column “{both[0]}”",
            "Choose another column for one of the two.",
        )
    return None


def _one_column(how: HowRead) -> TlcoreError:
    """What to do depends on what the file is: another sheet, another sign between the cells, or another column."""
    where, fix = how.file, "Use a file with a second column that holds the right answer for each text."
    if len(how.sheets) > 1:
        where = f"file “{how.member}”" if how.member else f"sheet “{how.sheet}”"
        fix = f"Choose another {'file of the archive' if how.member else 'sheet'} above."
    elif how.format == "csv":
        fix += f" {RUN_INTO_ONE}"
    return TlcoreError("There is a single column here, so it holds texts or labels but not both.", where, fix)


def _mapped(project: Project, preview: reading.Preview, text: list[str], labels: list[str]) -> TlcoreError | None:
    """What the model will see, row by row; or why the label columns are not what they are chosen for."""
    try:
        found = learning.mapped(project, preview, {"text": text, "label": labels}, MAPPED)
    except TlcoreError as error:
        return error
    if text == [preview.guess.get("text")] and labels == [preview.guess.get("label")]:
        st.caption("Nudge guessed both columns. Choose others if they are not the ones you mean.")
    _show_mapped(found, bool(labels))
    return None


def _show_mapped(found: learning.Mapped, answered: bool) -> None:
    reads = "the left, and learns to answer the right" if answered else "this, and answers with one of your labels"
    if found.layout:
        st.caption(escape_md(found.layout))
    st.caption(f"This is what the model will see: it reads {reads}.")
    shell.text_table(
        {
            "row": found.numbers,
            "it reads": [text if len(text) <= LONG else text[:LONG] + " …" for text in found.reads],
            **({"it should answer": found.answers} if answered else {}),
        },
        key="mapped",
        widths={"row": NUMBER_WIDTH, **({"it reads": HALF} if found.layout else {})},
        alt="Five rows as the model will see them",
    )


main()
