"""The labels that the user named, as the draft keeps them: by the label column they belong to, "" for none. No Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.tasks import get_task

KEPT, LABEL, DESCRIPTION = "label_rows", "label", "description"
WHERE = "your labels"
Row = dict[str, str]


def label_column(draft: Mapping[str, Any]) -> str:
    """The column with the right answers, "" where none is chosen."""
    return str(((draft.get("roles") or {}).get("label") or [""])[0])


def kept_rows(draft: Mapping[str, Any], column: str) -> list[Row]:
    """What was typed for this column, as it was typed; [] where nothing was."""
    return [dict(row) for row in (draft.get(KEPT) or {}).get(column) or []]


def with_rows(draft: Mapping[str, Any], column: str, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """All that is kept under KEPT, with these rows for this column."""
    filled = [row for row in rows if row[LABEL].strip() or row[DESCRIPTION].strip()]
    return {**(draft.get(KEPT) or {}), column: filled}


def edited(shown: Sequence[Row], edits: Mapping[str, Any]) -> list[Row]:
    """The rows of a grid after what was typed into it: edited_rows, added_rows and deleted_rows, as the grid tells them."""
    rows = [dict(row) for row in shown]
    for place, cells in (edits.get("edited_rows") or {}).items():
        rows[int(place)] |= {name: str(cells[name] or "") for name in (LABEL, DESCRIPTION) if name in cells}
    gone = set(edits.get("deleted_rows") or ())
    rows = [row for place, row in enumerate(rows) if place not in gone]
    added = edits.get("added_rows") or ()
    return rows + [{name: str(cells.get(name) or "") for name in (LABEL, DESCRIPTION)} for cells in added]


def has_roles(draft: Mapping[str, Any]) -> bool:
    """Whether every part that the task needs has its column; labels that are named need none."""
    roles, task = draft.get("roles") or {}, get_task(str(draft.get("task") or "classify"))
    named = bool(named_labels(draft))
    return all(roles.get(one.name) or (named and one.name == "label") for one in task.roles if one.required)


def named_labels(draft: Mapping[str, Any]) -> list[Row]:
    """The labels of the chosen column (or of none), ready to be used; [] where none is named, or not rightly.

    With a label column the names are known: they count as named where something is said of one of them.
    """
    column = label_column(draft)
    rows = kept_rows(draft, column)
    if refusal(rows) or (column and not any(row[DESCRIPTION].strip() for row in rows)):
        return []
    return [{LABEL: " ".join(row[LABEL].split()), DESCRIPTION: " ".join(row[DESCRIPTION].split())} for row in rows]


def refusal(rows: Sequence[Row]) -> TlcoreError | None:
    """Why these labels cannot be used."""
    from tlcore.label_file import check_labels

    try:
        check_labels([(i, row[LABEL], row[DESCRIPTION]) for i, row in enumerate(rows, 1)], WHERE)
    except TlcoreError as error:
        return error
    return None
