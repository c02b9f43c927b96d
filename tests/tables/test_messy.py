"""Real odd files: each gives the table that a careful person sees in it, or words that name the problem.

`messy_expectations.json` was written from looking at the files, not from what the reader makes of them.
"""

import codecs
import json
import os
from pathlib import Path

import pytest

from tlcore.errors import TlcoreError
from tlcore.tables import read_table

DATA = Path(os.environ.get("NUDGE_BENCH_DATA", "../shared/data"))
EXPECTED = json.loads(Path(__file__).with_name("messy_expectations.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.bench_data


@pytest.fixture(params=EXPECTED, ids=lambda seen: f"{seen['file']} {seen.get('sheet', '')}".strip())
def seen(request):
    if not (DATA / "messy" / request.param["file"]).is_file():
        pytest.skip(f"no benchmark data in {DATA}")
    return request.param


def test_as_a_careful_person_sees_it(seen):
    path = DATA / "messy" / seen["file"]
    if "error" in seen:
        with pytest.raises(TlcoreError, match=seen["error"]):
            read_table(path, sheet=seen.get("sheet"))
        return
    table = read_table(path, sheet=seen.get("sheet"))
    assert table.rows == seen["rows"]
    assert table.how.header_row == seen["header_row"]
    assert table.how.header_rows == seen.get("header_rows", min(seen["header_row"], 1))
    if seen["columns"] is not None:
        assert list(table.columns) == seen["columns"]
    assert len(table.columns) >= seen.get("at_least_columns", 1)
    assert table.how.delimiter == seen.get("delimiter")
    if "encodings" in seen:
        assert codecs.lookup(table.how.encoding).name in {codecs.lookup(name).name for name in seen["encodings"]}
    for row, column, text in seen["cells"]:
        assert table.column(table.columns[column])[row] == text
    for row, column, part in seen.get("contains", []):
        assert part in table.column(column)[row]
    assert list(table.how.rows_above) == seen.get("above", [])
    if "below_from" in seen:
        assert table.how.rows_below[0] == seen["below_from"]
    else:
        assert list(table.how.rows_below) == seen.get("below", [])
    said = " ".join(table.how.oddities).lower()
    assert seen.get("says", "").lower() in said
