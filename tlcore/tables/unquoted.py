"""Texts with commas that nobody quoted: `Well, yes, good` under `text,label` has one cell too many; it is joined again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.tables.cellkinds import filled, kind_of_cell

LOOK_AT = 2_000  # rows
_FEWEST = 5  # usual rows that show what the columns hold


@dataclass
class Rejoin:
    """place: the column of texts, None if none is sure. values: place -> what another column may hold (labels)."""

    names: Sequence[str]
    delimiter: str
    place: int | None
    values: dict[int, set[str]]
    count: int = 0
    first: int = 0

    @classmethod
    def of(cls, names: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str | None) -> Rejoin:
        """rows: some rows under the header. Only where each other column is of few values, or of one kind."""
        width = len(names)
        usual = [row for row in rows[:LOOK_AT] if len(row) == width and filled(row)]
        none = cls(names, delimiter or "", None, {})
        if delimiter not in (",", ";") or width < 2 or len(usual) < _FEWEST or all(len(row) <= width for row in rows):
            return none
        words = [sum(len(row[place].split()) for row in usual) / len(usual) for place in range(width)]
        place = words.index(max(words))
        values = {i: {row[i].strip() for row in usual} for i in range(width) if i != place}
        sure = [i for i, known in values.items() if len(known) <= max(2, len(usual) / 4) or _one_kind(known)]
        return cls(names, delimiter, place, values) if words[place] > 1.5 and len(sure) == len(values) else none

    def row(self, row: list[str], number: int) -> list[str]:
        """The row with its text in one cell again, where it is sure; else the row as it is."""
        extra = len(row) - len(self.names)
        if self.place is None or extra <= 0:
            return row
        end = self.place + extra + 1
        pieces = row[self.place : end]
        # In prose a blank follows the comma; a cell that was put in by mistake has none.
        if not all(piece.startswith(" ") and piece.strip() for piece in pieces[1:]):
            return row
        joined = [*row[: self.place], self.delimiter.join(pieces), *row[end:]]
        if not all(self._fits(place, cell.strip()) for place, cell in enumerate(joined) if place != self.place):
            return row
        self.count += 1
        self.first = self.first or number
        return joined

    def _fits(self, place: int, cell: str) -> bool:
        known = self.values[place]
        return cell in known or (_one_kind(known) and kind_of_cell(cell) == kind_of_cell(next(iter(known))))

    def said(self) -> list[str]:
        if not self.count or self.place is None:
            return []
        many = "1 row has" if self.count == 1 else f"{self.count:,} rows have"
        mark = "a comma" if self.delimiter == "," else "a semicolon"
        return [
            f"{many} {mark} in the text that is not in quotation marks (the first is row {self.first}); "
            f'the pieces were joined again in column "{self.names[self.place].strip()}".'
        ]


def _one_kind(cells: set[str]) -> bool:
    kinds = {kind_of_cell(cell) for cell in list(cells)[:200]}
    return len(kinds) == 1 and kinds != {""}
