"""What a fix does to the rows, one cell at a time: shown before, recorded with the Dataset, undone by leaving it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json

CONFIRM = "confirm"
KINDS = ("leave_out", "relabel", "retext", "merge", "mask", "grid", "review", CONFIRM)
"""What fixes do (tlcore.checks.Fix says how each reads), and three ways by hand: edits in a grid, a reviewed spreadsheet, labels
that a model proposed and a person confirmed (tlcore.confirm)."""
LABEL, TEXT, USE = "label", "text", "use"
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Change:
    """One cell of one row. row: its number in the file. key: of what the row held in the file, before any mend, so that it is
    found again in a file whose rows have moved. part: LABEL, TEXT, or USE (YES becomes NO: left out).

    before: what the part held when this was made, after the mends before it. A label that is not there is "".
    """

    row: int
    key: str
    part: str
    before: str
    after: str


FIELDS = ("row", "key", "part", "before", "after")


@dataclass(frozen=True)
class Mend:
    """One step: what the user did in one go. check: the id of the problem it mends, or "". chance: of rows whose label was
    confirmed, those drawn by chance; the others were shown because the model was unsure of them."""

    id: str
    kind: str
    title: str
    changes: tuple[Change, ...]
    check: str = ""
    chance: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows it changes."""
        return len({change.row for change in self.changes})

    def to_json(self) -> dict[str, Any]:
        """The changes lie by column: a mend of 100,000 rows is written and read in a second."""
        columns = {name: [getattr(change, name) for change in self.changes] for name in FIELDS}
        drawn = {"chance": list(self.chance)} if self.chance else {}
        return {"id": self.id, "kind": self.kind, "title": self.title, "check": self.check, "changes": columns, **drawn}

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> Mend:
        changes = tuple(map(Change, *(parts["changes"][name] for name in FIELDS)))
        return cls(parts["id"], parts["kind"], parts["title"], changes, parts["check"], tuple(parts.get("chance", ())))


def save_mends(path: Path, mends: Sequence[Mend]) -> None:
    """Write the list, in order, whole or not at all."""
    write_json(path, [mend.to_json() for mend in mends])


def load_mends(path: Path) -> list[Mend]:
    """The list in a file; [] where there is none. Raises TlcoreError for a file that is damaged: no mend is lost silently."""
    if not path.exists():
        return []
    try:
        return [Mend.from_json(parts) for parts in read_json(path)]
    except (TypeError, KeyError, ValueError) as error:
        raise TlcoreError(
            "The list of what was mended cannot be read.",
            str(path),
            "Put the file back from a copy, or delete it to start again from the rows as they are in the spreadsheet.",
        ) from error
