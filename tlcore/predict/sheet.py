"""A spreadsheet in, the same spreadsheet with the answers beside it out: plain CSV, standard library only."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
MAX_CELL = 10_000_000
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .ods (zips) and the older .xls begin."""
ONE_COLUMN = "\x1f"
"""Stands in for the delimiter where there is none: a character that text does not hold."""
LOOK_AT = 100_000
"""Characters that show which delimiter it is."""


class SheetError(Exception):
    """A sheet that cannot be read or lacks a column, in words: what, where, and what to do."""


def read_csv(path: Path) -> dict[str, list[str]]:
    """Columns of a CSV file, in order, all text. Raises SheetError for what is not a table."""
    text = _decode(path.read_bytes(), path.name)
    rows = _rows(text, path.name)
    first = next((i for i, row in enumerate(rows) if any(map(str.strip, row))), None)
    if first is None:
        raise SheetError(f"{path.name} is empty. Choose a file with a row of column names and rows under it.")
    header, body = rows[first], rows[first + 1 :]
    # Blank cells beyond the header are a delimiter at the end of the line; anything else there is kept.
    width = max([len(header), *(i + 1 for row in body for i in range(len(header), len(row)) if row[i].strip())])
    names = _unique([*header, *[""] * (width - len(header))])
    body = _without_blank_lines(body, width)
    return {name: [row[i] if i < len(row) else "" for row in body] for i, name in enumerate(names)}


def bare(name: str) -> str:
    """A column's name without the apostrophe that `neutral` puts before one that looks like a formula."""
    return name[1:] if name.startswith("'") and neutral(name[1:]) == name else name


def _rows(text: str, name: str) -> list[list[str]]:
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        return list(reader)
    except csv.Error as error:
        raise SheetError(
            f"{name} cannot be read as a table (line {reader.line_num:,}: {error}). "
            f"A cell may hold {MAX_CELL:,} characters; if it swallowed many rows, a quotation mark is not closed."
        ) from error


def _without_blank_lines(rows: list[list[str]], width: int) -> list[list[str]]:
    """In one column a blank line is a row without a text, unless only blank lines follow."""
    if width > 1:
        return [row for row in rows if row]
    last = max((i for i, row in enumerate(rows) if row), default=-1)
    return rows[: last + 1]


def _unique(header: Sequence[str]) -> list[str]:
    """Names without line breaks, blanks or repeats: those that the columns had in training (see tlcore.tables)."""
    tidy = [bare(" ".join(cell.split())) for cell in header]
    taken, seen, names = set(tidy), set(), []
    for place, name in enumerate(tidy, start=1):
        new = name
        if not name or name in seen:
            base, number = name or f"column {place}", count(2)
            new = f"{base} ({next(number)})" if name else base
            while new in taken:
                new = f"{base} ({next(number)})"
        taken.add(new)
        seen.add(name)
        names.append(new)
    return names


def write_csv(path: Path, columns: Mapping[str, Sequence[str]]) -> None:
    """Write columns as CSV that Excel opens as it should; cells that would run as a formula are made text."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([neutral(name) for name in columns])
        writer.writerows([neutral(cell) for cell in row] for row in zip(*columns.values(), strict=True))


def with_answers(
    columns: Mapping[str, Sequence[str]], predictions: Sequence[str], confidence: Sequence[float]
) -> dict[str, Sequence[str]]:
    """The columns as they were, in order, then `prediction` and `confidence` (0 to 1, four digits)."""
    sure = ["" if math.isnan(value) else f"{value:.4f}" for value in confidence]
    result: dict[str, Sequence[str]] = dict(columns)
    for name, values in (("prediction", predictions), ("confidence", sure)):
        free, number = name, count(2)
        while free in result:
            free = f"{name} ({next(number)})"
        result[free] = values
    return result


def neutral(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet would run it as a formula; numbers stay numbers."""
    if not cell.startswith(FORMULA_STARTS) or NUMBER.fullmatch(cell):
        return cell
    return "'" + cell


def _decode(raw: bytes, name: str) -> str:
    if raw.startswith(WORKBOOKS):
        raise SheetError(f"{name} is a workbook, not a CSV file. Save it as CSV first (UTF-8), then try again.")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError as error:
            raise SheetError(
                f"{name} is damaged or cut off at byte {error.start:,} (it says it is UTF-16). Save it again as CSV (UTF-8)."
            ) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """The one of , ; tab | that gives most rows as many cells as the header, and then the most cells."""
    rated = [(*_fit(text[:LOOK_AT], mark), mark) for mark in ",;\t|"]
    best = max(rated, key=lambda one: one[:2])
    return best[2] if best[1] > 1 else ONE_COLUMN


def _fit(sample: str, delimiter: str) -> tuple[float, int]:
    """The share of rows that are as wide as the header, and that width; (0, 0) where the header is one cell."""
    rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if any(map(str.strip, row))]
    width = len(rows[0]) if rows else 0
    return (sum(len(row) == width for row in rows) / len(rows), width) if width > 1 else (0.0, 0)
