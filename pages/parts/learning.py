"""What is to be learned: one label a text, several, or a number. Guessed from the label column; one plain question."""

from __future__ import annotations

import streamlit as st

from pages.parts import state
from pages.parts.reading import Preview
from tlcore.tables import Table
from tlcore.tasks import Task, all_tasks, get_task, guess_task
from tlcore.workspace import Project

USUAL = "classify"
ABOUT = {
    "classify": "One label a text: each row belongs to one group.",
    "multilabel": "All labels that fit, also none: several labels in a cell (“a; b”), or a column of yes and no for each.",
    "score": "A number that is an amount, such as 1 to 5 stars or 0 to 100: 4 is nearer to 5 than 1 is.",
}


def settle(project: Project, preview: Preview) -> None:
    """Guess anew where another label column is chosen than the one guessed for; what the user says holds until then."""
    draft = state.draft(project)
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


def answers(project: Project, preview: Preview, roles: dict[str, list[str]], rows: int) -> list[str]:
    """What the model is to answer in the first rows, as the task reads them.

    Raises TlcoreError where a column cannot be what it is chosen for, as far as the first rows can tell.
    """
    import numpy as np
    import pyarrow as pa

    head = dict(preview.head)
    table = Table(tuple(head), pa.table(head), np.array(preview.numbers), preview.how)
    task = task_of(project).settle(table, roles)
    found = (task.target(roles, {name: cells[i] for name, cells in head.items()}) for i in range(rows))
    return ["(no label)" if target is None else target for target in found]
