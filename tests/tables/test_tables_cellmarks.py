"""Error cells and formulas without a result, which the workbook reader leaves out in silence, are said."""

import zipfile

from openpyxl import Workbook

from tlcore.tables import read_table
from tlcore.tables.cellmarks import marks_of_sheet


def test_errors_are_shown_and_said(tmp_path):
    book = Workbook()
    book.active.append(["text", "share", "label"])
    book.active.append(["fine", "#REF!", "a"])
    book.active.append(["good", 0.5, "b"])
    book.active.append(["#N/A", 0.1, "a"])
    book.save(tmp_path / "a.xlsx")
    table = read_table(tmp_path / "a.xlsx")
    assert table.column("share") == ["#REF!", "0.5", "0.1"]
    assert table.column("text") == ["fine", "good", "#N/A"]
    assert any("2 cells show an error" in said and "row 2, column 2: #REF!" in said for said in table.how.oddities)


def test_formulas_that_were_never_calculated_are_said(tmp_path):
    book = Workbook()
    book.active.title = "first"
    book.active.append(["a", "b"])
    sheet = book.create_sheet("Costs & more")
    sheet.append(["text", "length"])
    for row in (2, 3, 4):
        sheet.append([f"text {row}", f"=LEN(A{row})"])
    book.save(tmp_path / "a.xlsx")
    table = read_table(tmp_path / "a.xlsx", sheet="Costs & more")
    assert table.column("length") == ["", "", ""]
    assert any("3 formulas have no saved result" in said and "B2" in said for said in table.how.oddities)
    other = read_table(tmp_path / "a.xlsx", sheet="Costs & more", header_row=1)
    assert other.column("text") == ["text 2", "text 3", "text 4"]


def test_formulas_with_a_result_are_not(tmp_path):
    book = Workbook()
    book.active.append(["text", "length"])
    book.active.append(["ab", "=LEN(A2)"])
    book.save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b"<v />", b"<v>2</v>").replace(b"<v></v>", b"<v>2</v>"))
    table = read_table(tmp_path / "b.xlsx")
    assert table.column("length") == ["2"]
    assert not table.how.oddities
    assert not marks_of_sheet((tmp_path / "b.xlsx").read_bytes(), "no such sheet").unsolved
