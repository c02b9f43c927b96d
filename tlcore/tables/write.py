"""write_table: a table as .csv or .xlsx that opens in Excel, with nothing in it that Excel would run."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tlcore.errors import TlcoreError

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
MOST_CELL, MOST_ROWS, MOST_COLUMNS = 32_767, 1_048_576, 16_384  # what Excel can hold


def write_table(path: str | os.PathLike[str], columns: Mapping[str, Sequence[str]]) -> None:
    """columns: name -> (rows,) cells; the order is kept. The ending (.csv, .xlsx) decides the format.

    A cell that a spreadsheet would take for a formula gets a ' in front. The file appears whole or not at all.
    Raises TlcoreError for another ending, columns of different lengths, or what does not fit into .xlsx.
    """
    path = Path(path)
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name}: {n}" for name, n in lengths.items())
        raise TlcoreError("The columns have different numbers of rows.", told, "Give every column one cell a row.")
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx}
    if path.suffix.lower() not in writers:
        raise TlcoreError(f'Tables cannot be written as "{path.suffix}".', path.name, "Use .csv or .xlsx.")
    partial = path.with_name(f".{path.name}.partial")
    try:
        writers[path.suffix.lower()](partial, columns)
        os.replace(partial, path)
    except OSError as error:
        raise TlcoreError(
            "The file cannot be written.",
            f"{path}: {error.strerror}",
            "Is it open in another program? Is the disk full?",
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def harmless(value: object) -> str:
    """The text of a cell, with a ' in front where a spreadsheet would take it for a formula."""
    text = "" if value is None else str(value)
    if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def _rows(columns: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    yield [harmless(name) for name in columns]
    for row in zip(*columns.values(), strict=True):
        yield [harmless(cell) for cell in row]


def _write_csv(path: Path, columns: Mapping[str, Sequence[str]]) -> None:
    # The mark at the start makes Excel read UTF-8; NUL would make every reader refuse the file.
    with open(path, "w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([cell.replace("\0", "") for cell in row] for row in _rows(columns))


def _write_xlsx(path: Path, columns: Mapping[str, Sequence[str]]) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    n = len(next(iter(columns.values()), ()))
    if n + 1 > MOST_ROWS or len(columns) > MOST_COLUMNS:
        raise TlcoreError(f"{n:,} rows of {len(columns):,} columns do not fit into .xlsx.", path.name, "Use .csv.")
    for _ in _excel_rows(columns):  # looked through before openpyxl opens anything
        pass
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    for row in _excel_rows(columns):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=text or None)
            if text:
                cell.data_type = "s"  # else openpyxl takes "#N/A" for an error, not for text
            cells.append(cell)
        sheet.append(cells)
    book.save(path)


def _excel_rows(columns: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """The rows as Excel takes them. Raises TlcoreError at a cell that is too long."""
    names = list(columns)
    for number, row in enumerate(_rows(columns), start=1):
        texts = [_ESCAPED.sub("_x005F_", _ILLEGAL.sub("", text)) for text in row]
        for name, text in zip(names, texts, strict=True):
            if len(text) > MOST_CELL:
                raise TlcoreError(
                    f"A cell holds {len(text):,} characters; .xlsx can hold {MOST_CELL:,}.",
                    f'row {number}, column "{name}"',
                    "Use .csv.",
                )
        yield texts
