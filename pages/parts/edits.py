"""Labels edited by hand and not saved yet: kept in the draft, so that a reload loses nothing. No Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pages.parts.spreadsheet import rows_key
from tlcore.mend import LABEL, NO, USE, YES
from tlcore.workspace import Project

Edits = dict[int, dict[str, str]]
"""Row -> part (LABEL or USE) -> its new value, as tlcore.mend.mend_from_grid takes them."""
LABEL_COLUMN, OUT_COLUMN = "label", "leave out"


def pending(project: Project) -> Edits:
    """Edits of these very rows that are not saved yet."""
    kept = project.draft().get("edits") or {}
    if kept.get("of") != rows_key(project):
        return {}
    return {int(row): dict(parts) for row, parts in kept["rows"].items()}


def keep(project: Project, edits: Edits) -> None:
    """In place of those before; {} forgets them."""
    rows = {str(row): parts for row, parts in edits.items() if parts}
    project.save_draft({"edits": {"of": rows_key(project), "rows": rows} if rows else None})


def merged(
    before: Edits, rows: Sequence[Mapping[str, Any]], shown: Edits, typed: Mapping[int, Mapping[str, Any]]
) -> Edits:
    """The edits after what was typed into a grid.

    rows: as they are in the Dataset, in the order of the grid. shown: the edits that the grid was filled with.
    typed: place in the grid -> column -> value. An edit that makes a cell what it was is none.
    """
    after = {row: dict(parts) for row, parts in before.items()}
    for place, row in enumerate(rows):
        number = int(row["row"])
        now = dict(shown.get(number, {})) | _parts(typed.get(place, {}))
        was = {LABEL: row["label"], USE: YES if row["used"] else NO}
        after[number] = {part: value for part, value in now.items() if value != was[part]}
    return {row: parts for row, parts in after.items() if parts}


def filled(rows: Sequence[Mapping[str, Any]], edits: Edits) -> dict[str, list[Any]]:
    """The columns that can be edited, with the edits in them; no label is None."""
    labels = [edits.get(row["row"], {}).get(LABEL, row["label"]) or None for row in rows]
    uses = [edits.get(row["row"], {}).get(USE, YES if row["used"] else NO) for row in rows]
    return {LABEL_COLUMN: labels, OUT_COLUMN: [use == NO for use in uses]}


def _parts(cells: Mapping[str, Any]) -> dict[str, str]:
    parts = {}
    if LABEL_COLUMN in cells:
        parts[LABEL] = cells[LABEL_COLUMN] or ""
    if OUT_COLUMN in cells:
        parts[USE] = NO if cells[OUT_COLUMN] else YES
    return parts
