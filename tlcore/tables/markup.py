"""Web pages and Excel 2003 XML, which many programs write under the name .xls: the table in them."""

from __future__ import annotations

import re

from tlcore.errors import TlcoreError
from tlcore.tables.cellkinds import filled
from tlcore.tables.decode import decode
from tlcore.tables.grid import Grid
from tlcore.tables.limits import Limits
from tlcore.tables.markupcells import Sheet, TooWide, sheets_of_workbook, tables_of_page
from tlcore.tables.table import HowRead
from tlcore.tables.wishes import Wishes

_CHARSET = re.compile(rb"(?:charset|encoding)\s{0,9}=\s{0,9}[\"']?([\w-]{2,40})", re.IGNORECASE)


def read_markup(data: bytes, kind: str, file: str, wishes: Wishes, limits: Limits) -> Grid:
    """kind: html or xml. Raises TlcoreError for a page without a table, an unknown table, too much data."""
    text, encoding, said = _text(data, wishes.encoding, file)
    try:
        sheets = tables_of_page(text) if kind == "html" else sheets_of_workbook(text)
    except TooWide as error:
        raise TlcoreError("A row of the table has too many cells to hold.", file, "Save the table as .csv.") from error
    sheets = [sheet for sheet in sheets if _is_table(sheet)]
    if not sheets:
        raise TlcoreError(
            "This is a web page or XML without a table.",
            file,
            "Was the file downloaded before you had signed in? Open it in a browser to see what it is.",
        )
    chosen = _chosen(sheets, kind, wishes.sheet, file)
    if sum(map(len, chosen.rows)) > limits.max_sheet_cells or len(chosen.rows) > limits.max_rows + 100:
        raise TlcoreError("The table is too large to hold.", file, "Split it, or take a part of its rows.")
    if len(sheets) > 1 and wishes.sheet is None:
        said = [*said, f'The file has {len(sheets):,} tables; "{chosen.name}" was read.']
    if chosen.filled_down:
        said = [*said, "Cells that were merged over several rows were filled in, so that each row has the text."]
    names = tuple(sheet.name for sheet in sheets)
    guessed = wishes.left_to_guess("encoding", "sheet", "header_row")
    how = HowRead(file, kind, encoding=encoding, sheet=chosen.name, sheets=names, guessed=guessed)
    return Grid(chosen.rows, how, said)


def _text(data: bytes, asked: str | None, file: str) -> tuple[str, str, list[str]]:
    """The encoding that the file names for itself, if it can be read in it."""
    named = _CHARSET.search(data[:4_000])
    if asked is None and named is not None and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return decode(data, named.group(1).decode("ascii").lower(), file)
        except TlcoreError:
            pass  # it names the wrong one, or none that exists
    return decode(data, asked, file)


def _is_table(sheet: Sheet) -> bool:
    return sum(1 for row in sheet.rows if filled(row)) >= 2


def _chosen(sheets: list[Sheet], kind: str, asked: str | None, file: str) -> Sheet:
    if asked is not None:
        found = next((sheet for sheet in sheets if sheet.name == asked), None)
        if found is None:
            names = ", ".join(sheet.name for sheet in sheets[:20])
            raise TlcoreError(f'There is no table "{asked}".', file, f"The tables are: {names}.")
        return found
    # Pages are laid out with small tables; the sheets of a workbook stand in the order that somebody gave them.
    return max(sheets, key=lambda sheet: sum(map(filled, sheet.rows))) if kind == "html" else sheets[0]
