"""Ragged rows of cells, batch by batch, become Arrow columns of text with unique names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

from tlcore.errors import TlcoreError
from tlcore.tables.damage import mended_entities, said_about_damage, without_formula_signs
from tlcore.tables.limits import Limits
from tlcore.tables.names import readable, unique_names
from tlcore.tables.table import HowRead, Table

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class _Ragged:
    """Rows that are shorter or longer than usual, and where the first of them stands."""

    count: int = 0
    first: int = 0

    def add(self, numbers: Sequence[int]) -> None:
        self.first = self.first or (numbers[0] if numbers else 0)
        self.count += len(numbers)


class Columns:
    """names: header cells; rows may be wider, then further columns are made. Memory: that of the text, once."""

    def __init__(self, names: Sequence[str], how: HowRead, limits: Limits) -> None:
        self.names, self.how, self.limits = list(names), how, limits
        self.count, self.width, self.usual = 0, len(self.names), len(self.names)
        self.chunks: list[list[pa.Array]] = [[] for _ in self.names]
        self.filled = [False] * self.width
        self.numbers: list[Sequence[int]] = []
        self.short, self.longer, self.longer_filled = _Ragged(), _Ragged(), _Ragged()
        self.broken = False

    def add(self, rows: list[list[str]], numbers: Sequence[int]) -> None:
        """rows: ragged cells. numbers: (rows,) where they stand in the file. Raises TlcoreError beyond a limit."""
        if not rows:
            return
        width = self._check_size(rows, numbers)
        if not self.count and not self.names:
            self.usual = Counter(map(len, rows)).most_common(1)[0][0]
        self._note_ragged(rows, numbers)
        self._widen(width)
        widest = max(len(self.names), *map(len, rows))  # a place that none of these rows has costs no cells
        squared = [row if len(row) == widest else row + [""] * (widest - len(row)) for row in rows]
        for place, cells in enumerate(zip(*squared, strict=True)):
            self._check_cells(place, cells, numbers)
            self.filled[place] = self.filled[place] or any(map(str.strip, cells))
            self.chunks[place].append(self._to_arrow(cells))
        for chunks in self.chunks[widest:]:
            chunks.append(_empty(len(rows)))
        self.numbers.append(numbers)
        self.count += len(rows)

    def table(self, how: HowRead) -> Table:
        """Everything that was added. how: its oddities come first. Raises TlcoreError if nothing was added."""
        import numpy as np
        import pyarrow as pa

        if not self.count:
            raise TlcoreError(
                "The file has column names but no rows under them.", how.file, "Add at least one row of data."
            )
        given = [*self.names, *[""] * (self.width - len(self.names))]
        used = [bool(name.strip()) or full for name, full in zip(given, self.filled, strict=True)]
        if how.header_row == 0 and how.delimiter is not None:  # every row of the file has these places
            used[: self.usual] = [True] * min(self.usual, self.width)
        said = self._said(used.count(False))
        places = [place for place, keep in enumerate(used, start=1) if keep]
        unique, about_names = unique_names(list(compress(given, used)), places, say=how.header_row != 0)
        columns = [pa.chunked_array(chunks, pa.string()) for chunks in compress(self.chunks, used)]
        columns, about_signs = without_formula_signs(unique, columns)
        columns, about_entities = mended_entities(unique, columns)
        numbers = np.concatenate([np.asarray(part, dtype=np.int64) for part in self.numbers])
        said += about_signs + about_entities + said_about_damage(unique, columns, numbers)
        how = replace(how, oddities=(*how.oddities, *about_names, *said))
        return Table(tuple(unique), pa.table(dict(zip(unique, columns, strict=True))), numbers, how)

    def _check_size(self, rows: list[list[str]], numbers: Sequence[int]) -> int:
        limits, how = self.limits, self.how
        count = self.count + len(rows)
        if count > limits.max_rows:
            raise TlcoreError(
                f"The file has more than {limits.max_rows:,} rows.",
                how.file,
                "Split it, or take a part of it.",
            )
        widths = [len(row) for row in rows]
        width = max(self.width, max(widths))
        if width > limits.max_columns:
            where = how.file if width == len(self.names) else f"{how.file}, row {numbers[widths.index(width)]}"
            raise TlcoreError(
                f"The table has {width:,} columns; at most {limits.max_columns:,} can be read.",
                where,
                "Keep the columns that you need, or check which character separates the cells.",
            )
        # Squaring makes every row as wide as the widest, so one very wide row must not multiply by many short ones.
        if width * count > limits.max_sheet_cells:
            raise TlcoreError(
                f"The table has {count:,} rows of {width:,} columns, which is too much to hold.",
                how.file,
                "Keep the columns that you need, or take a part of the rows.",
            )
        return width

    def _note_ragged(self, rows: list[list[str]], numbers: Sequence[int]) -> None:
        usual = self.usual
        longer = [i for i, row in enumerate(rows) if len(row) > usual]
        self.short.add([numbers[i] for i, row in enumerate(rows) if len(row) < usual])
        self.longer.add([numbers[i] for i in longer])
        self.longer_filled.add([numbers[i] for i in longer if any(map(str.strip, rows[i][usual:]))])

    def _widen(self, width: int) -> None:
        for _ in range(width - self.width):
            self.chunks.append([_empty(self.count)] if self.count else [])
            self.filled.append(False)
        self.width = width

    def _check_cells(self, place: int, cells: Sequence[str], numbers: Sequence[int]) -> None:
        most = self.limits.max_cell_chars
        name = self.names[place] if place < len(self.names) else f"column {place + 1}"
        longest = max(map(len, cells))
        if longest <= most and len(name) <= most:
            return
        row = numbers[[len(cell) for cell in cells].index(longest)] if longest > most else self.how.header_row
        shown = name if len(name) <= 60 else name[:57] + "..."
        raise TlcoreError(
            f"A cell holds {max(longest, len(name)):,} characters; at most {most:,} can be read.",
            f'{self.how.file}, row {row}, column "{shown}"',
            "Shorten it. If the cell swallowed many rows, a quotation mark is not closed.",
        )

    def _to_arrow(self, cells: Sequence[str]) -> pa.Array:
        import pyarrow as pa

        try:
            return pa.array(cells, pa.string())
        except UnicodeEncodeError:  # half of a surrogate pair: JSON can spell it, no text can hold it
            self.broken = True
            return pa.array([readable(cell) for cell in cells], pa.string())

    def _said(self, empty: int) -> list[str]:
        # A delimiter at the end of every row is a habit, not a shifted cell.
        longer = self.longer_filled if self.longer.count > self.count / 2 else self.longer
        said = []
        if self.short.count:
            said.append(
                f"{_rows_have(self.short)} fewer cells than the table has columns "
                f"(the first is row {self.short.first}); the missing cells are empty."
            )
        if longer.count:
            said.append(
                f"{_rows_have(longer)} more cells than there are column names "
                f"(the first is row {longer.first}); the extra cells are kept in columns of their own."
            )
        if empty:
            verb = "are" if empty > 1 else "is"
            said.append(f"{empty:,} empty column{'s' * (empty > 1)} without a name {verb} left out.")
        return [*said, *(["Some cells hold broken characters; they are shown as ?."] if self.broken else [])]


def _rows_have(rows: _Ragged) -> str:
    return "1 row has" if rows.count == 1 else f"{rows.count:,} rows have"


def _empty(rows: int) -> pa.Array:
    import pyarrow as pa

    return pa.repeat(pa.scalar("", pa.string()), rows)
