"""Texts with commas that nobody quoted: `Well, yes, good` under `text,label` has one cell too many; it is joined again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.tables.cellkinds import filled, kind_of_cell

LOOK_AT = 2_000  # rows
_FEWEST = 5  # rows that show what the columns hold


@dataclass
class Rejoin:
    """place: the column of texts, None if none is sure. values: place -> what another column holds, and how often."""

    names: Sequence[str]
    delimiter: str
    width: int
    place: int | None = None
    values: dict[int, Counter[str]] | None = None
    count: int = 0
    first: int = 0

    @classmethod
    def of(cls, names: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str | None) -> Rejoin:
        """rows: some rows under the header. Only where each other column is of few values, or of one kind.

        With one column of texts every row can be read from both ends, however many commas its text has.
        """
        some = [row for row in rows[:LOOK_AT] if filled(row)]
        widths = Counter(map(len, some))
        width = len(names) or (widths.most_common(1)[0][0] if widths else 0)
        none = cls(names, delimiter or "", width)
        some = [row for row in some if len(row) >= width]
        varied = len(set(map(len, some))) > 1  # one cell more in every row is a column without a name
        if delimiter not in (",", ";") or width < 2 or len(some) < _FEWEST or not varied:
            return none
        best = max((_tried(some, width, place) for place in range(width)), key=lambda tried: tried[0])
        words, place, values = best
        return cls(names, delimiter, width, place, values) if words > 1.5 else none

    def row(self, row: list[str], number: int) -> list[str]:
        """The row with its text in one cell again, where it is sure; else the row as it is."""
        extra = len(row) - self.width
        if self.place is None or self.values is None or extra <= 0:
            return row
        end = self.place + extra + 1
        pieces = row[self.place : end]
        if not all(piece.strip() for piece in pieces):  # a separator too many, not a comma in a text
            return row
        joined = [*row[: self.place], self.delimiter.join(pieces), *row[end:]]
        last = self.place == self.width - 1
        if not last and not all(_fits(joined[place].strip(), known) for place, known in self.values.items()):
            return row
        self.count += 1
        self.first = self.first or number
        return joined

    def said(self) -> list[str]:
        if not self.count or self.place is None:
            return []
        many = "1 row has" if self.count == 1 else f"{self.count:,} rows have"
        mark = "a comma" if self.delimiter == "," else "a semicolon"
        name = self.names[self.place].strip() if self.names else f"column {self.place + 1}"
        return [
            f"{many} {mark} in the text that is not in quotation marks (the first is row {self.first}); "
            f'the pieces were joined again in column "{name}".'
        ]


def open_width(rows: Sequence[Sequence[str]]) -> int:
    """How many columns there are where the texts of one hold the delimiter, so that rows have many widths; 0 if not.

    rows: the one with the names first. A label stands first or last in each row, under a short name.
    """
    names, body = rows[0], rows[1:]
    width = len(names)
    short = all(0 < len(cell.split()) <= 3 for cell in names) and len(set(names)) == width
    if width < 2 or len(body) < _FEWEST or not short or any(len(row) < width for row in body):
        return 0
    for place in (0, -1):
        known = {row[place].strip() for row in body}
        if 2 <= len(known) <= max(2, len(body) / 4) and names[place].strip() not in known:
            return width
    return 0


def _tried(rows: list[Sequence[str]], width: int, place: int) -> tuple[float, int, dict[int, Counter[str]]]:
    """(mean words of a text, place, values of the others) if column `place` holds the texts; 0 words if not sure."""
    after = width - 1 - place
    ends = [len(row) - after for row in rows]
    values = {at: Counter(row[at].strip() for row in rows) for at in range(place)}
    for at in range(after):
        values[place + 1 + at] = Counter(row[end + at].strip() for row, end in zip(rows, ends, strict=True))
    # Where the text comes last, the cells in front of it stand where they should, whatever the text holds.
    most = max(2.0, len(rows) / 4) if after else max(3.0, len(rows) / 2)
    if not all(2 <= len(known) <= most or _one_kind(known) for known in values.values()):
        return 0.0, place, values
    words = sum(len(cell.split()) for row, end in zip(rows, ends, strict=True) for cell in row[place:end])
    return words / len(rows), place, values


def _fits(cell: str, known: Counter[str]) -> bool:
    return known[cell] >= 2 or (_one_kind(known) and kind_of_cell(cell) == kind_of_cell(next(iter(known))))


def _one_kind(cells: Counter[str]) -> bool:
    kinds = {kind_of_cell(cell) for cell in list(cells)[:200]}
    return len(kinds) == 1 and kinds != {""}
