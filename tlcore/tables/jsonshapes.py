"""The shapes in which programs write a table as JSON, and the rows in them."""

from __future__ import annotations

from typing import Any

_DEEPEST = 5  # objects around the rows
_FEWEST = 3  # objects in a list deep inside that make it the table, and not a part of the one row there is
_ROWS = frozenset(["data", "items", "results", "rows", "records", "documents", "examples", "hits", "value"])
_NAMES = frozenset(["columns", "fields", "headers", "header", "names"])


class Number(str):
    """A number as the file spells it, so that 1.50 stays 1.50."""


_PLAIN = (str, bool, type(None))


def rows_in(found: Any) -> list[Any]:
    """The rows (objects, if the file is right) of a whole JSON document that is an object or a list."""
    if isinstance(found, dict):
        return _of_object(found)
    if found and all(isinstance(item, _PLAIN) for item in found):
        return [{"text": item} for item in found]
    if len(found) > 1 and all(isinstance(item, list) for item in found) and _are_names(found[0]):
        return _with_names(found[0], found[1:])
    return list(found)


def _of_object(found: dict[str, Any]) -> list[Any]:
    values = list(found.values())
    if _are_columns(values):
        return [dict(zip(found, row, strict=True)) for row in zip(*values, strict=True)]
    if values and all(isinstance(value, dict) for value in values):
        if all(key.isdigit() for key in found):  # {"0": {"text": ..., "label": ...}, "1": ...}
            return values
        if all(value and value.keys() == values[0].keys() for value in values) and all(map(str.isdigit, values[0])):
            return [{name: column[key] for name, column in found.items()} for key in values[0]]
        if len(values) >= _FEWEST and len(values) >= len(values[0]) and _same_keys(values):
            return [{"key": key, **row} for key, row in found.items()]
    return _deeper_down(found)


def _deeper_down(found: dict[str, Any]) -> list[Any]:
    """The rows in an answer such as {"status": "ok", "result": {"items": [...]}}; the object itself if there are none."""
    level = [found]
    for depth in range(_DEEPEST):
        rows = next((rows for inner in level if (rows := _names_and_cells(inner)) is not None), None)
        if rows is not None:
            return rows
        lists = [(key, value) for inner in level for key, value in inner.items() if _has_objects(value)]
        named = [value for key, value in lists if key.lower() in _ROWS]
        if len(named) == 1 or (len(lists) == 1 and (depth == 0 or len(lists[0][1]) >= _FEWEST)):
            return named[0] if named else lists[0][1]
        if lists:
            break
        level = [value for inner in level for value in inner.values() if isinstance(value, dict)]
    return [found]


def _are_columns(values: list[Any]) -> bool:
    """Lists of the same length, of plain cells: {"text": ["a", "b"], "label": ["x", "y"]}."""
    plain = all(isinstance(value, list) and not _has_objects(value) and not _is_grid(value) for value in values)
    return len(values) > 1 and plain and len({len(value) for value in values}) == 1


def _same_keys(rows: list[dict[str, Any]]) -> bool:
    return bool(rows[0]) and "key" not in rows[0] and all(row.keys() == rows[0].keys() for row in rows)


def _names_and_cells(found: dict[str, Any]) -> list[Any] | None:
    """The rows of {"columns": ["text", "label"], "data": [["Hello", "greeting"], ...]}."""
    names = [value for key, value in found.items() if key.lower() in _NAMES and isinstance(value, list)]
    grids = [value for value in found.values() if _is_grid(value)]
    if len(names) != 1 or len(grids) != 1 or not _are_names(names[0]):
        return None
    return _with_names(names[0], grids[0]) if all(len(row) <= len(names[0]) for row in grids[0]) else None


def _with_names(names: list[str], rows: list[list[Any]]) -> list[Any]:
    return [dict(zip(names, row, strict=False)) if len(row) <= len(names) else row for row in rows]


def _is_grid(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, list) for row in value)


def _has_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(cell, dict) for cell in value)


def _are_names(cells: list[Any]) -> bool:
    plain = all(isinstance(cell, str) and not isinstance(cell, Number) for cell in cells)
    return bool(cells) and plain and len(set(cells)) == len(cells)
