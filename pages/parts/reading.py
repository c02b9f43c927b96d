"""The beginning of a spreadsheet and how it was read: small enough to cache, never the whole table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.words import plural
from tlcore.tables import HowRead, guess_roles, read_table

HEAD, CELL = 50, 300
FORMATS = {"csv": "text", "xlsx": "an Excel sheet", "xls": "an old Excel sheet", "ods": "an OpenDocument sheet",
           "jsonl": "JSON Lines", "json": "JSON"}  # fmt: skip
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
ENCODINGS = ("utf-8", "cp1252", "latin-1", "utf-16", "cp1250", "cp1251", "mac_roman", "gb18030", "shift_jis", "euc_kr")


@dataclass(frozen=True)
class Preview:
    """The first rows (cells cut short), the number of rows, how it was read, and which columns seem to be what."""

    how: HowRead
    rows: int
    head: dict[str, list[str]]
    numbers: list[int]
    guess: dict[str, str | None]

    @property
    def columns(self) -> list[str]:
        return list(self.head)


def preview(path: Path, options: dict[str, Any]) -> Preview:
    """Read at most once for a file and options. Raises TlcoreError."""
    return _preview(str(path), path.stat().st_mtime_ns, tuple(sorted(options.items())))


@st.cache_data(max_entries=8, show_spinner="Reading the spreadsheet …")
def _preview(path: str, stamp: int, options: tuple[tuple[str, Any], ...]) -> Preview:
    table = read_table(Path(path), **dict(options))
    first = table.head(HEAD)
    head = {name: [_cut(cell) for cell in first[name]] for name in table.columns}
    return Preview(table.how, table.rows, head, [int(n) for n in table.row_numbers[:HEAD]], guess_roles(table))


def sentence(preview: Preview) -> str:
    """How the file was read, in one sentence."""
    how = preview.how
    parts = [FORMATS.get(how.format, how.format)]
    if how.sheet and len(how.sheets) > 1:
        parts.append(f"sheet “{how.sheet}”")
    if how.delimiter:
        parts.append(f"cells parted by {DELIMITERS.get(how.delimiter, how.delimiter)}")
    if how.encoding:
        parts.append(f"encoding {how.encoding}")
    if how.format not in ("jsonl", "json"):
        parts.append(f"column names in row {how.header_row}" if how.header_row else "no column names")
    size = f"{plural(preview.rows, 'row')} and {plural(len(preview.columns), 'column')}"
    return f"{size}, read from {how.file} as {', '.join(parts)}."


def _cut(cell: str) -> str:
    return cell if len(cell) <= CELL else cell[:CELL] + " …"
