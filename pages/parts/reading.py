"""The beginning of a spreadsheet and how it was read: small enough to cache, never the whole table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.spreadsheet import Progress, is_kept, open_table, table_folder
from pages.parts.words import plural
from tlcore.errors import TlcoreError
from tlcore.tables import HowRead, Table, guess_roles, kept_table, read_table
from tlcore.workspace import Project

HEAD, CELL, LONGEST_CELL = 50, 300, 50_000
FORMATS = {"csv": "text", "xlsx": "an Excel sheet", "xls": "an old Excel sheet", "ods": "an OpenDocument sheet",
           "jsonl": "JSON Lines", "json": "JSON", "parquet": "Parquet", "html": "a web page", "xml": "an Excel 2003 XML file"}  # fmt: skip
WITHOUT_NAMES_IN_A_ROW = ("jsonl", "json", "parquet")
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", ":": "colons", " ": "blanks",
              "  ": "blanks that line them up"}  # fmt: skip
ENCODINGS = {
    "utf-8": "UTF-8", "cp1252": "Western Europe, Windows (cp1252)", "latin-1": "Western Europe (latin-1)",
    "mac_roman": "Western Europe, old Mac (mac_roman)", "cp1250": "Central Europe, Windows (cp1250)",
    "iso8859_2": "Central Europe (iso8859_2)", "cp1251": "Cyrillic, Windows (cp1251)", "koi8_r": "Cyrillic (koi8_r)",
    "cp1253": "Greek, Windows (cp1253)", "cp1254": "Turkish, Windows (cp1254)", "utf-16": "UTF-16",
    "shift_jis": "Japanese (shift_jis)", "euc_jp": "Japanese (euc_jp)", "iso2022_jp": "Japanese, e-mail (iso2022_jp)", "gb18030": "Chinese (gb18030)", "big5": "Chinese (big5)",
    "euc_kr": "Korean (euc_kr)",
}  # fmt: skip
STORED = {"utf-8": "UTF-8", "utf-16": "UTF-16"}
GUESSED = {"encoding": "how letters are stored", "delimiter": "what parts the cells", "sheet": "which sheet",
           "header_row": "which row names the columns"}  # fmt: skip
LOOK_AT, MOST_SPELLINGS, LONGEST_WORD = 200_000, 5, 24
LOST = "\ufffd"
GARBLED = ("garbled", "could not be read", "broken characters")
"""How tlcore.tables says it, see its damage.py, decode.py and columns.py."""
_FIELD_WORDS = re.compile(r" \(([^()]* read as [^()]*)\)")
_ODD_WORD = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")


@dataclass(frozen=True)
class Preview:
    """The first rows (cells cut short), the number of rows, how it was read, and which columns seem to be what.

    whole: the same rows, cut where no text that is meant to be read ends; an answer may stand at the end of its passage.
    """

    how: HowRead
    rows: int
    head: dict[str, list[str]]
    numbers: list[int]
    guess: dict[str, str | None]
    whole: dict[str, list[str]]

    @property
    def columns(self) -> list[str]:
        return list(self.head)


def preview(path: Path, options: dict[str, Any]) -> Preview:
    """Read at most once for a file and options. Raises TlcoreError."""
    return _preview(str(path), path.stat().st_mtime_ns, tuple(sorted(options.items())))


def project_preview(project: Project, progress: Progress | None = None) -> Preview:
    """Of the project's own spreadsheet, whose table is kept: no page reads a file twice. Raises TlcoreError."""
    if not is_kept(project):
        open_table(project, progress)
    return _kept_preview(str(table_folder(project)))


@st.cache_data(max_entries=8, show_spinner="Reading the spreadsheet …")
def _preview(path: str, stamp: int, options: tuple[tuple[str, Any], ...]) -> Preview:
    return _first_rows(read_table(Path(path), **dict(options)))


