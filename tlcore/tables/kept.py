"""A table kept in a folder, so that a screen reads a file once: an Arrow file, memory-mapped, and how it was read."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tlcore.tables.table import HowRead, Table

CELLS, HOW = "table.arrow", "how.json"
# To be raised whenever a file may be read in another way than before: what an older reader kept is then read anew.
READER_VERSION = 2
_READER = "reader version"
_ROW_NUMBERS = "row number"  # the last column; found by its place, so that a column may have the same name


def keep_table(table: Table, folder: str | os.PathLike[str]) -> None:
    """Write the table into the folder, which is made if need be. What was kept there before is replaced."""
    import pyarrow as pa

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / HOW).unlink(missing_ok=True)  # first out and last in: where it stands, the rest is whole
    arrays = [*table.data.columns, pa.chunked_array([pa.array(table.row_numbers, pa.int64())])]
    fields = [pa.field(name, pa.string()) for name in table.columns] + [pa.field(_ROW_NUMBERS, pa.int64())]
    partial = folder / f".{CELLS}.{os.getpid()}.partial"
    try:
        data = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
        with pa.OSFile(str(partial), "wb") as sink, pa.ipc.new_file(sink, data.schema) as writer:
            writer.write_table(data, max_chunksize=50_000)
        os.replace(partial, folder / CELLS)
    finally:
        partial.unlink(missing_ok=True)
    partial = folder / f".{HOW}.{os.getpid()}.partial"
    partial.write_text(
        json.dumps({**table.how.to_json(), _READER: READER_VERSION}, ensure_ascii=False), encoding="utf-8"
    )
    os.replace(partial, folder / HOW)


def kept_table(folder: str | os.PathLike[str]) -> Table | None:
    """The table that lies in the folder, its cells still on the disk; None if there is none, or it is damaged or from an older reader."""
    import numpy as np
    import pyarrow as pa

    folder = Path(folder)
    try:
        kept = json.loads((folder / HOW).read_text(encoding="utf-8"))
        if kept.get(_READER) != READER_VERSION:
            return None
        how = HowRead.from_json(kept)
        data = pa.ipc.open_file(pa.memory_map(str(folder / CELLS))).read_all()
        last = data.num_columns - 1
        numbers = np.asarray(data.column(last).combine_chunks(), dtype=np.int64)
        cells = data.remove_column(last)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, pa.ArrowException):
        return None
    return Table(tuple(cells.column_names), cells, numbers, how)
