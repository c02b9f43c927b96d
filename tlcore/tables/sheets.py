"""XLSX, XLSM, XLS and ODS: one sheet as the text that a spreadsheet program would show."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.tables.cellmarks import marks_of_sheet
from tlcore.tables.grid import Grid
from tlcore.tables.kinds import damaged
from tlcore.tables.limits import Limits
from tlcore.tables.table import HowRead
from tlcore.tables.unpack import check_workbook
from tlcore.tables.wishes import Wishes

_MOST_MERGED = 2_000_000  # cells; ranges may lie over each other, so a small file can name very many
# A short sheet in front of one that is so many times larger is a cover or a page of notes.
_COVER_ROWS, _TIMES_COVER = 20, 8
_Range = tuple[tuple[int, int], tuple[int, int]]  # (top, left), (bottom, right), from 0

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook


def read_sheet(data: bytes, kind: str, file: str, wishes: Wishes, limits: Limits) -> Grid:
    """kind: xlsx, xls or ods. Without a wish, the first visible sheet that is neither empty nor a mere cover.

    Raises TlcoreError for a damaged or locked workbook, an unknown or empty sheet, too much data.
    """
    if kind != "xls":
        check_workbook(data, kind, file, limits)
    try:
        return _read(data, kind, file, wishes, limits)
    except TlcoreError:
        raise
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":  # how Rust code gives up
            raise _explained(error, file) from error
        raise


def cell_text(value: Any) -> str:
    """A cell as a spreadsheet shows it: 5 not 5.0, TRUE not True, dates in ISO order."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e16 else _fraction(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        seconds = round(value.total_seconds())
        sign, seconds = "-" * (seconds < 0), abs(seconds)
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return "" if value is None else str(value)


def _fraction(value: float) -> str:
    # Spreadsheets show 15 digits, so 0.1 + 0.2 is 0.3 there.
    return f"{value:.15g}" if abs(value) < 1e16 else repr(value)


def _read(data: bytes, kind: str, file: str, wishes: Wishes, limits: Limits) -> Grid:
    from python_calamine import CalamineWorkbook

    sheet = wishes.sheet
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        names, hidden = _worksheets(book)
        if not names:
            raise TlcoreError("The workbook has no sheet with cells.", file, "Put the table on a sheet.")
        chosen = _choose(book, names, hidden, sheet, file)
        said = [] if sheet is not None or len(names) == 1 else [_about_sheets(chosen.name, names)]
        rows = _rows(chosen, file, limits)
        if kind == "xlsx":
            marks = marks_of_sheet(data, chosen.name)
            marks.put_into(rows)
            said += marks.said()
        merged = [] if kind == "ods" else list(chosen.merged_cell_ranges or [])
        said += _fill_merged(rows, merged)
    guessed = wishes.left_to_guess("sheet", "header_row")
    how = HowRead(file, kind, sheet=chosen.name, sheets=names, guessed=guessed)
    return Grid(rows, how, said, _rows_with_groups(merged))


def _worksheets(book: CalamineWorkbook) -> tuple[tuple[str, ...], set[str]]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [meta for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
    hidden = {meta.name for meta in sheets if meta.visible != SheetVisibleEnum.Visible}
    return tuple(meta.name for meta in sheets), hidden


def _choose(
    book: CalamineWorkbook, names: tuple[str, ...], hidden: set[str], sheet: str | None, file: str
) -> CalamineSheet:
    if sheet is not None:
        if sheet not in names:
            raise TlcoreError(f'There is no sheet "{sheet}".', file, f"The sheets are: {', '.join(names)}.")
        if (found := book.get_sheet_by_name(sheet)).start is None:
            raise TlcoreError(f'The sheet "{sheet}" is empty.', file, "Choose another sheet.")
        return found
    first = None
    for name in sorted(names, key=lambda name: name in hidden):  # sorted keeps the order within each half
        if first is not None and (name in hidden or not _may_be_cover(first)):
            break
        found = book.get_sheet_by_name(name)
        if found.start is not None and (first is None or _area(found) >= _TIMES_COVER * _area(first)):
            first = found
    if first is None:
        raise TlcoreError("The workbook is empty.", file, "Choose a file with a row of column names and rows under it.")
    return first


def _may_be_cover(sheet: CalamineSheet) -> bool:
    """Whether the sheet is short and no full rectangle of cells."""
    if sheet.height > _COVER_ROWS or sheet.width < 2:
        return bool(sheet.height <= _COVER_ROWS)
    filled = sum(1 for row in sheet.to_python(skip_empty_area=True) for value in row if value != "")
    return filled < 0.7 * _area(sheet)


def _area(sheet: CalamineSheet) -> int:
    return int(sheet.height * sheet.width)


def _rows(sheet: CalamineSheet, file: str, limits: Limits) -> list[list[str]]:
    end = sheet.end or (0, 0)
    if end[0] + 1 > limits.max_rows + 100:
        raise TlcoreError(
            f"The sheet has more than {limits.max_rows:,} rows.", file, "Split it, or take a part of its rows."
        )
    # Rows come with the blank area above and to the left of the table, so that row i is row i + 1 of the sheet.
    return [[cell_text(value) for value in row] for row in sheet.iter_rows()]


def _fill_merged(rows: list[list[str]], merged: list[_Range]) -> list[str]:
    """Cells merged downwards in one column give each row the text that a reader sees beside it. In place."""
    down = [(top, left, bottom) for (top, left), (bottom, right) in merged if left == right and bottom > top]
    if not merged:
        return []
    if sum(bottom - top for top, _, bottom in down) > _MOST_MERGED:
        down = []
    for top, left, bottom in down:
        text = rows[top][left] if top < len(rows) and left < len(rows[top]) else ""
        for row in rows[top + 1 : bottom + 1]:
            if text and left < len(row) and not row[left]:
                row[left] = text
    if down:
        return ["Cells that were merged over several rows were filled in, so that each row has the text."]
    return ["Some cells are merged; only the first cell of each keeps the text, the others are empty."]


def _rows_with_groups(merged: list[_Range]) -> frozenset[int]:
    """The rows, from 1, with two cells or more that are merged over several columns."""
    counts = Counter(top for (top, left), (bottom, right) in merged if right > left and top == bottom)
    return frozenset(row + 1 for row, count in counts.items() if count >= 2)


def _about_sheets(chosen: str, names: tuple[str, ...]) -> str:
    return f'The file has {len(names)} sheets; "{chosen}" was read.'


def _explained(error: BaseException, file: str) -> TlcoreError:
    if type(error).__name__ == "PasswordError" or "password" in str(error).lower():
        return TlcoreError("The file is locked with a password.", file, "Save it without a password, then try again.")
    return damaged(file)
