"""Which rows hold the column names: below titles and notes, in one row or two, or nowhere.

Names are assumed unless the row clearly is data. "Core" columns are those that most rows fill.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tlcore.errors import TlcoreError
from tlcore.tables.cellkinds import (
    HEADER_WORDS,
    LOOK_AT,
    column_kinds,
    filled,
    is_missing,
    kind_of_cell,
    looks_like_data,
)
from tlcore.tables.headerclues import comment_rows, lacks_first_name
from tlcore.tables.unquoted import open_width
from tlcore.tables.wishes import Wishes

MOST_ABOVE = 60  # rows of titles and notes
_ASIDE = re.compile(r"[(\[{].{0,80}[)\]}]")
_TAG = re.compile(r"#[A-Za-z][\w+-]{0,60}|\{\"ImportId\".{0,200}\}")


@dataclass(frozen=True)
class Header:
    """row: 1-based row of the file, 0 for none. rows: how many rows the names take. start: 0-based first data row.

    above: rows of the file above the names with something in them. said: sentences for the user.
    """

    row: int
    rows: int
    start: int
    names: tuple[str, ...]
    above: tuple[int, ...] = ()
    said: tuple[str, ...] = ()


def find_header(rows: list[list[str]], wishes: Wishes, file: str, grouped: frozenset[int] = frozenset()) -> Header:
    """rows: the first rows of the file, or all. grouped: rows (from 1) with cells merged over groups of columns.

    Raises TlcoreError if the row asked for cannot hold the names.
    """
    if wishes.header_row is not None:
        return _asked(rows, wishes.header_row, wishes.header_rows, file)
    places = [i for i, row in enumerate(rows[: LOOK_AT + MOST_ABOVE]) if filled(row)]
    comments = comment_rows(rows, places)
    noted, places = places[:comments], places[comments:]
    if not places:
        raise TlcoreError("The file is empty.", file, "Choose a file with a row of column names and rows under it.")
    first, is_data = _first_table_row(rows, places)
    if is_data:
        above = tuple(i + 1 for i in (*noted, *places) if i < first)
        said = [*_about_above(above), "The first row looks like data, not like names, so the columns are numbered."]
        return Header(0, 0, first, (), above, tuple(said))
    how_many = wishes.header_rows
    # `first`, counted from 1, is the row above.
    if how_many is None and first >= 1 and (first in grouped or _fill_each_other(rows, first)):
        first, how_many = first - 1, 2
    return _named(rows, first, how_many, tuple(i + 1 for i in (*noted, *places) if i < first))


def _asked(rows: list[list[str]], asked: int, how_many: int | None, file: str) -> Header:
    if asked < 0 or asked > len(rows):
        raise TlcoreError(
            f"Row {asked} cannot hold the column names: the file has {len(rows):,} rows.",
            file,
            "Choose a row of the file, or 0 if there are no column names.",
        )
    if asked == 0:
        return Header(0, 0, 0, ())
    if not filled(rows[asked - 1]):
        raise TlcoreError(f"Row {asked} is empty, so it cannot hold the column names.", file, "Choose another row.")
    above = tuple(i + 1 for i in range(asked - 1) if filled(rows[i]))
    return _named(rows, asked - 1, how_many, above, asked=True)


def _first_table_row(rows: list[list[str]], places: list[int]) -> tuple[int, bool]:
    """The 0-based row where the table begins, and whether that row is data already."""
    if len(rows[places[0]]) < max(len(rows[i]) for i in places) and open_width([rows[i] for i in places]):
        return places[0], False
    core = core_columns([rows[i] for i in places[_lone_cells(rows, places) :]])
    covers = [_cover(rows[i], core) for i in places]
    full = next((at for at, cover in enumerate(covers[:MOST_ABOVE]) if cover == 1), 0)
    below = _rows_below(rows, places, full)
    data = looks_like_data(rows[places[full]], below)
    if full == 0:
        return places[0], data
    above = rows[places[full - 1]]
    if data:
        # Names with a gap (the column of row numbers has none) or a first data row with one.
        for at in range(full - 1, -1, -1):
            if covers[at] < 0.5:
                break
            if not looks_like_data(rows[places[at]], below):
                return places[at], False
            full = at
        return places[full], True
    two_thirds = covers[full - 1] >= 2 / 3 and filled(above) >= 2 and not _kinds_below_differ(rows[places[full]], below)
    if full == 1 and len(core) > 1 and _cover(above, core[1:]) == 1:
        return places[0], False  # all named but the first column, which counts the rows or says whose they are
    adjoins = places[full] == places[full - 1] + 1
    if two_thirds or (adjoins and any(cell.strip().lower() in HEADER_WORDS for cell in above)):
        return places[full - 1], False
    if _repeats(rows[places[full]]) and covers[full - 1] >= 0.25 and filled(above) >= 2:
        return places[full - 1], False  # groups of columns above names such as "first, second, first, second"
    return places[full], False


def _lone_cells(rows: list[list[str]], places: list[int]) -> int:
    """How many rows of one cell stand above a table of three columns or more: a list of settings, not its texts."""
    lone = next((at for at, i in enumerate(places) if filled(rows[i]) > 1), 0)
    under = places[lone:]
    wide = sum(filled(rows[i]) >= 3 for i in under)
    return lone if len(under) >= max(4, lone / 2) and wide >= 0.8 * len(under) else 0


def _rows_below(rows: list[list[str]], places: list[int], at: int) -> list[list[str]]:
    """The rows under places[at]: those before the first blank row if they are enough, for another table may follow."""
    under = places[at + 1 :][:LOOK_AT]
    run = next((n for n, i in enumerate(under) if i != places[at] + 1 + n), len(under))
    return [rows[i] for i in (under[:run] if run >= 6 else under)]


def core_columns(rows: Sequence[Sequence[str]], share: float = 0.6) -> list[int]:
    """The columns that at least this share of the rows fills; the first column if there is none."""
    width = max(map(len, rows), default=0)
    counts = [sum(1 for row in rows if place < len(row) and row[place].strip()) for place in range(width)]
    return [place for place, count in enumerate(counts) if count >= share * len(rows)] or [0]


def _cover(row: Sequence[str], core: list[int]) -> float:
    return sum(1 for place in core if place < len(row) and row[place].strip()) / len(core)


def _kinds_below_differ(row: Sequence[str], below: list[list[str]]) -> bool:
    """Words on top of numbers or dates: a header for sure."""
    kinds = column_kinds(below)
    cells = [(row[place], kind) for place, kind in kinds.items() if place < len(row) and row[place].strip()]
    return bool(cells) and all(kind_of_cell(cell) != kind for cell, kind in cells)


def _repeats(row: Sequence[str]) -> bool:
    names = [cell.strip() for cell in row if cell.strip()]
    return len(names) >= 3 and len(set(names)) < len(names)


def _named(
    rows: list[list[str]], first: int, how_many: int | None, above: tuple[int, ...], asked: bool = False
) -> Header:
    names = rows[first]
    second = rows[first + 1] if first + 1 < len(rows) else []
    below = [row for row in rows[first + 2 : first + 2 + LOOK_AT] if filled(row) and not _is_tag_row(row)]
    said, count = _about_above(above, asked), how_many or 1
    third = rows[first + 2] if first + 2 < len(rows) else []
    if how_many is None and not _is_tag_row(second) and below:
        count = 2 if _is_tag_row(third) and filled(second) > 1 else 1 + _second_names(names, second, below)
    start = first + count
    if how_many is None and lacks_first_name(names, rows[start:]):
        names = ["", *names]
        said.append("The first column, which counts the rows, has no name; the names begin with the second.")
    if count > 1:
        names = _joined(rows[first:start])
        said.append(f"The column names stand in rows {first + 1} to {start}; they were joined.")
    if start < len(rows) and _is_tag_row(rows[start]):
        start += 1
        said.append(f"Row {start} holds tags for programs, not data; it was left out.")
    return Header(first + 1, count, start, tuple(names), above, tuple(said))


def _fill_each_other(rows: list[list[str]], first: int) -> bool:
    """Whether the row of names has gaps that the row above fills, as survey programs write it."""
    row, above = rows[first], rows[first - 1]
    width = max(len(row), len(above))
    both = [(i < len(above) and above[i].strip(), i < len(row) and row[i].strip()) for i in range(width)]
    return filled(row) < width and filled(above) >= 2 and all(a or b for a, b in both)


def _about_above(above: tuple[int, ...], asked: bool = False) -> list[str]:
    if not above:
        return []
    what = ", as asked." if asked else ": a title or notes."
    which = "1 row above the table is" if len(above) == 1 else f"{len(above)} rows above the table are"
    return [f"{which} left out{what}"]


def _is_tag_row(row: Sequence[str]) -> bool:
    tags = sum(bool(_TAG.fullmatch(cell.strip())) for cell in row)
    return tags >= 2 and tags >= 0.6 * filled(row)


def _second_names(names: Sequence[str], row: Sequence[str], below: list[list[str]]) -> bool:
    """Whether `row`, under the names, goes on with them: units, remarks in brackets, names under groups."""
    cells = [(place, cell.strip()) for place, cell in enumerate(row) if cell.strip() and not is_missing(cell)]
    if len(cells) < 2 or any(kind_of_cell(cell) for _, cell in cells if not _ASIDE.fullmatch(cell)):
        return False
    if all(_ASIDE.fullmatch(cell) for _, cell in cells):
        return not all(_ASIDE.fullmatch(cell.strip()) for cell in below[0] if cell.strip())
    grouped = filled(names) < len(cells) or _repeats(names)
    if not grouped and len({cell for _, cell in cells}) < 0.7 * len(cells):
        return False
    if len(cells) * 2 < filled(names) or any(len(cell) > 60 for _, cell in cells):
        return False
    known = [{other[place].strip() for other in below if place < len(other)} for place, _ in cells]
    if any(cell in values for (_, cell), values in zip(cells, known, strict=True)):
        return False
    kinds = column_kinds(below)
    against = sum(place in kinds for place, _ in cells)  # words where numbers or dates follow
    return against >= (1 if grouped else 2) and against * 2 >= len(kinds)


def _joined(rows: list[list[str]]) -> list[str]:
    """One name a column. A name that stands over several columns, as merged cells do, goes with each of them."""
    width = max(map(len, rows))
    cells = [rows[0], *([("" if is_missing(cell) else cell) for cell in row] for row in rows[1:])]
    squared = [[cell.strip() for cell in row] + [""] * (width - len(row)) for row in cells]
    for row, under in pairwise(squared):
        for place in range(1, width):
            if not row[place] and under[place] and (row[place - 1] and under[place - 1]):
                row[place] = row[place - 1]
    return [" ".join(dict.fromkeys(row[place] for row in squared if row[place])) for place in range(width)]
