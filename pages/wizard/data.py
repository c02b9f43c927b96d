"""Step 2: a spreadsheet, how it was read, and which column is what."""

from __future__ import annotations

import streamlit as st

from pages.parts import columns, intake, reading, shell, state, testing
from pages.parts.problems import problem, warnings
from pages.parts.spreadsheet import spreadsheet
from pages.parts.words import escape_md
from tlcore.errors import TlcoreError
from tlcore.predict.text import join_text
from tlcore.workspace import Project

MAPPED, LONG = 5, 240


def main() -> None:
    shell.page("data", "Which spreadsheet should it learn from?")
    project = state.project()
    if project is None or spreadsheet(project) is None:
        shell.answer("A column of texts and a column of right answers is all it takes.")
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
    shell.answer(reading.sentence(preview))
    columns.sheet_picker(project, preview)
    garbled, others = reading.sorted_by_harm(preview.how.oddities)
    warnings(garbled)
    if garbled:
        columns.encoding_offer(project, preview)
    if others:
        st.info("\n".join(f"- {escape_md(note)}" for note in others))
    _preview(preview)
    if about := reading.guessed(preview.how):
        st.caption(about)
    columns.reading_controls(project, preview, offer_encodings=not garbled)


def _preview(preview: reading.Preview) -> None:
    rows: dict[str, list[str] | list[int]] = dict(preview.head)
    if "row" not in rows:
        rows = {"row": preview.numbers, **rows}
    shell.text_table(rows, height=250, key="preview", alt="The first rows of the spreadsheet")


def _roles(project: Project, preview: reading.Preview) -> None:
    st.subheader("What should it read, and what should it answer?", anchor=False)
    text, label = columns.role_pickers(project, preview)
    error = _refusal(text, label, preview)
    if error:
        problem(error)
    else:
        _mapped(preview, text, label)
        error = testing.controls(project, preview, text, label)
        if error:
            problem(error)
    if shell.primary("Check the data", disabled=error is not None, help=error.what if error else None):
        state.go("check")


def _refusal(text: list[str], label: str, preview: reading.Preview) -> TlcoreError | None:
    """Why these columns cannot be learned from, as far as the columns alone can tell."""
    if len(preview.columns) == 1:
        return TlcoreError(
            "The file has a single column, so it holds texts or labels but not both.",
            preview.how.file,
            "Add a column with the right answer for each text, or change how the file is read (cells parted by).",
        )
    if not text:
        return TlcoreError("No text column is chosen.", "", "Choose the column that holds the texts to read.")
    if not label:
        return TlcoreError("No label column is chosen.", "", "Choose the column that holds the right answers.")
    if label in text:
        return TlcoreError(
            "One column cannot be both the text and the label: the model would be told the answer.",
            f"column “{label}”",
            "Choose another column for one of the two.",
        )
    return None


def _mapped(preview: reading.Preview, text: list[str], label: str) -> None:
    """What the model will see, row by row."""
    st.caption("This is what the model will see: it reads the left, and learns to answer the right.")
    rows = range(min(MAPPED, len(preview.numbers)))
    inputs = [join_text([preview.head[column][i] for column in text]) for i in rows]
    shell.text_table(
        {
            "row": [preview.numbers[i] for i in rows],
            "it reads": [text if len(text) <= LONG else text[:LONG] + " …" for text in inputs],
            "it should answer": [preview.head[label][i].strip() or "(no label)" for i in rows],
        },
        key="mapped",
        alt="Five rows as the model will see them",
    )


main()
