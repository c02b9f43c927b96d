"""A spreadsheet in, the same spreadsheet with the answers beside it out: plain CSV, standard library only."""

from __future__ import annotations

import codecs
import csv
import io
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path
from typing import TextIO

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
MAX_CELL = 10_000_000
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .ods (zips) and the older .xls begin."""
ONE_COLUMN = "\x1f"
"""Stands in for the delimiter where there is none: a character that text does not hold."""
LOOK_AT = 100_000
"""Characters that show which delimiter it is."""
BYTES_AT_ONCE = 1 << 20


class SheetError(Exception):
    """A sheet that cannot be read or lacks a column, in words: what, where, and what to do."""


class Sheet:
    """A CSV file that is looked through once, and then read a block of rows at a time, however long it is.

    names: its columns, in order. rows: how many. Raises SheetError for what is not a table.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoding, self._errors = _encoding(path)
        with self._open() as file:
            self._delimiter = _delimiter(file.read(LOOK_AT))
        header: list[str] = []
        self._before = self.rows = width = several = 0
        for number, row in enumerate(self._all()):
            if not header:
                if any(map(str.strip, row)):
                    header, self._before, width = row, number + 1, len(row)
                continue
            # Blank cells beyond the header are a delimiter at the end of the line; anything else there is kept.
            width = max([width, *(i + 1 for i in range(len(header), len(row)) if row[i].strip())])
            several += bool(row)
            if row:  # in one column a blank line is a row, unless only blank lines follow
                self.rows = number + 1 - self._before
        if not header:
            raise SheetError(f"{path.name} is empty. Choose a file with a row of column names and rows under it.")
        self.names = _unique([*header, *[""] * (width - len(header))])
        if width > 1:
            self.rows = several

    def blocks(self, most: int) -> Iterator[dict[str, list[str]]]:
        """Columns of at most so many rows each; at least one block, of no rows where there are none."""
        rows = islice(self._all(), self._before, None)
        body = islice(rows, self.rows) if len(self.names) == 1 else filter(None, rows)
        block = list(islice(body, most))
        while True:
            yield {name: [row[i] if i < len(row) else "" for row in block] for i, name in enumerate(self.names)}
            if not (block := list(islice(body, most))):
                return

    def _open(self) -> TextIO:
        return self._path.open(encoding=self._encoding, errors=self._errors, newline="")

    def _all(self) -> Iterator[list[str]]:
        csv.field_size_limit(MAX_CELL)
        with self._open() as file:
            reader = csv.reader(file, delimiter=self._delimiter)
            try:
                yield from reader
            except csv.Error as error:
                raise SheetError(
                    f"{self._path.name} cannot be read as a table (line {reader.line_num:,}: {error}). "
                    f"A cell may hold {MAX_CELL:,} characters; if it swallowed many rows, a quotation mark is not closed."
                ) from error


def read_csv(path: Path) -> dict[str, list[str]]:
    """Columns of a CSV file, in order, all text. Raises SheetError for what is not a table."""
    sheet = Sheet(path)
    return next(sheet.blocks(max(1, sheet.rows)))


def bare(name: str) -> str:
    """A column's name without the apostrophe that `neutral` puts before one that looks like a formula."""
    return name[1:] if name.startswith("'") and neutral(name[1:]) == name else name


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
    write_blocks(path, [columns])


def write_blocks(path: Path, blocks: Iterable[Mapping[str, Sequence[str]]]) -> int:
    """The same, block after block of the same columns; the number of rows. The file appears whole or not at all."""
    partial, rows = path.with_name(f".{path.name}.partial"), 0
    try:
        with partial.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            for number, columns in enumerate(blocks):
                if not number:
                    writer.writerow([neutral(name) for name in columns])
                writer.writerows([neutral(cell) for cell in row] for row in zip(*columns.values(), strict=True))
                rows += len(next(iter(columns.values()), ()))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def with_columns(columns: Mapping[str, Sequence[str]], added: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """The columns as they were, in order, then those that are added, under a name that is free."""
    result: dict[str, Sequence[str]] = dict(columns)
    for name, values in added.items():
        free, number = name, count(2)
        while free in result:
            free = f"{name} ({next(number)})"
        result[free] = values
    return result


def with_answers(
    columns: Mapping[str, Sequence[str]], predictions: Sequence[str], confidence: Sequence[float]
) -> dict[str, Sequence[str]]:
    """The columns as they were, in order, then `prediction` and `confidence` (0 to 1, four digits)."""
    sure = ["" if math.isnan(value) else f"{value:.4f}" for value in confidence]
    return with_columns(columns, {"prediction": predictions, "confidence": sure})


def neutral(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet would run it as a formula; numbers stay numbers."""
    if not cell.startswith(FORMULA_STARTS) or NUMBER.fullmatch(cell):
        return cell
    return "'" + cell


def _encoding(path: Path) -> tuple[str, str]:
    """Encoding, and what to do with bytes that are none: UTF-8 or UTF-16 if the whole file is, else cp1252."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(WORKBOOKS):
        raise SheetError(f"{path.name} is a workbook, not a CSV file. Save it as CSV first (UTF-8), then try again.")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        if (damaged := _damaged_at(path, "utf-16")) is not None:
            raise SheetError(
                f"{path.name} is damaged or cut off at byte {damaged:,} (it says it is UTF-16). Save it again as CSV (UTF-8)."
            )
        return "utf-16", "strict"
    return ("utf-8-sig", "strict") if _damaged_at(path, "utf-8") is None else ("cp1252", "replace")


def _damaged_at(path: Path, encoding: str) -> int | None:
    """About which byte is none in this encoding; None if all are."""
    decoder, done = codecs.getincrementaldecoder(encoding)(), 0
    with path.open("rb") as file:
        try:
            while chunk := file.read(BYTES_AT_ONCE):
                decoder.decode(chunk)
                done += len(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            return done + error.start
    return None


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
