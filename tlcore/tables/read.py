"""read_table: one door for every kind of file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tlcore.errors import TlcoreError
from tlcore.tables.archives import Chosen, is_plain_zip, open_folder, open_gzip, open_zip
from tlcore.tables.delimited import read_delimited
from tlcore.tables.grid import table_from_grid
from tlcore.tables.jsonlines import read_json
from tlcore.tables.kinds import kind_of
from tlcore.tables.limits import Limits
from tlcore.tables.markup import read_markup
from tlcore.tables.parquet import read_parquet
from tlcore.tables.sheets import read_sheet
from tlcore.tables.source import Source, file_source
from tlcore.tables.stream import STREAM_ABOVE, stream_delimited
from tlcore.tables.table import Table
from tlcore.tables.wishes import Wishes

DEFAULT_LIMITS = Limits()
Progress = Callable[[int, int], None]


def read_table(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    header_rows: int | None = None,
    last_row: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    name: str | None = None,
    progress: Progress | None = None,
) -> Table:
    """Read CSV and its kin, Excel, OpenDocument, JSON, Parquet, or an archive or folder with a table in it, as text.

    What is None is found out. header_row: 1-based row of the file, 0 for none; header_rows: how many rows the names
    take; last_row: the last row of the table. sheet: of a workbook, or the file of an archive or folder. name: the file
    name to show and to take the ending from, where `path` is a temporary copy. progress(done, total) is called with
    bytes. Raises TlcoreError, and nothing else, for bad content.
    """
    wishes = Wishes(encoding, delimiter, sheet, header_row, header_rows, last_row)
    place, file = Path(path), name or Path(path).name
    if _is_folder(place):
        table = _read_chosen(open_folder(place, wishes, limits), wishes, limits, progress)
    else:
        table = _read_file(file_source(place, file, limits), wishes, limits, progress)
    if progress is not None:
        size = 1 if _is_folder(place) else place.stat().st_size
        progress(size, size)
    return table


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # an impossible name; file_source finds the words
        return False


def _read_file(source: Source, wishes: Wishes, limits: Limits, progress: Progress | None) -> Table:
    head = source.head(4)
    if head[:2] == b"\x1f\x8b":
        return _read_chosen(open_gzip(source, limits), wishes, limits, progress)
    if head in (b"PK\x03\x04", b"PK\x05\x06") and is_plain_zip(source):
        return _read_chosen(open_zip(source, wishes, limits), wishes, limits, progress)
    return _read_one(source, wishes, limits, progress)


def _read_chosen(chosen: Chosen, wishes: Wishes, limits: Limits, progress: Progress | None) -> Table:
    """The table inside an archive or folder, with a record of where it was."""
    if len(chosen.members) > 1:
        wishes = replace(wishes, sheet=None)  # it named the member
    table = _read_one(chosen.source, wishes, limits, progress)
    how = replace(
        table.how,
        file=chosen.file,
        member=chosen.member,
        images=chosen.images,
        oddities=(*chosen.said, *table.how.oddities),
    )
    if len(chosen.members) > 1:
        guessed = tuple(dict.fromkeys((*chosen.guessed, *(word for word in how.guessed if word != "sheet"))))
        how = replace(how, sheet=chosen.member, sheets=chosen.members, guessed=guessed)
    return Table(table.columns, table.data, table.row_numbers, how)


def _read_one(source: Source, wishes: Wishes, limits: Limits, progress: Progress | None) -> Table:
    kind, said = kind_of(source, limits)
    if wishes.sheet is not None and kind not in ("xlsx", "xls", "ods", "html", "xml"):
        raise TlcoreError(
            f'There is no sheet "{wishes.sheet}": this file has no sheets.', source.name, "Leave the sheet out."
        )
    if kind == "parquet":
        return read_parquet(source, limits, progress)
    if kind == "csv" and source.size > STREAM_ABOVE:
        return stream_delimited(source, wishes, limits, progress)
    data = source.read(limits)
    if kind in ("json", "jsonl"):
        table = read_json(data, source.name, wishes.encoding, kind == "jsonl", limits)
        how = replace(table.how, oddities=(*said, *table.how.oddities))
        return Table(table.columns, table.data, table.row_numbers, how)
    if kind in ("html", "xml"):
        grid = read_markup(data, kind, source.name, wishes, limits)
    elif kind == "csv":
        grid = read_delimited(data, source.name, wishes, limits)
    else:
        grid = read_sheet(data, kind, source.name, wishes, limits)
    grid.oddities[:0] = said
    return table_from_grid(grid, wishes, limits)
