"""Table: the rows of a spreadsheet as text, as the file had them, and how they were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, overload

from tlcore.errors import TlcoreError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class HowRead:
    """How a file was read, in words that a screen can show and JSON can hold.

    format: csv, xlsx, xls, ods, parquet, jsonl, json, html (a web page) or xml (Excel 2003). header_row: 1-based row in the file, 0 where there is no
    header; header_rows: how many rows the names take. rows_above, rows_below: rows of the file with something in them
    that are no part of the table, such as titles, notes, further tables (below, the first 1,000 are told). guessed: which of encoding, delimiter, sheet
    and header_row nobody asked for. member: the file inside an archive or folder; images: the pictures beside it.
    oddities: plain sentences about whatever was not as expected.
    """

    file: str
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    header_row: int = 1
    oddities: tuple[str, ...] = ()
    header_rows: int = 1
    rows_above: tuple[int, ...] = ()
    rows_below: tuple[int, ...] = ()
    guessed: tuple[str, ...] = ()
    member: str | None = None
    images: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> HowRead:
        known = {key: parts[key] for key in cls.__dataclass_fields__ if key in parts}
        for key, field in cls.__dataclass_fields__.items():
            if field.default == ():
                known[key] = tuple(known.get(key) or ())
        return cls(**known)


CELLS_AT_ONCE = 10_000


class Cells(Sequence[str]):
    """(rows,) the cells of one column, turned into text a block at a time: a long sheet is never in memory twice."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), CELLS_AT_ONCE):
            yield from self._column.slice(start, CELLS_AT_ONCE).to_pylist()

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            import numpy as np

            return self._column.take(np.arange(*place.indices(len(self)), dtype=np.int64)).to_pylist()
        return str(self._column[place].as_py())


@dataclass(frozen=True, eq=False)
class Table:
    """Rows as text.

    columns: unique names. data: (rows, columns), all strings, no nulls, an empty cell is "".
    row_numbers: (rows,) integers, the row of the file as a spreadsheet shows it (1-based, the header counted);
    for JSON Lines the line, for a JSON list the place in the list.
    """

    columns: tuple[str, ...]
    data: pa.Table
    row_numbers: np.ndarray
    how: HowRead

    @property
    def rows(self) -> int:
        return int(self.data.num_rows)

    def column(self, name: str) -> list[str]:
        """(rows,) the cells of one column. Raises TlcoreError if there is no such column."""
        return list(self.cells(name))

    def cells(self, name: str) -> Cells:
        """The same, as long as it is only looked through. Raises TlcoreError if there is no such column."""
        if name not in self.columns:
            raise TlcoreError(
                f'There is no column "{name}".', self.how.file, f"The columns are: {', '.join(self.columns)}."
            )
        return Cells(self.data.column(name))

    def head(self, n: int = 20) -> pd.DataFrame:
        """(<= n, columns) the first rows, to show."""
        return self.data.slice(0, max(n, 0)).to_pandas()

    def where(self, i: int, column: str | None = None) -> str:
        """Where row i (0-based) of this table stands in the file, in words: 'row 7, column "label"'."""
        word = {"jsonl": "line", "json": "item"}.get(self.how.format, "row")
        place = f"{word} {int(self.row_numbers[i])}"
        return place if column is None else f'{place}, column "{column}"'
