"""A Mend in words and as rows to look at, before and after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tlcore.mend.base import CONFIRM, LABEL, NO, TEXT, USE, Change, Mend
from tlcore.rows import FILE
from tlcore.splits.base import rows_counted

if TYPE_CHECKING:
    from tlcore.datasets import Dataset

FEW = 3
USED, NOT_USED, NO_LABEL = "used", "left out", "(no label)"


def diff(changes: Mend | Iterable[Change], dataset: Dataset | None = None) -> list[dict[str, str | int]]:
    """One dictionary a changed cell, by row: row, what (label, text or use), before, after; and text, the text of the row
    as it stands in the dataset ("" without one)."""
    listed = changes.changes if isinstance(changes, Mend) else tuple(changes)
    texts: dict[int, str] = {}
    if dataset is not None:
        wanted, all_texts = {change.row for change in listed}, dataset.rows.with_format("arrow")[:].column("text")
        places = zip(dataset.rows["source"][:], dataset.rows["row"][:], strict=True)
        texts = {
            row: all_texts[i].as_py() for i, (source, row) in enumerate(places) if row in wanted and source == FILE
        }
    return [
        {
            "row": change.row,
            "text": texts.get(change.row, ""),
            "what": change.part,
            "before": told(change.part, change.before),
            "after": told(change.part, change.after),
        }
        for change in sorted(listed, key=lambda change: (change.row, change.part))
    ]


def told(part: str, value: str) -> str:
    """What a part holds, as a person reads it."""
    if part == USE:
        return NOT_USED if value == NO else USED
    return value or (NO_LABEL if part == LABEL else "")


def describe(mend: Mend) -> str:
    """One sentence: "Changed the label of 37 rows and the text of 2 rows, left out 3 rows (8, 9, 12)." """
    rows: dict[str, set[int]] = {}
    for change in mend.changes:
        rows.setdefault(change.part if change.part != USE else f"{USE} {change.after}", set()).add(change.row)
    parts = [f"the {part} of {rows_counted(len(rows[part]))}" for part in (LABEL, TEXT) if part in rows]
    to = {change.after for change in mend.changes}
    said = []
    if mend.kind == "merge" and len(to) == 1:
        said.append(f"gave {rows_counted(len(rows[LABEL]))} the label “{next(iter(to))}”")
    elif mend.kind == CONFIRM and LABEL in rows:
        said.append(f"gave {rows_counted(len(rows[LABEL]))} the label that you confirmed or chose")
    elif mend.kind == "mask":
        said.append(f"masked personal data in {rows_counted(len(rows[TEXT]))}")
    elif parts:
        said.append("changed " + " and ".join(parts))
    if f"{USE} {NO}" in rows:
        said.append(f"left out {rows_counted(len(rows[f'{USE} {NO}']))}{_which(rows[f'{USE} {NO}'])}")
    if f"{USE} yes" in rows:
        said.append(f"took {rows_counted(len(rows[f'{USE} yes']))}{_which(rows[f'{USE} yes'])} back in")
    sentence = ", ".join(said) or "changed nothing"
    return f"{sentence[0].upper()}{sentence[1:]}."


def _which(numbers: set[int]) -> str:
    """Their numbers, where they are few: two steps that each left out a row are told apart by nothing else."""
    return f" ({', '.join(f'{number:,}' for number in sorted(numbers))})" if len(numbers) <= FEW else ""
