"""What is to be learned: one label a text, several, or a number. Guessed from the label column; one plain question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts import state
from pages.parts.reading import Preview
from tlcore.predict.text import parts_of
from tlcore.tables import Table
from tlcore.tasks import Task, all_tasks, get_task, guess_by_columns, guess_task
from tlcore.workspace import Project

USUAL, NEXT = "classify", "\n"
OTHERS = ("ner", "qa", "rewrite", "image_text")
"""Tasks that the label column alone does not tell."""
ABOUT = {
    "classify": "One label a text: each row belongs to one group.",
    "multilabel": "All labels that fit, also none: several labels in a cell (“a; b”), or a column of yes and no for each.",
    "ner": "Names, products, places, amounts: whatever is marked in your texts, found in new ones.",
    "qa": "A passage and a question to it: the answer is a piece of the passage, found word for word.",
    "rewrite": "A text from a text: a translation, a summary, a simpler or politer version, a reply. It is written word by word.",
    "image_text": "One label a row, from a text and a picture beside it: a column holds the names of the picture files.",
    "score": "A number that is an amount, such as 1 to 5 stars or 0 to 100: 4 is nearer to 5 than 1 is.",
}


def settle(project: Project, preview: Preview) -> None:
    """Guess anew where another label column is chosen than the one guessed for; what the user says holds until then."""
    _other_task(project, preview)
    draft = state.draft(project)
    if draft.get("task") in OTHERS:
        return
    columns = state.lookup(draft, "roles.label") or []
    first = columns[0] if columns and columns[0] in preview.columns else None
    if not columns and draft.get("task", USUAL) != USUAL:  # labels that are named are one a text
        state.save(project, task=None, task_for=None)
        return
    if len(columns) > 1 and draft.get("task_for") == first and not takes_many(project):
        state.save_at(project, "roles.label", columns[:1])
    if first is None or draft.get("task_for") == first:
        return
    guess = "multilabel" if len(columns) > 1 else guess_task(preview.head[first])
    changes = {"task": guess} if guess != draft.get("task", USUAL) else {}
    state.save(project, task_for=first, **changes)


def _other_task(project: Project, preview: Preview) -> None:
    """The first time a file is seen: a task that is plainly meant by its columns (a passage, a question and an answer, say)."""
    seen = list(preview.columns)
    if state.draft(project).get("columns_seen") == seen:
        return
    task = guess_by_columns(head_table(preview))
    now = state.draft(project).get("task")
    state.save(project, columns_seen=seen, **({"task": task} if task and not now else {}))


def head_table(preview: Preview) -> Table:
    """The first rows as a table, for what only looks at columns."""
    import numpy as np
    import pyarrow as pa

    return Table(tuple(preview.whole), pa.table(preview.whole), np.array(preview.numbers), preview.how)


def task_of(project: Project) -> Task:
    """What is learned in this project."""
    return get_task(str(state.draft(project).get("task") or USUAL))


def takes_many(project: Project) -> bool:
    """Whether several columns may be labels."""
    return any(role.name == "label" and role.many for role in task_of(project).roles)


def picker(project: Project) -> None:
    """The one question, with what each answer means under it."""
    names = [task.name for task in all_tasks()]
    st.radio(
        "What should be learned?", names, format_func=lambda name: get_task(name).title, horizontal=True,
        **state.shown(project, "task", task_of(project).name),
    )  # fmt: skip
    if about := ABOUT.get(task_of(project).name):
        st.caption(about)


@dataclass(frozen=True)
class Mapped:
    """The first rows as a task reads them: number in the file, what is read, and what is to be answered."""

    numbers: list[int]
    reads: list[str]
    answers: list[str]
    layout: str = ""
    """How the columns were understood, where that is not plain."""


def mapped(project: Project, preview: Preview, roles: Mapping[str, Sequence[str]], rows: int) -> Mapped:
    """Raises TlcoreError where a column cannot be what it is chosen for, as far as the first rows can tell."""
    table, arranged = task_of(project).arrange(head_table(preview), roles)
    task = task_of(project).settle(table, arranged)
    first = {name: table.cells(name)[:rows] for name in table.columns}
    cells = [{name: first[name][i] for name in first} for i in range(min(rows, table.rows))]
    reads = [task.model_input(arranged, row) for row in cells]
    targets = [task.target(arranged, row) for row in cells]
    return Mapped(
        [int(number) for number in table.row_numbers[:rows]],
        [NEXT.join(part for part in parts_of(text) if part) for text in reads],
        [
            "(no label)" if target is None else task.shown(target, text)
            for target, text in zip(targets, reads, strict=True)
        ],
        task.layout_of(head_table(preview), roles),
    )
