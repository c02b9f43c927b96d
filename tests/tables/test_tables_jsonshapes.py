"""The shapes in which programs write a table as JSON."""

import json

import pytest

from tlcore.errors import TlcoreError
from tlcore.tables import read_table
from tlcore.tables.jsonshapes import rows_in

ROWS = [{"text": "a, b", "label": "x"}, {"text": "c", "label": "y"}, {"text": "d", "label": "x"}]
CELLS = [[row["text"], row["label"]] for row in ROWS]


@pytest.mark.parametrize(
    "found",
    [
        ROWS,
        {"data": ROWS},
        {"status": "ok", "result": {"page": 1, "items": ROWS}},
        {"schema": {"fields": [{"name": "text"}, {"name": "label"}]}, "data": ROWS},
        {"columns": ["text", "label"], "index": [0, 1, 2], "data": CELLS},
        {"d": {"fields": ["text", "label"], "values": CELLS}},
        {"text": [row["text"] for row in ROWS], "label": [row["label"] for row in ROWS]},
        {"text": {"0": "a, b", "1": "c", "2": "d"}, "label": {"0": "x", "1": "y", "2": "x"}},
        {"0": ROWS[0], "1": ROWS[1], "2": ROWS[2]},
        [["text", "label"], *CELLS],
    ],
)
def test_the_same_rows_in_many_shapes(found):
    assert rows_in(found) == ROWS


def test_names_of_records_are_kept_in_a_column_of_their_own():
    assert rows_in({f"t{i}": row for i, row in enumerate(ROWS)}) == [
        {"key": f"t{i}", **row} for i, row in enumerate(ROWS)
    ]


@pytest.mark.parametrize(
    "found",
    [
        {"text": "a", "meta": {"spans": [{"start": 0}, {"start": 4}]}},
        {"text": "a", "one": [{"b": 1}], "two": [{"c": 1}]},
        {"text": "a"},
    ],
)
def test_one_object_is_one_row(found):
    assert rows_in(found) == [found]


@pytest.mark.parametrize("between", ["", "\n", "  ", ",\n"])
def test_objects_one_after_another(tmp_path, between):
    (tmp_path / "a.json").write_text(between.join(json.dumps(row, indent=1) for row in ROWS))
    assert read_table(tmp_path / "a.json").column("text") == ["a, b", "c", "d"]


def test_a_broken_line_is_named(tmp_path):
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, ROWS)) + '\n{"text": "cut o')
    with pytest.raises(TlcoreError) as error:
        read_table(tmp_path / "a.jsonl")
    assert "line 4" in error.value.where
