"""CSV and its kin: any delimiter, quoting, line ends. Row i of the grid is row i as a spreadsheet counts."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import islice

from tlcore.errors import TlcoreError
from tlcore.tables.decode import decode
from tlcore.tables.dialect import Dialect, find_dialect
from tlcore.tables.grid import Grid
from tlcore.tables.limits import Limits
from tlcore.tables.table import HowRead

_SENTINEL = "\x1eend\x1e"
_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n')
_PRINTED = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}


def read_delimited(data: bytes, file: str, encoding: str | None, delimiter: str | None, limits: Limits) -> Grid:
    """Raises TlcoreError for what is no text, an impossible delimiter, an open quote, too many rows."""
    text, encoding, said = decode(data, encoding, file)
    if not text.strip():
        raise TlcoreError("The file is empty.", file, "Choose a file with a row of column names and rows under it.")
    hint = _SEP_LINE.match(text)
    if delimiter is None and hint:
        delimiter = hint.group(1)
    dialect = find_dialect(text) if delimiter is None else Dialect(_checked(delimiter, file))
    rows, dialect, about = _parse(text, dialect, file, limits)
    if hint and dialect.delimiter == hint.group(1):
        rows[0] = []  # Excel's note on the separator is no row of the table
    if dialect.escape:
        about.append("A backslash in front of a character marks it as text; such backslashes are left out.")
    if dialect.delimiter is not None and dialect.delimiter != "," and file.lower().endswith(".csv"):
        printed = _PRINTED.get(dialect.delimiter, f'"{dialect.delimiter}"')
        about.append(f"The cells are separated by a {printed}, not by a comma.")
    how = HowRead(file, "csv", encoding=encoding, delimiter=dialect.delimiter)
    return Grid(rows, how, said + about)


def _checked(delimiter: str, file: str) -> str:
    delimiter = "\t" if delimiter in ("\\t", "tab") else delimiter
    if len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise TlcoreError(f'"{delimiter}" cannot separate cells.', file, "Give one character, such as , ; | or a tab.")
    return delimiter


def _parse(text: str, dialect: Dialect, file: str, limits: Limits) -> tuple[list[list[str]], Dialect, list[str]]:
    rows, closed = _records(text, dialect, file, limits)
    if closed:
        return rows, dialect, []
    # Quotes that never close: perhaps they are mere characters, which the widths of the rows then show.
    opened = len(rows)
    plain = Dialect(dialect.delimiter, dialect.escape, quoted=False)
    rows, closed = _records(text, plain, file, limits)
    widths = Counter(len(row) for row in rows if row)
    if closed and widths and widths.most_common(1)[0][1] == widths.total():
        return rows, plain, ["Quotation marks are not paired in this file; they were read as plain characters."]
    raise TlcoreError(
        "A quotation mark is opened and never closed.",
        f"{file}, row {opened}",
        'Close it, or write a quotation mark inside a quoted cell twice ("").',
    )


def _records(text: str, dialect: Dialect, file: str, limits: Limits) -> tuple[list[list[str]], bool]:
    """All records, and whether the last one ended: a line appended to the text must come out as its own record."""
    most = limits.max_rows + 100  # header, title and the like beside the data
    end = "" if text.endswith(("\n", "\r")) else "\n"
    try:
        rows = list(islice(dialect.records(f"{text}{end}{_SENTINEL}"), most + 2))
    except csv.Error as error:
        raise TlcoreError("The file cannot be read as a table.", f"{file}: {error}", "Save it as .xlsx.") from error
    if rows and rows[-1] == [_SENTINEL]:
        return rows[:-1], True
    if len(rows) > most:
        raise TlcoreError(
            f"The file has more than {limits.max_rows:,} rows.", file, "Split it, or take a part of its rows."
        )
    return rows, False
