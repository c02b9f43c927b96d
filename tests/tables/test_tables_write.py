"""Tables written so that Excel opens them and runs nothing in them."""

import openpyxl
import pytest

from tlcore.errors import TlcoreError
from tlcore.tables import read_table, write_table
from tlcore.tables.write import harmless


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-", "+49 30"])
def test_formulas_are_neutralised(text):
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "-5", "+3.25", "-1e-5", "a=b", "'x", " =1"])
def test_the_rest_is_left_alone(text):
    assert harmless(text) == text


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_written_and_read(tmp_path, ending):
    columns = {
        "text": ["two\nlines", 'quo"te, comma', "=HYPERLINK(1)", "#N/A", "_x0041_ é 猫", " spaced "],
        "label": ["NA", "007", "-5", "TRUE", "", "1e5"],
    }
    write_table(tmp_path / f"a{ending}", columns)
    table = read_table(tmp_path / f"a{ending}")
    assert table.columns == ("text", "label")
    assert table.column("label") == columns["label"]
    assert table.column("text") == [cell.replace("=HYPER", "'=HYPER") for cell in columns["text"]]
    assert [path.name for path in tmp_path.iterdir()] == [f"a{ending}"]


def test_no_cell_is_a_formula(tmp_path):
    write_table(tmp_path / "a.xlsx", {"=a": ["=1+1", "@x"]})
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def test_csv_opens_in_excel(tmp_path):
    write_table(tmp_path / "a.csv", {"text": ["é"]})
    assert (tmp_path / "a.csv").read_bytes() == b"\xef\xbb\xbftext\r\n\xc3\xa9\r\n"


def test_illegal_characters_are_removed(tmp_path):
    for ending in (".csv", ".xlsx"):
        write_table(tmp_path / f"a{ending}", {"text": ["a\0b", "c\ud800d"]})
        assert read_table(tmp_path / f"a{ending}").column("text")[0] == "ab"


def test_refused(tmp_path):
    with pytest.raises(TlcoreError, match="different numbers of rows"):
        write_table(tmp_path / "a.csv", {"a": ["1"], "b": []})
    with pytest.raises(TlcoreError, match=r"\.txt"):
        write_table(tmp_path / "a.txt", {"a": ["1"]})
    with pytest.raises(TlcoreError, match=r"row 2, column \"a\""):
        write_table(tmp_path / "a.xlsx", {"a": ["x" * 40_000]})
    with pytest.raises(TlcoreError, match="cannot be written"):
        write_table(tmp_path / "none" / "a.csv", {"a": ["1"]})
    assert not list(tmp_path.iterdir())
