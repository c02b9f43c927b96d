"""Parquet: the text of each cell as a person would see it, and limits that its own numbers cannot get around."""

import datetime as dt
import decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tlcore.errors import TlcoreError
from tlcore.tables import Limits, read_table


@pytest.fixture
def path(tmp_path):
    table = pa.table(
        {
            "text": ["a", None, "NA"],
            "whole": [1, None, 3],
            "half": [1.5, float("nan"), 2.0],
            "day": [dt.datetime(2024, 1, 2, 3, 4), None, None],
            "money": [decimal.Decimal("1.50"), None, None],
            "flag": [True, False, None],
            "list": [[1, 2], [], None],
            "object": [{"é": 1, "b": None}, None, None],
            "bytes": [b"caf\xc3\xa9", b"\xff\x00", None],
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


def test_cells_as_seen(path):
    table = read_table(path)
    assert [table.column(name)[0] for name in table.columns] == [
        "a", "1", "1.5", "2024-01-02 03:04:00", "1.50", "TRUE", "[1, 2]", '{"é": 1, "b": null}', "café", "x",
    ]  # fmt: skip
    assert table.column("text") == ["a", "", "NA"]
    assert table.column("half") == ["1.5", "", "2"]
    assert table.column("bytes")[1] == "/wA= (2 bytes)"
    assert table.where(1) == "row 2"
    assert (table.how.format, table.how.header_row, table.how.header_rows) == ("parquet", 0, 0)


def test_blank_rows_are_said(tmp_path):
    pq.write_table(pa.table({"a": ["x", None, "z"]}), tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet")
    assert table.row_numbers.tolist() == [1, 3]
    assert table.how.oddities == ("1 blank row is left out.",)


@pytest.mark.parametrize("limits", [Limits(max_rows=2), Limits(max_columns=3), Limits(max_unpacked_bytes=10)])
def test_limits(path, limits):
    with pytest.raises(TlcoreError):
        read_table(path, limits=limits)


def test_damaged(path):
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TlcoreError, match="damaged"):
        read_table(path)
    pq.write_table(pa.table({"a": pa.array([], pa.string())}), path)
    with pytest.raises(TlcoreError, match="no rows"):
        read_table(path)
