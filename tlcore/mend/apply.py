"""Mends put on the rows of a file, in order: each row found again, what no longer fits said and left as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tlcore.mend.base import NO, TEXT, USE, YES, Change, Mend
from tlcore.splits.base import rows_counted, rows_named

LEFT_OUT_BY_USER = "left out by you"
Rows = Mapping[str, list[Any]]
"""Columns of equal length: row, key, text, label (None where there is none), why, mended, was_text, was_label."""


@dataclass(frozen=True)
class Outcome:
    """What became of one Mend. rows: how many rows it changed. missing: rows, by their number when it was made, that are not
    in the file any more. unfit: those that now hold something else than what it changed, so it leaves them alone."""

    id: str
    kind: str
    title: str
    check: str
    rows: int
    missing: tuple[int, ...] = ()
    unfit: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> Outcome:
        return cls(**{**parts, "missing": tuple(parts["missing"]), "unfit": tuple(parts["unfit"])})

    def warnings(self) -> list[str]:
        """What was not done, in plain words."""
        notes = []
        if self.missing:
            notes.append(
                f"{self.title}: {rows_counted(len(self.missing))} {_were(self.missing)} not found any more ({rows_named(self.missing)} when "
                "this step was made). The file holds another text or label there now, so nothing was changed."
            )
        if self.unfit:
            notes.append(
                f"{self.title}: {rows_counted(len(self.unfit))} {_were(self.unfit)} left alone ({rows_named(self.unfit)}), because what this "
                "step built on was undone or changed since. Mend it again if it still needs it."
            )
        return notes


def apply_mends(rows: Rows, mends: Sequence[Mend]) -> tuple[Outcome, ...]:
    """Put the mends on the rows of the user's file, in place; later mends see what earlier ones did.

    A row is found by its number and key, else by its key alone. `mended` says what was done to a row, `was_text` and
    `was_label` what it held in the file.
    """
    if not mends:
        return ()
    places = _places(rows, mends)
    return tuple(_apply(rows, mend, places) for mend in mends)


def _apply(rows: Rows, mend: Mend, places: Mapping[tuple[int, str], int]) -> Outcome:
    done: set[int] = set()
    missing: dict[int, None] = {}
    unfit: dict[int, None] = {}
    for change in mend.changes:
        place = places.get((change.row, change.key))
        if place is None:
            missing[change.row] = None
        elif _now(rows, place, change.part) != change.before:
            unfit[change.row] = None
        else:
            _set(rows, place, change)
            if place not in done:
                rows["mended"][place] += f"; {mend.title}" if rows["mended"][place] else mend.title
                done.add(place)
    return Outcome(mend.id, mend.kind, mend.title, mend.check, len(done), tuple(missing), tuple(unfit))


def _now(rows: Rows, place: int, part: str) -> str:
    if part == USE:
        return NO if rows["why"][place] else YES
    return rows[part][place] or ""


def _set(rows: Rows, place: int, change: Change) -> None:
    if change.part == USE:
        rows["why"][place] = LEFT_OUT_BY_USER if change.after == NO else ""
        return
    column, was = rows[change.part], rows[f"was_{change.part}"]
    if was[place] is None:
        was[place] = column[place] or ""
    after = change.after.strip()
    column[place] = after if change.part == TEXT or after else None
    if was[place] == (column[place] or ""):  # changed back: as in the file again
        was[place] = None


def _places(rows: Rows, mends: Sequence[Mend]) -> dict[tuple[int, str], int]:
    """(row, key) -> where that row is now. Rows that hold the same are dealt out one to one, the later ones to the later."""
    wanted = dict.fromkeys((change.row, change.key) for mend in mends for change in mend.changes)
    numbers, keys = {row for row, _ in wanted}, {key for _, key in wanted}
    at = {number: i for i, number in enumerate(rows["row"]) if number in numbers}
    found = {(row, key): at[row] for row, key in wanted if row in at and rows["key"][at[row]] == key}
    if len(found) == len(wanted):
        return found
    taken, free = set(found.values()), defaultdict(list)
    for i, key in enumerate(rows["key"]):
        if key in keys and i not in taken:
            free[key].append(i)
    lost = defaultdict(list)
    for row, key in sorted(wanted.keys() - found.keys()):
        lost[key].append(row)
    for key, moved in lost.items():
        some = min(len(moved), len(free[key]))
        # From the end: where the repeats of a row were left out, the first of them stays.
        pairs = zip(moved[len(moved) - some :], free[key][len(free[key]) - some :], strict=True)
        found.update({(row, key): place for row, place in pairs})
    return found


def _were(numbers: Sequence[int]) -> str:
    return "was" if len(numbers) == 1 else "were"
