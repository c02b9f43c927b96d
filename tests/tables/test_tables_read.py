"""One door for every kind of file: what it refuses and how, and that nothing else comes out of it."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

import tlcore
from tlcore.errors import TlcoreError
from tlcore.tables import HowRead, Limits, read_table, write_table

ROOT = Path(tlcore.__file__).parents[1]
DATA = Path(os.environ.get("NUDGE_BENCH_DATA", "../shared/data"))
CSV = b"text,label\nhello,good\nbye,bad\n"


def put(folder, name, data):
    path = folder / name
    path.write_bytes(data)
    return path


def workbook(rows):
    book, buffer = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n \r\n\t\n", "empty"),
        ("a.csv", "\ufeff \n".encode("utf-16"), "empty"),
        ("a.csv", b"text,label\n", "no rows"),
        ("a.xlsx", workbook([["text", "label"]]), "no rows"),
        ("a.xlsx", workbook([]), "empty"),
        ("a.docx", b"hello", ".docx"),
        ("a.csv", b"%PDF-1.7 ...", "PDF"),
        ("a.csv", b"\x89PNG\r\n\x1a\n....", "picture"),
        ("a.xls", b"<html><table><tr><td>a</td></tr></table></html>", "web page"),
        ("a.xlsx", b"PK\x03\x04 and then rubbish", "damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "damaged"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.csv", b"a,b\n1\x002,3\n", "not text"),
        ("a.csv", b"\x01\x02\x03\x04\x05\n" * 50, "not text"),
    ],
)
def test_refused_with_words(tmp_path, name, data, says):
    with pytest.raises(TlcoreError) as error:
        read_table(put(tmp_path, name, data))
    assert says in error.value.what
    assert name in error.value.where
    assert error.value.fix


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(TlcoreError, match="no such file"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(TlcoreError, match="folder"):
        read_table(tmp_path)


def test_a_workbook_named_csv_is_read_as_what_it_is(tmp_path):
    table = read_table(put(tmp_path, "a.csv", workbook([["text"], ["hi"]])))
    assert table.how.format == "xlsx"
    assert "Excel workbook" in table.how.oddities[0]


def test_text_named_xlsx_is_read_as_csv(tmp_path):
    table = read_table(put(tmp_path, "a.xlsx", CSV))
    assert table.how.format == "csv"
    assert "plain text" in table.how.oddities[0]


def test_name_decides_the_ending_and_is_shown(tmp_path):
    table = read_table(put(tmp_path, "upload.tmp", CSV), name="mine.csv")
    assert table.how.file == "mine.csv"
    with pytest.raises(TlcoreError, match=r"\.tmp"):
        read_table(tmp_path / "upload.tmp")


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(max_bytes=10), "MB"),
        (Limits(max_rows=1), "more than 1 rows"),
        (Limits(max_columns=1), "2 columns"),
        (Limits(max_cell_chars=4), "5 characters"),
    ],
)
def test_limits(tmp_path, limits, says):
    with pytest.raises(TlcoreError, match=says):
        read_table(put(tmp_path, "a.csv", CSV), limits=limits)


def test_an_enormous_cell_is_refused_with_its_place(tmp_path):
    data = b'text,label\nok,a\n"' + b"x" * 3_000_000 + b'",b\n'
    with pytest.raises(TlcoreError) as error:
        read_table(put(tmp_path, "a.csv", data))
    assert error.value.where == 'a.csv, row 3, column "text"'


def test_sheet_of_a_file_without_sheets(tmp_path):
    with pytest.raises(TlcoreError, match="no sheets"):
        read_table(put(tmp_path, "a.csv", CSV), sheet="Sheet1")


CELL = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=15).map(lambda cell: "x" + cell)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELL, CELL.map(lambda cell: cell + "\nline, two;"), CELL), min_size=1, max_size=8),
    ending=st.sampled_from([".csv", ".xlsx"]),
)
def test_round_trip(tmp_path, rows, ending):
    columns = dict(zip(["text", "note", "label"], map(list, zip(*rows, strict=True)), strict=True))
    write_table(tmp_path / f"t{ending}", columns)
    delimiter = "," if ending == ".csv" else None
    table = read_table(tmp_path / f"t{ending}", delimiter=delimiter, header_row=1)
    kept = {
        name: [cell.replace("\ufffe", "").replace("\uffff", "") for cell in cells] for name, cells in columns.items()
    }
    assert {name: table.column(name) for name in table.columns} == (columns if ending == ".csv" else kept)


def test_import_is_light():
    code = (
        "import sys, tlcore.tables; print(*[m for m in ('torch','streamlit','datasets','pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""


@pytest.mark.bench_data
def test_clean_files_are_read_without_a_word_about_their_layout():
    paths = [DATA / name / "train.csv" for name in ("banking77", "csabstruct", "sms_spam", "wikigold", "xquad_en")]
    if not all(path.is_file() for path in paths):
        pytest.skip(f"no benchmark data in {DATA}")
    for path in paths:
        how = read_table(path).how
        assert (how.header_row, how.header_rows, how.delimiter, how.encoding) == (1, 1, ",", "utf-8")
        assert (how.rows_above, how.rows_below) == ((), ())
        assert not [said for said in how.oddities if "left out" in said or "cells than" in said]


def test_how_read_survives_json_also_from_before():
    how = HowRead("a.csv", "csv", rows_above=(1, 2), guessed=("encoding",), member="b", images=("c.png",))
    assert HowRead.from_json(how.to_json()) == how
    old = {"file": "a.csv", "format": "csv", "sheets": [], "header_row": 1, "oddities": ["x"]}
    assert HowRead.from_json(old) == HowRead("a.csv", "csv", oddities=("x",))
