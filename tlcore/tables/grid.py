"""A grid of cells becomes a Table: names made unique, ragged rows squared, blank rows left out, limits kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TYPE_CHECKING

from tlcore.errors import TlcoreError
from tlcore.tables.header import find_header
from tlcore.tables.limits import Limits
from tlcore.tables.table import HowRead, Table

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class Grid:
    """What a reader found: rows[i] holds the cells of row i + 1 of the file; rows may be ragged or empty."""

    rows: list[list[str]]
    how: HowRead
    oddities: list[str] = field(default_factory=list)


def table_from_grid(grid: Grid, header_row: int | None, limits: Limits) -> Table:
    """Raises TlcoreError if there is no header where one was asked for, no data, or too much of it."""
    header, said = find_header(grid.rows, header_row, grid.how.file)
    names = grid.rows[header - 1] if header else []
    rows, numbers, blank = [], [], 0
    for number, row in enumerate(grid.rows[header:], start=header + 1):
        if any(map(str.strip, row)):
            rows.append(row)
            numbers.append(number)
        else:
            blank += 1
    if blank:
        said.append(f"{blank:,} blank row{'s are' if blank > 1 else ' is'} left out.")
    how = replace(grid.how, header_row=header, oddities=(*grid.how.oddities, *grid.oddities, *said))
    return make_table(names, rows, numbers, how, limits)


def make_table(
    names: Sequence[str], rows: list[list[str]], numbers: Sequence[int], how: HowRead, limits: Limits
) -> Table:
    """names: header cells, may be fewer than a row has. rows: ragged cells. numbers: (rows,) rows of the file."""
    import numpy as np
    import pyarrow as pa

    width = _check_size(names, rows, numbers, how, limits)
    said = _square(rows, numbers, len(names), width, with_header=how.header_row != 0)
    columns: list[Sequence[str]] = list(zip(*rows, strict=True))
    given = [*names, *[""] * (width - len(names))]
    used = [bool(name.strip()) or any(map(str.strip, cells)) for name, cells in zip(given, columns, strict=True)]
    if not all(used):
        empty = used.count(False)
        said.append(
            f"{empty:,} empty column{'s' * (empty > 1)} without a name {'are' if empty > 1 else 'is'} left out."
        )
    columns, given = list(compress(columns, used)), list(compress(given, used))
    places = [place for place, keep in enumerate(used, start=1) if keep]
    unique, about_names = unique_names(given, places, say=how.header_row != 0)
    _check_cells(unique, columns, numbers, how, limits)
    arrays, about_text = _to_arrow(columns)
    data = pa.table(dict(zip(unique, arrays, strict=True)))
    how = replace(how, oddities=(*how.oddities, *about_names, *said, *about_text))
    return Table(tuple(unique), data, np.asarray(numbers, dtype=np.int64), how)


def unique_names(given: Sequence[str], places: Sequence[int], say: bool = True) -> tuple[list[str], list[str]]:
    """Names without blanks or repeats, and a sentence for each that had to change."""
    tidy = [" ".join(_readable(name).split()) for name in given]
    taken, unique, said = set(tidy), [], []
    seen: set[str] = set()
    for place, name in zip(places, tidy, strict=True):
        new, base, n = name, name or f"column {place}", 2
        if not name or name in seen:
            new = base if not name else f"{base} (2)"
            while new in taken:
                n += 1 if new != base else 0
                new = f"{base} ({n})"
            why = f'is a second "{name}"' if name else "had no name"
            said.append(f'Column {place} {why}; it is called "{new}" here.')
        taken.add(new)
        seen.add(name)
        unique.append(new)
    if len(said) > 5:
        said = [*said[:5], f"{len(said) - 5} more columns were named in the same way."]
    return unique, said if say else []


def _check_size(
    names: Sequence[str], rows: list[list[str]], numbers: Sequence[int], how: HowRead, limits: Limits
) -> int:
    if not rows:
        raise TlcoreError(
            "The file has column names but no rows under them.", how.file, "Add at least one row of data."
        )
    if len(rows) > limits.max_rows:
        raise TlcoreError(
            f"The file has {len(rows):,} rows; at most {limits.max_rows:,} can be read.",
            how.file,
            "Split it, or take a part of it.",
        )
    widths = [len(row) for row in rows]
    width = max(len(names), max(widths))
    if width > limits.max_columns:
        where = how.file if width == len(names) else f"{how.file}, row {numbers[widths.index(width)]}"
        raise TlcoreError(
            f"The table has {width:,} columns; at most {limits.max_columns:,} can be read.",
            where,
            "Keep the columns that you need, or check which character separates the cells.",
        )
    # Squaring makes every row as wide as the widest, so one very wide row must not multiply by many short ones.
    if width * len(rows) > limits.max_sheet_cells:
        raise TlcoreError(
            f"The table has {len(rows):,} rows of {width:,} columns, which is too much to hold.",
            how.file,
            "Keep the columns that you need, or take a part of the rows.",
        )
    return width


def _square(rows: list[list[str]], numbers: Sequence[int], named: int, width: int, with_header: bool) -> list[str]:
    """Fill short rows with "" in place. Returns sentences about rows longer or shorter than the header."""
    usual = named if with_header else width
    longer = [i for i, row in enumerate(rows) if len(row) > usual]
    if len(longer) > len(rows) / 2:  # a delimiter at the end of every row is a habit, not a shifted cell
        longer = [i for i in longer if any(map(str.strip, rows[i][usual:]))]
    short = [i for i, row in enumerate(rows) if len(row) < usual]
    for i, row in enumerate(rows):
        if len(row) < width:
            rows[i] = row + [""] * (width - len(row))
    said = []
    if short:
        verb = "has" if len(short) == 1 else "have"
        said.append(
            f"{len(short):,} row{'s' * (len(short) > 1)} {verb} fewer cells than the table has columns "
            f"(the first is row {numbers[short[0]]}); the missing cells are empty."
        )
    if longer:
        verb = "has" if len(longer) == 1 else "have"
        said.append(
            f"{len(longer):,} row{'s' * (len(longer) > 1)} {verb} more cells than there are column names "
            f"(the first is row {numbers[longer[0]]}); the extra cells are kept in columns of their own."
        )
    return said


def _check_cells(
    names: Sequence[str], columns: Sequence[Sequence[str]], numbers: Sequence[int], how: HowRead, limits: Limits
) -> None:
    for name, cells in zip(names, columns, strict=True):
        lengths = list(map(len, cells))
        longest = max(lengths)
        if longest > limits.max_cell_chars or len(name) > limits.max_cell_chars:
            row = numbers[lengths.index(longest)] if longest > limits.max_cell_chars else how.header_row
            shown = name if len(name) <= 60 else name[:57] + "..."
            raise TlcoreError(
                f"A cell holds {max(longest, len(name)):,} characters; at most {limits.max_cell_chars:,} can be read.",
                f'{how.file}, row {row}, column "{shown}"',
                "Shorten it. If the cell swallowed many rows, a quotation mark is not closed.",
            )


def _to_arrow(columns: Sequence[Sequence[str]]) -> tuple[list[pa.Array], list[str]]:
    import pyarrow as pa

    arrays, broken = [], False
    for cells in columns:
        try:
            arrays.append(pa.array(cells, pa.string()))
        except UnicodeEncodeError:  # half of a surrogate pair: JSON can spell it, no text can hold it
            broken = True
            arrays.append(pa.array([_readable(cell) for cell in cells], pa.string()))
    return arrays, ["Some cells hold broken characters; they are shown as ?."] if broken else []


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
