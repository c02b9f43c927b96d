"""JSON Lines (one object a line) and JSON (a list of objects). Numbers stay as the file spells them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.tables.columns import Columns
from tlcore.tables.decode import decode
from tlcore.tables.jsonshapes import Number, rows_in
from tlcore.tables.limits import Limits
from tlcore.tables.table import HowRead, Table

_SHAPE = 'Each line must be an object such as {"text": "Hello", "label": "greeting"}.'


def read_json(data: bytes, file: str, encoding: str | None, lines: bool, limits: Limits) -> Table:
    """lines: whether the name says JSON Lines; the content decides. Raises TlcoreError with the broken line."""
    text, encoding, said = decode(data, encoding, file)
    if not text.strip():
        raise TlcoreError("The file is empty.", file, "Choose a file with at least one object.")
    numbered, format = _objects(text, file, lines)
    if (format == "jsonl") != lines:
        said.append(f"The file holds {'one object a line' if not lines else 'a list of objects'}; it was read as that.")
    how = HowRead(file, format, encoding=encoding, header_row=0, header_rows=0, oddities=tuple(said))
    return _table(numbered, how, limits)


def _objects(text: str, file: str, lines: bool) -> tuple[list[tuple[int, dict[str, Any]]], str]:
    start = text.lstrip()[:1]
    if start == "[" or (start == "{" and not lines):
        try:
            return _whole(_loads(text), file), "json"
        except json.JSONDecodeError as error:
            several = error.msg == "Extra data" and start == "{"  # one object a line, under the name .json
            if not several:
                raise TlcoreError(
                    "The JSON is broken.", f"{file}, line {error.lineno}: {error.msg}", "Correct that line."
                ) from error
        except (RecursionError, ValueError) as error:
            raise TlcoreError("The JSON is nested too deeply or broken.", file, _SHAPE) from error
    try:
        return [(number, _line(line, f"{file}, line {number}")) for number, line in _lines(text)], "jsonl"
    except TlcoreError:
        objects = _one_after_another(text)
        if objects is None:
            raise
        return objects, "json"


def _one_after_another(text: str) -> list[tuple[int, dict[str, Any]]] | None:
    """Objects that follow each other wherever the lines end, numbered from 1; None if the text is not made of them."""
    decoder = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=Number)
    objects: list[tuple[int, dict[str, Any]]] = []
    at = _skip(text, 0)
    while at < len(text):
        try:
            found, at = decoder.raw_decode(text, at)
        except (RecursionError, ValueError):
            return None
        if not isinstance(found, dict):
            return None
        objects.append((len(objects) + 1, found))
        at = _skip(text, at)
    return objects


def _skip(text: str, at: int) -> int:
    """Where the next object may begin."""
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _lines(text: str) -> list[tuple[int, str]]:
    # Not splitlines(): it also splits at characters that JSON allows inside a string.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number)


def _line(line: str, where: str) -> dict[str, Any]:
    try:
        found = _loads(line)
    except json.JSONDecodeError as error:
        raise TlcoreError("The JSON is broken.", f"{where}: {error.msg}", _SHAPE) from error
    except (RecursionError, ValueError) as error:
        raise TlcoreError("The JSON is nested too deeply or broken.", where, _SHAPE) from error
    if not isinstance(found, dict):
        raise TlcoreError("This is no JSON object.", where, _SHAPE)
    return found


def _whole(found: Any, file: str) -> list[tuple[int, dict[str, Any]]]:
    items = rows_in(found)
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            raise TlcoreError("The list holds something that is no object.", f"{file}, item {number}", _SHAPE)
    return list(enumerate(items, start=1))


def _table(numbered: list[tuple[int, dict[str, Any]]], how: HowRead, limits: Limits) -> Table:
    filled = [(number, item) for number, item in numbered if any(_cell(value).strip() for value in item.values())]
    names = list(dict.fromkeys(key for _, item in filled for key in item))
    if not filled:
        raise TlcoreError("The file holds no data.", how.file, _SHAPE)
    if len(names) > limits.max_columns or len(names) * len(filled) > limits.max_sheet_cells:
        raise TlcoreError(
            f"The objects have {len(names):,} different names; at most {limits.max_columns:,} can be read.",
            how.file,
            "Use the same names in every object.",
        )
    rows = [[_cell(item.get(name)) for name in names] for _, item in filled]
    if blank := len(numbered) - len(filled):
        how = replace(
            how, oddities=(*how.oddities, f"{blank:,} blank object{'s are' if blank > 1 else ' is'} left out.")
        )
    # header_row 1 while the names are made unique, so that every change is said; no row of the file holds them.
    how = replace(how, header_row=1)
    columns = Columns(names, how, limits)
    columns.add(rows, [number for number, _ in filled])
    table = columns.table(how)
    return Table(table.columns, table.data, table.row_numbers, replace(table.how, header_row=0))


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _spelled(value)


def _spelled(value: Any) -> str:
    """A list or object inside a cell, as JSON again, its numbers untouched."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        inside = (f"{json.dumps(key, ensure_ascii=False)}: {_spelled(item)}" for key, item in value.items())
        return "{" + ", ".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_spelled, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
