"""A workbook for people: safe cells, wrapped text, a header that stays in sight."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.errors import TlcoreError
from tlcore.tables.write import harmless

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

MOST_SHOWN = 4_000
"""Characters of a text that are written: more than anyone reads in a cell, less than a spreadsheet can hold."""
MOST_ROWS = 1_048_575
"""Rows under the header that a sheet can hold."""
_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def shown(text: str) -> str:
    """A text as a cell holds it: no formula, no character that a workbook cannot hold, cut where it is very long."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    cut = text[:MOST_SHOWN] + f" … ({len(text):,} characters)" if len(text) > MOST_SHOWN else text
    return harmless(_ILLEGAL.sub("", cut))


def new_book() -> Workbook:
    from openpyxl import Workbook

    return Workbook(write_only=True)


def add_sheet(
    book: Workbook, name: str, header: Sequence[str], rows: Iterable[Sequence[str | int]], widths: Sequence[int]
) -> WriteOnlyWorksheet:
    """Numbers stay numbers; text is text, also where it looks like a formula, a number or an error.

    An empty header: none. A width of 0: the column is hidden.
    """
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet(name)
    for place, width in enumerate(widths):
        column = sheet.column_dimensions[chr(ord("A") + place)]
        column.width, column.hidden = width or 20, not width
    bold, wrapped = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    if header:
        sheet.freeze_panes = "A2"
        cells = [WriteOnlyCell(sheet, value=title) for title in header]
        for cell in cells:
            cell.font = bold
        sheet.append(cells)
    for count, row in enumerate(rows, start=1):
        if count > MOST_ROWS:
            raise TlcoreError(
                f"More than {MOST_ROWS:,} rows do not fit into one sheet.", name, "Ask for fewer rows at a time."
            )
        line = []
        for value in row:
            text = isinstance(value, str)
            cell = WriteOnlyCell(sheet, value=(_ESCAPED.sub("_x005F_", str(value)) or None) if text else value)
            cell.alignment = wrapped
            if text:
                cell.number_format = "@"  # also of an empty cell: what is typed there stays as it is typed
                cell.data_type = "s" if value else "n"
            line.append(cell)
        sheet.append(line)
    return sheet


def save_book(book: Workbook, path: Path) -> None:
    """Whole or not at all. Raises TlcoreError where it cannot be written."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(partial)
        os.replace(partial, path)
    except OSError as error:
        raise TlcoreError(
            "The workbook cannot be written.", f"{path}: {error.strerror}", "Is it open in another program?"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
