"""Which column is what, for a task whose parts are other than a text and its label: one picker a role, guessed at first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.parts import learning, passage_choices, state
from pages.parts.reading import Preview
from tlcore.tasks import Role, Task
from tlcore.workspace import Project

NONE = ""
Chosen = dict[str, list[str]]
AFTER: Mapping[str, Callable[[Project, Preview, Chosen], Chosen]] = {"qa": passage_choices.empty_answers}
"""Task -> what else is asked once the columns are chosen."""


def is_usual(task: Task) -> bool:
    """Whether its roles are a text and its label, for which columns.py has pickers."""
    return {role.name for role in task.roles} == {"text", "label"}


def pickers(project: Project, preview: Preview, task: Task) -> dict[str, list[str]]:
    """The columns by role; what is shown is what the draft keeps."""
    _settle(project, preview, task)
    places = st.columns(min(3, len(task.roles)))
    chosen = {}
    for i, role in enumerate(task.roles):
        with places[i % len(places)]:
            chosen[role.name] = _several(project, preview, role) if role.many else _one(project, preview, role)
    found = {name: columns for name, columns in chosen.items() if columns}
    return AFTER[task.name](project, preview, found) if task.name in AFTER else found


def _several(project: Project, preview: Preview, role: Role) -> list[str]:
    wish = state.kept(project, f"roles.{role.name}", [], preview.columns)
    return list(st.multiselect(role.title, preview.columns, placeholder="Choose columns", help=role.help, **wish))


def _one(project: Project, preview: Preview, role: Role) -> list[str]:
    """The draft keeps a list of columns, the widget shows one."""
    kept = state.lookup(state.draft(project), f"roles.{role.name}") or []
    value = kept[0] if kept and kept[0] in preview.columns else NONE
    wish = state.shown(project, f"roles.{role.name}", value, lambda column: [column] if column else [], " one")
    title, nothing = (role.title, "(choose)") if role.required else (f"{role.title} (optional)", "(none)")
    options = [NONE, *preview.columns]
    found = st.selectbox(title, options, help=role.help, format_func=lambda column: column or nothing, **wish)
    return [found] if found else []


def _settle(project: Project, preview: Preview, task: Task) -> None:
    """Columns that are not in this file make way for the guess; what the user cleared stays clear."""
    kept = state.lookup(state.draft(project), "roles", {})
    roles = with_guess(kept, task.guess_columns(learning.head_table(preview)), preview.columns, task)
    if roles != {name: kept[name] for name in roles if name in kept}:
        state.save(project, roles={**kept, **roles})
        st.rerun()  # the next step may be open now, and the line of steps above is to say so


def with_guess(
    kept: Mapping[str, list[str]], guess: Mapping[str, str | None], columns: list[str], task: Task
) -> dict[str, list[str]]:
    """Role -> columns of this file: as they were chosen, else as guessed; none where neither says anything."""
    found = {}
    for role in task.roles:
        wished, first = kept.get(role.name), guess.get(role.name)
        there = [column for column in wished or [] if column in columns]
        if wished is not None and (there or not wished):
            found[role.name] = there
        elif first:
            found[role.name] = [first]
    return found
