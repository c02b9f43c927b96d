"""read_table: one door for every kind of file."""

from __future__ import annotations

import os
from pathlib import Path

from tlcore.errors import TlcoreError
from tlcore.tables.delimited import read_delimited
from tlcore.tables.grid import table_from_grid
from tlcore.tables.jsonlines import read_json
from tlcore.tables.kinds import kind_of
from tlcore.tables.limits import Limits
from tlcore.tables.sheets import read_sheet
from tlcore.tables.table import Table

DEFAULT_LIMITS = Limits()


def read_table(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    name: str | None = None,
) -> Table:
    """Read a CSV, Excel, OpenDocument or JSON file as text.

    What is None is found out. header_row: 1-based row of the file, 0 for none. name: the file name to show and to
    take the ending from, where `path` is a temporary copy. Raises TlcoreError, and nothing else, for bad content.
    """
    file = name or Path(path).name
    data = _bytes(Path(path), file, limits)
    kind, said = kind_of(data, file)
    if sheet is not None and kind in ("csv", "json", "jsonl"):
        raise TlcoreError(f'There is no sheet "{sheet}": this file has no sheets.', file, "Leave the sheet out.")
    if kind in ("json", "jsonl"):
        return read_json(data, file, encoding, kind == "jsonl", limits)
    if kind == "csv":
        grid = read_delimited(data, file, encoding, delimiter, limits)
    else:
        grid = read_sheet(data, kind, file, sheet, limits)
    grid.oddities[:0] = said
    return table_from_grid(grid, header_row, limits)


def _bytes(path: Path, file: str, limits: Limits) -> bytes:
    try:
        if path.is_dir():
            raise TlcoreError("This is a folder, not a file.", str(path), "Choose a file in it.")
        size = path.stat().st_size
        if size > limits.max_bytes:
            raise TlcoreError(
                f"The file has {size / 2**20:,.1f} MB; at most {limits.max_bytes / 2**20:,.0f} MB can be read.",
                file,
                "Keep only the columns that you need, or split the file.",
            )
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise TlcoreError("There is no such file.", str(path), "Check the name and the folder.") from error
    except (OSError, ValueError) as error:
        raise TlcoreError("The file cannot be opened.", str(path), "Is it open in another program?") from error
    if not data.strip(b" \t\r\n\x0c\xef\xbb\xbf\xff\xfe"):
        raise TlcoreError("The file is empty.", file, "Choose a file with a row of column names and rows under it.")
    return data
