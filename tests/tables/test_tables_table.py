"""Table and HowRead."""

import json

import pytest

from tlcore.errors import TlcoreError
from tlcore.tables import HowRead, read_table


@pytest.fixture
def table(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"t{i},l\n" for i in range(30)))
    return read_table(tmp_path / "a.csv")


def test_table(table):
    assert table.rows == 30
    assert table.column("text")[29] == "t29"
    assert table.where(5) == "row 7"
    assert table.where(5, "label") == 'row 7, column "label"'
    with pytest.raises(TlcoreError, match="text, label"):
        table.column("nope")


def test_head(table):
    assert table.head().shape == (20, 2)
    assert table.head(3)["text"].tolist() == ["t0", "t1", "t2"]
    assert table.head(-1).empty


def test_how_read_survives_json(table):
    how = HowRead("a.xlsx", "xlsx", sheet="S", sheets=("S", "T"), header_row=3, oddities=("Odd.",))
    for each in (how, table.how):
        assert HowRead.from_json(json.loads(json.dumps(each.to_json()))) == each
    assert HowRead.from_json({**how.to_json(), "from a later version": 1}) == how


def test_cells_are_the_column_looked_through_block_by_block(table, monkeypatch):
    monkeypatch.setattr("tlcore.tables.table.CELLS_AT_ONCE", 7)
    cells = table.cells("text")
    assert list(cells) == list(cells) == table.column("text")
    assert (len(cells), cells[0], cells[29]) == (30, "t0", "t29")
    assert cells[28:40] == ["t28", "t29"]
    assert cells[30:] == []
    assert cells[2::-1] == ["t2", "t1", "t0"]
    with pytest.raises(TlcoreError, match="text, label"):
        table.cells("nope")
