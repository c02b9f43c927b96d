"""A grid of cells becomes a Table: header and end found, rows squared in batches, limits kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from tlcore.tables.cellkinds import filled
from tlcore.tables.columns import Columns
from tlcore.tables.extent import Typical, find_end, is_page_mark, is_repeated_header, title_of
from tlcore.tables.header import Header, find_header
from tlcore.tables.limits import Limits
from tlcore.tables.table import HowRead, Table
from tlcore.tables.unquoted import Rejoin
from tlcore.tables.wishes import Wishes

BATCH = 20_000  # rows that become Arrow at once
MOST_TOLD = 1_000  # numbers of rows below the table that are kept


@dataclass
class Grid:
    """What a reader found: rows[i] holds the cells of row i + 1 of the file; rows may be ragged or empty.

    grouped: rows (from 1) in which several cells were merged over more than one column, as over groups of columns.
    """

    rows: list[list[str]]
    how: HowRead
    oddities: list[str] = field(default_factory=list)
    grouped: frozenset[int] = frozenset()


def table_from_grid(grid: Grid, wishes: Wishes, limits: Limits) -> Table:
    """Raises TlcoreError if there is no header where one was asked for, no data, or too much of it."""
    header = find_header(grid.rows, wishes, grid.how.file, grid.grouped)
    body = Body(header, grid.how, limits, grid.rows)
    last = len(grid.rows) if wishes.last_row is None else min(wishes.last_row, len(grid.rows))
    rows = grid.rows[header.start : last]
    end = find_end(rows, header.start + 1, body.typical) if wishes.last_row is None else None
    stop = end.stop if end else len(rows)
    below = rows_below(grid.rows[header.start + stop :], header.start + stop + 1)
    for at in range(0, stop, BATCH):
        body.add(rows[at : min(at + BATCH, stop)])
    return body.table(grid.oddities, end.said if end else (), below)


def rows_below(rows: Iterable[list[str]], number: int) -> tuple[int, ...]:
    """The rows under the table with something in them, the first MOST_TOLD. number: where rows[0] stands in the file."""
    return tuple(islice((i for i, row in enumerate(rows, start=number) if filled(row)), MOST_TOLD))


class Body:
    """The rows under the header on their way into columns: blank rows and what printing repeats are left out, counted.

    top: the first rows of the file, or all.
    """

    def __init__(self, header: Header, how: HowRead, limits: Limits, top: Sequence[list[str]]) -> None:
        self.header = header
        sample = top[header.start :]
        self.titles = frozenset(title_of(top[i - 1]) for i in header.above) - {""}
        self.how = replace(how, header_row=header.row, header_rows=header.rows, rows_above=header.above)
        self.typical = Typical.of(header.names, sample)
        self.columns = Columns(header.names, self.how, limits)
        self.rejoin = Rejoin.of(header.names, sample, how.delimiter)
        self.next_row = header.start + 1
        self.blank = 0
        self.repeated: list[int] = []
        self.pages: list[int] = []

    def add(self, rows: list[list[str]]) -> None:
        """rows: the next rows of the file, blank ones too."""
        kept, numbers = [], []
        width = len(self.header.names)
        for number, row in enumerate(rows, start=self.next_row):
            if not any(map(str.strip, row)):
                self.blank += 1
            elif self.header.names and is_repeated_header(row, self.typical):
                self.repeated.append(number)
            elif len(self.header.names) > 1 and is_page_mark(row, self.titles):
                self.pages.append(number)
            else:
                kept.append(row if len(row) == width else self.rejoin.row(row, number))
                numbers.append(number)
        self.next_row += len(rows)
        self.columns.add(kept, numbers)

    def table(self, about_file: Sequence[str], about_end: Sequence[str], below: tuple[int, ...]) -> Table:
        """Raises TlcoreError if there is no row of data."""
        said = [*about_file, *self.header.said, *about_end]
        said += self.rejoin.said()
        if self.repeated:
            times, where = len(self.repeated), self.repeated[0]
            again = f"{times:,} times more" if times > 1 else "once more"
            said.append(f"The column names stand in the file {again} (first in row {where}); such rows are left out.")
        if self.pages:
            many = f" (the first of {len(self.pages):,} such rows)" if len(self.pages) > 1 else ""
            said.append(f"Row {self.pages[0]}{many} holds a page number or repeats a title; it is left out.")
        if self.blank:
            said.append(f"{self.blank:,} blank row{'s are' if self.blank > 1 else ' is'} left out.")
        return self.columns.table(replace(self.how, rows_below=below, oddities=(*self.how.oddities, *said)))
