"""From a fix, or from edits by hand, to the changes it makes: what a person sees before anything is applied."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tlcore.errors import TlcoreError
from tlcore.mend.base import LABEL, NO, TEXT, USE, YES, Change, Mend
from tlcore.rows import FILE
from tlcore.splits.base import rows_named

if TYPE_CHECKING:
    from tlcore.checks import Fix
    from tlcore.datasets import Dataset


class FileRows:
    """The rows of the user's own file as they are now, by number; a text is fetched when it is asked for."""

    def __init__(self, dataset: Dataset) -> None:
        names = ("source", "row", "key", "label", "why")
        self.columns = {name: dataset.rows[name][:] for name in names}
        self.texts = dataset.rows.with_format("arrow")[:].column("text")
        self.file = dataset.how.file
        own = [i for i, source in enumerate(self.columns["source"]) if source == FILE]
        self.place = {self.columns["row"][i]: i for i in own}

    def now(self, row: int, part: str) -> str:
        """What a part of a row holds; a label that is not there is ""."""
        i = self.place[row]
        if part == USE:
            return NO if self.columns["why"][i] else YES
        if part == TEXT:
            return str(self.texts[i].as_py() or "")
        return self.columns[part][i] or ""

    def with_labels(self, labels: Iterable[str]) -> list[int]:
        wanted = set(labels)
        return [row for row, i in self.place.items() if self.columns["label"][i] in wanted]

    def changes(self, wanted: Iterable[tuple[int, str, str]]) -> tuple[Change, ...]:
        """Of (row, part, new value) those that change something. Raises TlcoreError for rows that are not there."""
        found = []
        wanted = list(wanted)
        if gone := sorted({row for row, _, _ in wanted if row not in self.place}):
            raise TlcoreError(
                "The rows are not the ones that were checked: some of them are not in the file.",
                f"{self.file}, {rows_named(gone)}",
                "Check the data again, then mend it.",
            )
        for row, part, after in wanted:
            before, after = self.now(row, part), after.strip()
            if before != after:
                found.append(Change(row, self.columns["key"][self.place[row]], part, before, after))
        return tuple(found)


Wanted = Iterable[tuple[int, str, str]]


def changes_of(dataset: Dataset, fix: Fix) -> tuple[Change, ...]:
    """The cells that a fix changes, in the order of its rows; () where all is so already.

    Raises TlcoreError for a fix that is not known, or made for rows that are not in this Dataset.
    """
    rows = FileRows(dataset)
    ways: dict[str, Callable[[FileRows, Fix], Wanted]] = {
        "leave_out": _leave_out, "relabel": _relabel, "retext": _retext, "merge": _merge, "mask": _mask,
    }  # fmt: skip
    if fix.kind not in ways:
        raise TlcoreError(f"Nudge does not know how to do “{fix.title}”.", f"a fix of the kind “{fix.kind}”", "")
    return rows.changes(ways[fix.kind](rows, fix))


def _leave_out(rows: FileRows, fix: Fix) -> Wanted:
    return ((row, USE, NO) for row in dict.fromkeys([*fix.rows, *rows.with_labels(fix.labels)]))


def _relabel(rows: FileRows, fix: Fix) -> Wanted:
    return ((row, LABEL, value) for row, value in zip(fix.rows, fix.values, strict=True))


def _retext(rows: FileRows, fix: Fix) -> Wanted:
    return ((row, TEXT, value) for row, value in zip(fix.rows, fix.values, strict=True))


def _merge(rows: FileRows, fix: Fix) -> Wanted:
    return ((row, LABEL, fix.to) for row in rows.with_labels(fix.labels))


def _mask(rows: FileRows, fix: Fix) -> Wanted:
    from tlcore.checks.personal import mask_text

    return ((row, TEXT, mask_text(rows.now(row, TEXT)) if row in rows.place else "") for row in fix.rows)


def make_mend(dataset: Dataset, fix: Fix, check_id: str = "") -> Mend:
    """A fix as a Mend, to be shown (`diff`), kept (`Project.save_mends`) and applied (`make_dataset(mends=...)`).

    Raises TlcoreError where it changes nothing, and as changes_of does.
    """
    return new_mend(fix.kind, fix.title, changes_of(dataset, fix), check_id)


def mend_from_grid(dataset: Dataset, edited: Mapping[int, Mapping[str, str]]) -> Mend:
    """Edits by hand: row -> part (LABEL, TEXT or USE) -> new value, YES or NO for USE.

    Raises TlcoreError where they change nothing, or for a part or row that is not there.
    """
    wanted = [(row, part, value) for row, parts in edited.items() for part, value in parts.items()]
    if unknown := sorted({part for _, part, _ in wanted} - {LABEL, TEXT, USE}):
        raise TlcoreError(
            f"“{unknown[0]}” cannot be edited.", "the grid", "Edit the text, the label, or whether to use it."
        )
    if odd := [row for row, part, value in wanted if part == USE and value not in (YES, NO)]:
        raise TlcoreError("Whether a row is used is yes or no.", f"the grid, {rows_named(odd)}", "Choose yes or no.")
    changes = FileRows(dataset).changes(wanted)
    return new_mend("grid", f"Edited by hand: {rows_named(sorted({change.row for change in changes}), 3)}", changes)


def new_mend(kind: str, title: str, changes: Sequence[Change], check_id: str = "") -> Mend:
    """Raises TlcoreError where there is nothing to change."""
    if not changes:
        raise TlcoreError("This changes nothing: all rows hold that already.", "", "Go on with the next one.")
    return Mend(f"mend-{secrets.token_hex(6)}", kind, title, tuple(changes), check_id)