@st.cache_data(max_entries=8, show_spinner=False)
def _kept_preview(folder: str) -> Preview:
    table = kept_table(folder)
    if table is None:
        raise TlcoreError("The table that was read is not on the disk any more.", folder, "Reload the page.")
    return _first_rows(table)


def _first_rows(table: Table) -> Preview:
    first = table.head(HEAD)
    head = {name: [_cut(cell) for cell in first[name]] for name in table.columns}
    whole = {name: [cell[:LONGEST_CELL] for cell in first[name]] for name in table.columns}
    numbers = [int(n) for n in table.row_numbers[:HEAD]]
    return Preview(table.how, table.rows, head, numbers, guess_roles(table), whole)


def sentence(preview: Preview, name: str = "") -> str:
    """How the file was read, in one sentence. name: what the user calls the file, where its copy is called otherwise."""
    how = preview.how
    parts = [FORMATS.get(how.format, how.format)]
    if how.member:
        parts.append(f"the file “{how.member}” in it")
    elif how.sheet and len(how.sheets) > 1:
        parts.append(f"sheet “{how.sheet}”")
    if how.delimiter:
        parts.append(f"cells parted by {DELIMITERS.get(how.delimiter, f'“{how.delimiter}”')}")
    if how.encoding:
        parts.append(f"letters stored as {STORED.get(how.encoding, how.encoding)}")
    if how.format not in WITHOUT_NAMES_IN_A_ROW:
        parts.append(_names_in(how))
    size = f"{plural(preview.rows, 'row')} and {plural(len(preview.columns), 'column')}"
    return f"{size}, read from {name or how.file} as {', '.join(parts)}."


def guessed(how: HowRead) -> str:
    """What nobody said and Nudge found out, in a sentence; "" for nothing."""
    names = [GUESSED[name] for name in how.guessed if name in GUESSED]
    names = [name for name in names if name != GUESSED["sheet"] or len(how.sheets) > 1]
    if not names:
        return ""
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"Nudge found out {listed}. If the rows look wrong, change it under “Not read right?”."


def sorted_by_harm(oddities: Sequence[str]) -> tuple[list[str], list[str]]:
    """What says that letters are damaged, and all other oddities, which only say how the file was taken."""
    garbled = [note for note in oddities if any(word in note for word in GARBLED)]
    return garbled, [note for note in oddities if note not in garbled]


def plainly(notes: Sequence[str]) -> tuple[list[str], str]:
    """Notes about damaged letters without the field's words for it, and those words, for a hover; "" where there are none."""
    found = [match[1] for note in notes if (match := _FIELD_WORDS.search(note))]
    return [_FIELD_WORDS.sub("", note) for note in notes], found[0] if found else ""


def spellings(path: Path, now: str, asked: Sequence[str] = tuple(ENCODINGS)) -> dict[str, str]:
    """Encoding -> how the first odd word of the file reads in it; the one it was read in first, and only different spellings."""
    with path.open("rb") as file:
        words = [word for word in _ODD_WORD.findall(file.read(LOOK_AT)) if len(word) > 1]
    best = max((word for word in words if len(word) <= LONGEST_WORD), key=len, default=b"")
    if not best:
        return {}
    as_now = "".join(sign if sign.isprintable() else LOST for sign in best.decode(now, "replace"))
    found = {now: as_now}
    for encoding in asked:
        try:
            word = best.decode(encoding)
        except UnicodeDecodeError:
            continue
        if word.isprintable() and word not in found.values():
            found.setdefault(encoding, word)
    return dict(list(found.items())[:MOST_SPELLINGS])


def _names_in(how: HowRead) -> str:
    if not how.header_row:
        return "no column names"
    if how.header_rows > 1:
        return f"column names in rows {how.header_row} to {how.header_row + how.header_rows - 1}"
    return f"column names in row {how.header_row}"


def _cut(cell: str) -> str:
    return cell if len(cell) <= CELL else cell[:CELL] + " …"
