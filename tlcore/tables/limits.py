"""How large a file may be before it is refused, so that one bad file cannot take the machine down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The largest file, table and cell that are read. Sizes in bytes, cells in characters."""

    max_bytes: int = 100 * 2**20
    max_rows: int = 2_000_000
    max_columns: int = 1_000
    max_cell_chars: int = 1_000_000
    max_unpacked_bytes: int = 600 * 2**20
    # A sheet is laid out in memory as one rectangle, so two far-apart cells can cost as much as a full sheet.
    max_sheet_cells: int = 40_000_000
    # Workbooks, JSON and archives are held whole while they are read; delimited text and Parquet are not.
    max_held_bytes: int = 200 * 2**20
    max_members: int = 100_000  # files in an archive or folder


# For a file that the user of a local app opens by its path: nothing is uploaded, and text is read in chunks.
FROM_PATH_LIMITS = Limits(
    max_bytes=4 * 2**30, max_rows=10_000_000, max_unpacked_bytes=4 * 2**30, max_sheet_cells=200_000_000
)
