"""The rows of a Dataset in Arrow: made from columns of Python, or opened from the disk as an earlier version left them."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from tlcore.rows import CHUNK, COLUMNS, Rows
from tlcore.splits import text_number

if TYPE_CHECKING:
    import datasets as hf_datasets
    import pyarrow as pa


def rows_in_memory(rows: Rows) -> hf_datasets.Dataset:
    """Under a made-up name: to name it by its content, the library would write all of it out in memory, twice. Empties `rows`."""
    return _hf().Dataset(_to_arrow(rows), fingerprint=token_hex(8))


def open_rows(folder: Path) -> hf_datasets.Dataset:
    """Rows written by an earlier version get the columns it did not have: nothing was mended, no near-same text was kept."""
    import pyarrow as pa

    rows = _hf().load_from_disk(str(folder))
    for name, empty in (("mended", ""), ("was_text", None), ("was_label", None)):
        if name not in rows.column_names:
            rows = rows.add_column(name, pa.array([empty] * len(rows), pa.string()))
    if "same" not in rows.column_names:
        rows = rows.add_column("same", pa.array(map(text_number, rows["text"][:]), pa.uint64()))
        rows = rows.add_column("alike", pa.nulls(len(rows), pa.int64()))
    return rows


def _to_arrow(rows: Rows) -> pa.Table:
    """The columns in Arrow, in chunks (one array of text ends at 2 GB); each leaves `rows`, so that none is held twice."""
    import pyarrow as pa

    kinds = {"row": pa.int64(), "same": pa.uint64(), "alike": pa.int64()}

    def column(name: str) -> pa.ChunkedArray:
        kind, cells = kinds.get(name, pa.string()), rows.pop(name)
        parts = [pa.array(cells[begin : begin + CHUNK], kind) for begin in range(0, len(cells), CHUNK)]
        return pa.chunked_array(parts, kind)

    return pa.table({name: column(name) for name in COLUMNS})


def _hf() -> Any:
    """Hugging Face `datasets`, loaded late (it takes a second) and quiet."""
    import datasets as hf_datasets

    hf_datasets.disable_progress_bars()
    return hf_datasets
