"""Parquet: each cell as the text a person would see; lists and objects inside a cell as JSON."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.tables.columns import Columns
from tlcore.tables.limits import Limits
from tlcore.tables.sheets import cell_text
from tlcore.tables.source import Source
from tlcore.tables.table import HowRead, Table

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 5_000  # rows
_MOST_BYTES = 60  # of a cell that holds no text, shown in base 64


def read_parquet(source: Source, limits: Limits, progress: Callable[[int, int], None] | None = None) -> Table:
    """row_numbers count the rows from 1. Raises TlcoreError for a damaged file, no rows, or too many."""
    import pyarrow.parquet as pq

    try:
        with source.open() as opened, pq.ParquetFile(opened) as file:
            _check(file, source.name, limits)
            return _read(file, source, limits, progress)
    except TlcoreError:
        raise
    except Exception as error:  # a broken file makes Arrow raise errors of many kinds, also Python's own
        raise TlcoreError(
            "The Parquet file is damaged, locked or of an unknown kind.",
            source.name,
            "Save the table again, or as .csv.",
        ) from error


def _check(file: Any, name: str, limits: Limits) -> None:
    about = file.metadata
    size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    if about.num_rows > limits.max_rows or len(file.schema_arrow.names) > limits.max_columns:
        raise TlcoreError(
            f"The file has {about.num_rows:,} rows of {len(file.schema_arrow.names):,} columns; at most "
            f"{limits.max_rows:,} rows of {limits.max_columns:,} columns can be read.",
            name,
            "Keep the columns that you need, or take a part of the rows.",
        )
    if size > limits.max_unpacked_bytes:
        raise TlcoreError(
            f"The file unpacks to more than {limits.max_unpacked_bytes / 2**20:,.0f} MB.", name, "Split it."
        )


def _read(file: Any, source: Source, limits: Limits, progress: Callable[[int, int], None] | None) -> Table:
    names, total = list(file.schema_arrow.names), max(file.metadata.num_rows, 1)
    how = HowRead(source.name, "parquet", header_row=1, header_rows=0)
    columns, held, seen = Columns(names, how, limits), 0, 0
    for batch in file.iter_batches(batch_size=BATCH):
        held += batch.nbytes
        if held > limits.max_unpacked_bytes:  # the sizes that the file tells may lie
            raise TlcoreError(
                f"The file unpacks to more than {limits.max_unpacked_bytes / 2**20:,.0f} MB.", source.name, "Split it."
            )
        cells = [_cells(column) for column in batch.columns]
        rows = [(number, list(row)) for number, row in enumerate(zip(*cells, strict=True), start=seen + 1)]
        full = [(number, row) for number, row in rows if any(map(str.strip, row))]
        columns.add([row for _, row in full], [number for number, _ in full])
        seen += len(rows)
        if progress is not None:
            progress(int(source.size * seen / total), source.size)
    if blank := seen - columns.count:
        how = replace(how, oddities=(f"{blank:,} blank row{'s are' if blank > 1 else ' is'} left out.",))
    # header_row 1 while the names are made unique, so that every change is said; no row of the file holds them.
    table = columns.table(how)
    return Table(table.columns, table.data, table.row_numbers, replace(table.how, header_row=0))


def _cells(column: pa.Array) -> list[str]:
    import pyarrow as pa

    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return ["" if value is None else value for value in column.to_pylist()]
    return [_text(value) for value in column.to_pylist()]


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=_text)
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            more = "..." if len(value) > _MOST_BYTES else ""
            return f"{base64.b64encode(value[:_MOST_BYTES]).decode()}{more} ({len(value):,} bytes)"
    return cell_text(value)
