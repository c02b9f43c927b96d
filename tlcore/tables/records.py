"""Lines of text become records of cells; a quotation mark that is never closed spoils its own line only."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from tlcore.tables.dialect import Dialect

MOST_LINES, MOST_CHARS = 20_000, 4_000_000  # that one record may span before its quote counts as never closed
_FEWEST_LINES = 50
_MOST_BROKEN = 20_000  # records with broken quoting; beyond, a quotation mark means nothing in this file


class _NeverClosed(Exception):
    pass


@dataclass
class Repairs:
    """rows: the records (from 1) whose quotation marks were not closed and were closed at the end of the line.

    broken: how many records have their quotation marks in places where none belongs, these too.
    """

    rows: list[int] = field(default_factory=list)
    count: int = 0
    broken: int = 0


class _Feed:
    """The lines, one at a time for csv.reader, with those of the unfinished record remembered."""

    def __init__(self, lines: Iterable[str], most: int) -> None:
        self.lines, self.back, self.pending, self.most = iter(lines), deque[str](), list[str](), most
        self.chars = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.back.popleft() if self.back else next(self.lines)
        self.pending.append(line)
        self.chars += len(line)
        if len(self.pending) > self.most or (self.chars > MOST_CHARS and len(self.pending) > 1):
            raise _NeverClosed
        return line

    def done(self) -> None:
        self.pending.clear()
        self.chars = 0


def records_of(text: str, dialect: Dialect, repairs: Repairs | None = None) -> Iterator[list[str]]:
    """The records of a text. Never raises for what it holds."""
    lines = io.StringIO(text, newline="")
    if dialect.quote in text or dialect.escape or dialect.stand_in:
        return read_records(lines, dialect, repairs)
    csv.field_size_limit(2**31 - 1)
    return map(dialect.cells, dialect.reader(lines, strict=False))


def read_records(lines: Iterable[str], dialect: Dialect, repairs: Repairs | None = None) -> Iterator[list[str]]:
    """The records of the lines (with their line ends). Never raises for what the lines hold."""
    # The limit is the csv module's, for the whole process; ours is checked later, with row and column.
    csv.field_size_limit(2**31 - 1)
    repairs = repairs if repairs is not None else Repairs()
    feed = _Feed(map(dialect.line, lines) if dialect.stand_in else lines, MOST_LINES)
    untouched = not dialect.stand_in and not dialect.padded
    while True:
        try:
            for row in dialect.reader(feed, strict=True):
                repairs.count += 1
                feed.done()
                yield row if untouched else dialect.cells(row)
            return
        except (csv.Error, _NeverClosed):
            yield dialect.cells(_first_line_alone(feed, dialect, repairs))
        if len(repairs.rows) == _MOST_BROKEN:
            dialect = replace(dialect, quoted=False)


def _first_line_alone(feed: _Feed, dialect: Dialect, repairs: Repairs) -> list[str]:
    """The first line of a record that does not parse, read by itself; the lines after it are given back."""
    first, *rest = feed.pending
    feed.back.extendleft(reversed(rest))
    feed.done()
    if len(rest) > 100:  # looking far ahead again and again would cost the square of the file
        feed.most = max(_FEWEST_LINES, feed.most // 2)
    repairs.count += 1
    repairs.broken += 1
    if rest or first.count(dialect.quote) % 2:
        repairs.rows.append(repairs.count)
    try:
        return next(dialect.reader([first.rstrip("\r\n")], strict=False), [])
    except csv.Error:
        return [first.rstrip("\r\n")]
