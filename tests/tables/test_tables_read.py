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
from tlcore.tables import Limits, Table, read_table, write_table

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
        (Limits(max_rows=1), "2 rows"),
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


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.one_of(
        st.binary(max_size=400),
        st.text(alphabet=st.sampled_from("ab,;|\t\"\\\n\r'=é1 "), max_size=200).map(str.encode),
        st.binary(max_size=100).map(lambda tail: b"PK\x03\x04" + tail),
    ),
    name=st.sampled_from(["a.csv", "a.tsv", "a.xlsx", "a.xls", "a.ods", "a.json", "a.jsonl", "a"]),
    header_row=st.sampled_from([None, None, 0, 1, 3]),
)
def test_any_bytes_give_a_table_or_words(tmp_path, data, name, header_row):
    path = put(tmp_path, "any", data)
    try:
        table = read_table(path, name=name, header_row=header_row)
    except TlcoreError:
        return
    assert isinstance(table, Table)
    assert table.rows == len(table.row_numbers) > 0
    assert len(set(table.columns)) == len(table.columns) == table.data.num_columns
    assert all(not column.null_count for column in table.data.columns)


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
def test_the_messy_ones():
    if not DATA.is_dir():
        pytest.skip(f"no benchmark data in {DATA}")
    refused = set()
    for path in [*DATA.glob("messy/*/*"), *DATA.glob("*/train.csv")]:
        try:
            assert read_table(path).rows > 0
        except TlcoreError:
            refused.add(path.name)
    assert refused <= {"csv_template.csv", "file_header_only.csv"}  # they hold no rows
    assert "\u00a3" in read_table(DATA / "messy/csv_real/HEFCE_organogram_junior_data_31032011.csv").columns[5]
    assert read_table(DATA / "messy/csv_real/supplements.csv").how.header_row == 0
    assert read_table(DATA / "messy/pollock_synthetic/file_preamble.csv").how.header_row == 3
    assert read_table(DATA / "messy/csv_real/sjis.csv").column("text")[0] == "本日はいい天気"
