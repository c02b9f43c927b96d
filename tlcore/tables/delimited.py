"""CSV and its kin: any delimiter, quoting, line ends. Row i of the grid is row i as a spreadsheet counts."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

from tlcore.errors import TlcoreError
from tlcore.tables.decode import decode
from tlcore.tables.dialect import ALIGNED, Dialect
from tlcore.tables.grid import Grid
from tlcore.tables.limits import Limits
from tlcore.tables.records import Repairs, read_records, records_of
from tlcore.tables.sniff import DELIMITERS, dialect_for, find_dialect, unwrapped
from tlcore.tables.table import HowRead
from tlcore.tables.wishes import Wishes

_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n')
_PRINTED = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar", " ": "blank", ALIGNED: "gap of two or more blanks"}
_RULE, _MARKDOWN = re.compile(r"\s*[:=+|-]{3}[\s:=+|-]*"), re.compile(r"[\s:+|-]+")

_TAG, _TAGGED_SEEN = re.compile(r"O|[BIESLUM]-\S+"), 20_000
"""The tag of a word, and characters of a file that are looked at for such tags."""


def read_delimited(data: bytes, file: str, wishes: Wishes, limits: Limits) -> Grid:
    """Raises TlcoreError for what is no text, an impossible delimiter, too many rows."""
    text, encoding, said = decode(data, wishes.encoding, file)
    if not text.strip():
        raise TlcoreError("The file is empty.", file, "Choose a file with a row of column names and rows under it.")
    if wishes.delimiter is None and (inner := unwrapped(text)) is not None:
        text = inner
        said = [*said, "Each line stood in quotation marks as a whole; they were taken away."]
    dialect, hint = choose_dialect(text, wishes.delimiter, file)
    repairs = Repairs()
    most = limits.max_rows + 1_000  # titles and the like beside the data
    rows = list(islice(records_of(text, dialect, repairs), most + 1))
    if len(rows) > most:
        raise TlcoreError(
            f"The file has more than {limits.max_rows:,} rows.", file, "Split it, or take a part of its rows."
        )
    if hint:
        rows[0] = []  # Excel's note on the separator is no row of the table
    about = [*about_dialect(dialect, file), *about_repairs(repairs), *_tidy(rows, dialect)]
    guessed = wishes.left_to_guess("encoding", "delimiter", "header_row")
    how = HowRead(file, "csv", encoding=encoding, delimiter=dialect.delimiter, guessed=guessed)
    return Grid(rows, how, said + about)


def choose_dialect(text: str, delimiter: str | None, file: str) -> tuple[Dialect, bool]:
    """The dialect, and whether the first line is Excel's note on the separator. Raises TlcoreError."""
    hint = _SEP_LINE.match(text)
    if delimiter is not None:
        checked = _checked(delimiter, file)
        return dialect_for(text, checked), bool(hint and hint.group(1) == checked)
    if hint:
        return dialect_for(text[hint.end() :], hint.group(1)), True
    found = find_dialect(text)
    return (dialect_for(text, " ") if found.delimiter is None and _is_tagged(text) else found), False


def _is_tagged(text: str) -> bool:
    """Whether each line is a word and its tags with single blanks between, the last such as B-PERSON or O: names marked as in CoNLL 2003."""
    lines = [line.rstrip() for line in text[:_TAGGED_SEEN].splitlines()[:-1] if line.strip()]
    tags = [line.rsplit(" ", 1)[-1] for line in lines]
    counts = {line.count(" ") for line in lines}
    return len(counts) == 1 and 0 not in counts and all(map(_TAG.fullmatch, tags)) and any("-" in tag for tag in tags)


def _checked(delimiter: str, file: str) -> str:
    delimiter = "\t" if delimiter in ("\\t", "tab") else delimiter
    if not 1 <= len(delimiter) <= 5 or set(delimiter) & set('"\r\n\0'):
        raise TlcoreError(f'"{delimiter}" cannot separate cells.', file, "Give one character, such as , ; | or a tab.")
    return delimiter


def about_dialect(dialect: Dialect, file: str) -> list[str]:
    """Sentences about separators, quotes and escapes other than the usual ones."""
    said = []
    if dialect.escape:
        said.append("A backslash in front of a character marks it as text; such backslashes are left out.")
    if (
        dialect.delimiter is not None
        and dialect.delimiter != ","
        and not dialect.starts
        and file.lower().endswith(".csv")
    ):
        printed = _PRINTED.get(dialect.delimiter, f'"{dialect.delimiter}"')
        said.append(f"The cells are separated by a {printed}, not by a comma.")
    if dialect.quote != '"':
        said.append(f'The cells are quoted with {dialect.quote} instead of ".')
    if dialect.padded:
        said.append("Blanks around the cells are left out.")
    if dialect.starts:
        places = ", ".join(str(start + 1) for start in dialect.starts[:20])
        said.append(f"The columns are lined up with blanks; they begin at the characters {places} of each line.")
    elif not dialect.quoted:
        said.append("Quotation marks are not paired in this file; they were read as plain characters.")
    return said


def about_repairs(repairs: Repairs) -> list[str]:
    if not repairs.rows:
        return []
    many = f" (the first of {len(repairs.rows):,} such rows)" if len(repairs.rows) > 1 else ""
    return [
        f"Row {repairs.rows[0]}{many}: a quotation mark is opened and never closed; "
        "it was closed at the end of the line. Please look at that row."
    ]


def _tidy(rows: list[list[str]], dialect: Dialect) -> list[str]:
    """Mend in place what single rows got wrong: another delimiter, the lines of a drawn table. Says what it did."""
    if dialect.delimiter is None:
        return []
    said = _without_rules(rows, _MARKDOWN if dialect.delimiter == "|" and dialect.padded else _RULE)
    if len(dialect.delimiter) > 1 or not any(map(any, rows)):
        return said
    usual, count = Counter(len(row) for row in rows if any(map(str.strip, row))).most_common(1)[0]
    if usual < 3 or count * 2 < len(rows):
        return said
    others = [i for i, row in enumerate(rows) if len(row) < usual and _split_anew(rows, i, dialect, usual)]
    if others:
        many = f" (the first of {len(others):,})" if len(others) > 1 else ""
        said.append(
            f"Row {others[0] + 1}{many} separates its cells with another character than the rest; it was read so."
        )
    return said


def _without_rules(rows: list[list[str]], rule: re.Pattern[str]) -> list[str]:
    """Empty in place the rows that are drawn lines, as under column names and above totals."""
    ruled = [i for i, row in enumerate(rows) if row and _is_ruled(row, rule)]
    for i in ruled:
        rows[i] = []
    if not ruled:
        return []
    many = f" and {len(ruled) - 1:,} more" if len(ruled) > 1 else ""
    return [f"A drawn line in row {ruled[0] + 1}{many} is left out."]


def _is_ruled(row: list[str], rule: re.Pattern[str]) -> bool:
    first = next((cell for cell in row if cell and not cell.isspace()), "x")
    return first.lstrip()[0] in ":=+|-" and all(rule.fullmatch(cell) or not cell.strip() for cell in row)


def _split_anew(rows: list[list[str]], i: int, dialect: Dialect, usual: int) -> bool:
    line = (dialect.delimiter or "").join(rows[i])
    for other in DELIMITERS:
        if other != dialect.delimiter and line.count(other) >= usual - 1 and len(line) < 1_000_000:
            row = next(read_records([line], Dialect(other)), [])
            if len(row) == usual:
                rows[i] = row
                return True
    return False
