"""A scored sheet to look through: kept as Arrow beside the CSV, so that any page of a long one is there at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from tlcore.tables.table import CELLS_AT_ONCE

SCORED = "scored.arrow"
MOST_CELL = 300
"""Characters of a cell that are shown; the files have all of it."""
CONFIDENCE = "confidence"
ANSWERS = 2
"""A prediction and its confidence: the last columns of what was scored, unless it says otherwise."""


def keep_scored(folder: Path, columns: Mapping[str, Sequence[str]], answers: int = ANSWERS) -> None:
    """Write the columns, cells cut short, to look through. They are as in the CSV: the answers last, so many columns."""
    import pyarrow as pa

    schema = pa.schema([(name, pa.large_string()) for name in columns], {"answers": str(answers)})
    cells, spare = [iter(one) for one in columns.values()], folder / f"{SCORED}.tmp"
    with pa.OSFile(str(spare), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        while any(block := [[cell[:MOST_CELL] for cell in islice(one, CELLS_AT_ONCE)] for one in cells]):
            writer.write_batch(pa.record_batch([pa.array(part, pa.large_string()) for part in block], schema=schema))
    os.replace(spare, folder / SCORED)


class Scored:
    """What was kept, memory-mapped. Raises OSError or ValueError if there is nothing to be opened."""

    def __init__(self, folder: Path) -> None:
        import pyarrow as pa

        self._table = pa.ipc.open_file(pa.memory_map(str(folder / SCORED))).read_all()
        self.columns: list[str] = self._table.column_names
        self._answers = int((self._table.schema.metadata or {}).get(b"answers", ANSWERS))

    @property
    def rows(self) -> int:
        return int(self._table.num_rows)

    def page(self, start: int, most: int, unsure_first: bool = False) -> dict[str, list[Any]]:
        """At most so many rows from a place on, answers in front, after the row's number in the sheet (the first is 1)."""
        import numpy as np

        rows = self._unsure_first[start : start + most] if unsure_first else range(start, min(start + most, self.rows))
        part = self._table.take(np.array(rows, dtype=np.int64))
        answers = self.columns[-self._answers :]
        shown = {name: part.column(name).to_pylist() for name in [*answers, *self.columns[: -self._answers]]}
        number = "row"
        while number in shown:
            number += " "
        return {number: [int(i) + 1 for i in rows], **shown}

    @property
    def has_confidence(self) -> bool:
        """Whether it is said of each answer how sure it is; of numbers a range is said."""
        return bool(self._sure)

    @property
    def _sure(self) -> str:
        """The column that says how sure it is, "" where none does; under a name that was free."""
        return next((name for name in self.columns[-self._answers :] if name.split(" (")[0] == CONFIDENCE), "")

    @cached_property
    def _unsure_first(self) -> Any:
        """Places of the rows that have an answer, the least confident first, then those without."""
        import numpy as np

        sure = self._table.column(self._sure).to_numpy()
        return np.argsort(np.array([float(one) if one else 2.0 for one in sure]), kind="stable")
