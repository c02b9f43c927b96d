"""A spreadsheet in, the same spreadsheet with the answers beside it out: plain CSV, standard library only."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MAX_CELL = 10_000_000


class SheetError(Exception):
    """A sheet that cannot be read or lacks a column, in words."""


def read_csv(path: Path) -> dict[str, list[str]]:
    """Columns of a CSV file, in order, all text. Raises SheetError for what is not a table."""
    csv.field_size_limit(MAX_CELL)
    text = _decode(path.read_bytes())
    if not text.strip():
        raise SheetError(f"{path.name} is empty.")
    rows = list(csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text)))
    header = _unique(rows[0])
    body = [row for row in rows[1:] if row]
    return {name: [row[i] if i < len(row) else "" for row in body] for i, name in enumerate(header)}


def _unique(header: Sequence[str]) -> list[str]:
    names: list[str] = []
    for i, cell in enumerate(header):
        name = base = cell.strip() or f"column {i + 1}"
        count = 2
        while name in names:
            name, count = f"{base} ({count})", count + 1
        names.append(name)
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
        free, count = name, 2
        while free in result:
            free, count = f"{name} ({count})", count + 1
        result[free] = values
    return result


def neutral(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet would run it as a formula; numbers stay numbers."""
    if not cell.startswith(FORMULA_STARTS):
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """The one of , ; tab | that the header line has most of."""
    first = text.splitlines()[0]
    return max(",;\t|", key=first.count) if any(mark in first for mark in ",;\t|") else ","
