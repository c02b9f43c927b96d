"""Large delimited files, read in chunks: the memory is that of the finished table, not of the file read whole."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from tlcore.tables.decode import encoding_of
from tlcore.tables.delimited import about_dialect, about_repairs, choose_dialect
from tlcore.tables.extent import find_end
from tlcore.tables.grid import BATCH, Body, rows_below
from tlcore.tables.header import find_header
from tlcore.tables.limits import Limits
from tlcore.tables.records import Repairs, read_records
from tlcore.tables.source import Source
from tlcore.tables.table import HowRead, Table
from tlcore.tables.wishes import Wishes

STREAM_ABOVE = 24 * 2**20  # bytes; below that a file is decoded whole, which looks at every row
_HEAD = 5_000  # rows in which the column names must stand
_HELD_BACK = 500  # rows at the end in which notes are looked for
_SAMPLE = 1_000_000  # characters that show the dialect


def stream_delimited(
    source: Source, wishes: Wishes, limits: Limits, progress: Callable[[int, int], None] | None = None
) -> Table:
    """Raises TlcoreError as the readers of smaller files do."""
    encoding, said = encoding_of(source, wishes.encoding)
    with source.open() as raw, io.TextIOWrapper(raw, encoding, errors="replace", newline="") as text:
        sample = text.read(_SAMPLE).removeprefix("\ufeff")
    dialect, hint = choose_dialect(sample, wishes.delimiter, source.name)
    guessed = wishes.left_to_guess("encoding", "delimiter", "header_row")
    how = HowRead(source.name, "csv", encoding=encoding, delimiter=dialect.delimiter, guessed=guessed)
    repairs = Repairs()
    with source.open() as raw, io.TextIOWrapper(raw, encoding, errors="replace", newline="") as text:
        records = read_records(_without_mark(text), dialect, repairs)
        head = list(islice(records, _HEAD))
        if hint and head:
            head[0] = []
        header = find_header(head, wishes, source.name)
        body = Body(header, how, limits, head)
        below, about_end = _all_rows(
            head[header.start :], records, body, wishes.last_row, _teller(raw, source, progress)
        )
    return body.table([*said, *about_dialect(dialect, source.name), *about_repairs(repairs)], about_end, below)


def _without_mark(lines: Iterator[str]) -> Iterator[str]:
    return chain([first.removeprefix("\ufeff") for first in islice(lines, 1)], lines)


def _teller(raw: BinaryIO, source: Source, progress: Callable[[int, int], None] | None) -> Callable[[], None]:
    return (lambda: None) if progress is None else (lambda: progress(min(raw.tell(), source.size), source.size))


def _all_rows(
    pending: list[list[str]], records: Iterator[list[str]], body: Body, last_row: int | None, tell: Callable[[], None]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Put every row of the table into `body`. Returns the rows of the file below the table, and sentences."""
    while batch := list(islice(records, BATCH)):
        pending += batch
        if last_row is not None and body.next_row + len(pending) > last_row:
            break
        body.add(pending[:-_HELD_BACK])
        pending = pending[-_HELD_BACK:]
        tell()
    first = body.next_row
    if last_row is None:
        end = find_end(pending, first, body.typical)
        body.add(pending[: end.stop])
        return rows_below(pending[end.stop :], first + end.stop), end.said
    stop = max(0, last_row - first + 1)
    body.add(pending[:stop])
    return rows_below(chain(pending[stop:], records), first + stop), ()
