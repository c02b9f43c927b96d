"""tlcore.predict.sheet: CSV as people have it in, CSV that no spreadsheet runs out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tlcore.predict.sheet import Sheet, SheetError, bare, neutral, read_csv, with_answers, write_blocks, write_csv
from tlcore.tables import read_table
from tlcore.tables.names import unique_names
from tlcore.tables.write import harmless

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-", "+49 30", "=HYPERLINK(1)"]
FORMULAS += ["-inf", "+nan", "-Infinity", "-1_000", "-5 "]  # numbers to Python, not to a spreadsheet
HARMLESS = ["", "-5", "+3.25", "-1e-5", "a=b", "'x", " =1", "1,234", "Grüße"]


def read(tmp_path: Path, content: str | bytes) -> dict[str, list[str]]:
    path = tmp_path / "in.csv"
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return read_csv(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_file_is_read_however_it_was_saved(tmp_path: Path, encoding: str, delimiter: str, ending: str) -> None:
    lines = [["id", "Größe", "text"], ["1", "5 €", "Café – “good”"], ["2", "", "naïve"]]
    columns = read(tmp_path, "".join(delimiter.join(line) + ending for line in lines).encode(encoding))
    assert columns == {"id": ["1", "2"], "Größe": ["5 €", ""], "text": ["Café – “good”", "naïve"]}


def test_quotes_hold_delimiters_line_ends_and_quotes(tmp_path: Path) -> None:
    columns = read(tmp_path, 'text,label\n"a, ""b""\nsecond line;",x\n,y\n')
    assert columns == {"text": ['a, "b"\nsecond line;', ""], "label": ["x", "y"]}


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert read(tmp_path, "text\ngood; but slow\nbad\n") == {"text": ["good; but slow", "bad"]}


@pytest.mark.parametrize("text", ["good, but slow", "one | two, three; four"])
def test_a_header_of_one_cell_makes_one_column_whatever_the_texts_hold(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"text\n{text}\nbad\n") == {"text": [text, "bad"]}


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x85"])
def test_only_line_ends_end_a_row(tmp_path: Path, mark: str) -> None:
    found = read(tmp_path, f"text,la{mark}bel\none{mark}two,a\nthree,b\n")
    assert list(found.values()) == [[f"one{mark}two", "three"], ["a", "b"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_blank_line_in_a_file_of_one_column_is_a_row_without_a_text(tmp_path: Path, end: str) -> None:
    assert read(tmp_path, end.join(["text", "x", "", "", "y", "", "", ""]))["text"] == ["x", "", "", "y"]
    assert read(tmp_path, end.join(["text", "", ""])) == {"text": []}
    assert read(tmp_path, end.join(["text", "x", '""', ""]))["text"] == ["x", ""]  # written, not left over


def test_a_blank_line_between_rows_of_several_columns_is_no_row(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,2\n\n,\n3,4\n\n") == {"a": ["1", "", "3"], "b": ["2", "", "4"]}


def test_cells_beyond_the_header_are_kept_in_columns_of_their_own(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,2,3\n4\n") == {"a": ["1", "4"], "b": ["2", ""], "column 3": ["3", ""]}
    assert read(tmp_path, "a,column 4\n1,2,,x\n") == {
        "a": ["1"],
        "column 4": ["2"],
        "column 3": [""],
        "column 4 (2)": ["x"],
    }


def test_a_delimiter_at_the_end_of_every_line_is_no_column(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,2,\n3,4, \n") == {"a": ["1", "3"], "b": ["2", "4"]}


def test_rows_that_end_early_are_filled_up(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b,c\n1\n1,2\n1,2,3\n") == {"a": ["1"] * 3, "b": ["", "2", "2"], "c": ["", "", "3"]}


def test_columns_without_a_name_or_with_a_name_twice_are_all_kept(tmp_path: Path) -> None:
    columns = read(tmp_path, "text,,text, text ,\na,b,c,d,e\n")
    assert list(columns) == ["text", "column 2", "text (2)", "text (3)", "column 5"]
    assert [cells[0] for cells in columns.values()] == list("abcde")


@pytest.mark.parametrize(
    "content",
    [
        "\ntext,label\nx,a\n",
        " , \n\r\n\ntext,label\nx,a\n",
        'text;"a, b, c"\nx;a\n',
        "size, cm, or so;text\n5;x\n",
        '"customer\nmessage",label\nx,a\n',
        "two  blanks,label \nx,a\n",
        "text,text,text (2)\nx,y,z\n",
        '"text"\nx\n',
        "text,label\nx,a,b\n",
    ],
)
def test_a_sheet_has_the_column_names_that_it_had_in_training(tmp_path: Path, content: str) -> None:
    found = read(tmp_path, content)
    table = read_table(tmp_path / "in.csv")
    assert found == {name: list(table.column(name)) for name in table.columns}


@pytest.mark.parametrize(
    "names",
    [["", "column 1", ""], ["a", "a", "a (2)", "a"], ["", "column 3 (2)", "", "column 3"], ["a b", "a\nb", " a  b"]],
)
def test_names_are_made_as_in_training(tmp_path: Path, names: list[str]) -> None:
    write_csv(tmp_path / "in.csv", {str(i): [name, "x"] for i, name in enumerate(names)})
    content = (tmp_path / "in.csv").read_text(encoding="utf-8-sig").split("\n", 1)[1]
    assert list(read(tmp_path, content)) == unique_names(names, range(1, len(names) + 1))[0]


@pytest.mark.parametrize("content", [b"", b" \r\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SheetError, match=r"in\.csv is empty"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfet\x00\n", "damaged or cut off at byte"),
        (b"text\n" + b"x" * 10_000_001, "A cell may hold 10,000,000 characters"),
        (b"PK\x03\x04" + bytes(100), "workbook, not a CSV file. Save it as CSV first"),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "workbook, not a CSV file. Save it as CSV first"),
    ],
    ids=["half UTF-16", "a huge cell", "xlsx", "xls"],
)
def test_what_cannot_be_read_is_said_with_a_way_on(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SheetError, match=said) as error:
        read(tmp_path, content)
    assert str(error.value).startswith("in.csv ")


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "text,label\n") == {"text": [], "label": []}


def test_a_long_text_fits_into_a_cell(tmp_path: Path) -> None:
    text = "word " * 100_000  # more than the 131,072 characters that Python's csv allows by itself
    assert read(tmp_path, f"text,label\n{text},a\n")["text"] == [text]


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_cell_that_would_run_is_made_text(cell: str) -> None:
    assert neutral(cell) == "'" + cell == harmless(cell)


@pytest.mark.parametrize("cell", FORMULAS[:4])
def test_the_apostrophe_before_a_name_is_taken_off_again(cell: str) -> None:
    assert bare(neutral(cell)) == bare(cell) == cell


@pytest.mark.parametrize("name", ["text", "'text", "'tis", "'-5", "''=x", "'", ""])
def test_an_apostrophe_of_the_users_own_stays(name: str) -> None:
    assert bare(name) == name


@pytest.mark.parametrize("cell", HARMLESS)
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert neutral(cell) == cell == harmless(cell)


def test_what_is_written_is_what_was_there_and_nothing_in_it_runs(tmp_path: Path) -> None:
    more = ['two\nlines, "quoted"; é 猫 🙂', *[""] * (len(FORMULAS) - len(HARMLESS))]
    columns = {"=name": FORMULAS, "text": [*HARMLESS[:-1], *more]}
    write_csv(tmp_path / "out.csv", columns)
    again = read_csv(tmp_path / "out.csv")
    assert again == {"=name": ["'" + cell for cell in FORMULAS], "text": columns["text"]}
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").startswith("'=name,")


def test_excel_sees_that_the_file_is_unicode(tmp_path: Path) -> None:
    write_csv(tmp_path / "out.csv", {"text": ["é"]})
    assert (tmp_path / "out.csv").read_bytes() == b"\xef\xbb\xbftext\r\n\xc3\xa9\r\n"
    assert read_table(tmp_path / "out.csv").column("text") == ["é"]


def test_answers_come_last_and_the_columns_stay_in_order() -> None:
    columns = {"z": ["1", "2"], "text": ["good", ""], "a": ["", "x"]}
    found = with_answers(columns, ["yes", ""], [0.98765, float("nan")])
    assert list(found) == ["z", "text", "a", "prediction", "confidence"]
    assert {name: found[name] for name in columns} == columns
    assert (found["prediction"], found["confidence"]) == (["yes", ""], ["0.9877", ""])
    assert list(columns) == ["z", "text", "a"]


def test_answers_never_replace_a_column_of_the_same_name() -> None:
    columns = {"prediction": ["mine"], "confidence": ["high"], "prediction (2)": ["older"]}
    found = with_answers(columns, ["yes"], [0.5])
    assert list(found.items())[:3] == list(columns.items())
    assert list(found.items())[3:] == [("prediction (3)", ["yes"]), ("confidence (2)", ["0.5000"])]


@pytest.mark.parametrize("most", [1, 2, 3, 100])
@pytest.mark.parametrize(
    "content",
    [
        '\n\nid,text\n1,a\n\n2,"b\nb"\n3,c,more\n4\n\n',  # blank lines, a line end in a cell, a wider and a shorter row
        "text\na\n\nb\n\n\n",  # one column: a blank line is a row, but not at the end
        "id;text\n",
        "text\n",
    ],
)
def test_block_by_block_the_rows_are_those_of_the_whole(tmp_path: Path, content: str, most: int) -> None:
    whole = read(tmp_path, content)
    sheet = Sheet(tmp_path / "in.csv")
    blocks = list(sheet.blocks(most))
    assert sheet.names == list(whole)
    assert {name: [cell for block in blocks for cell in block[name]] for name in whole} == whole
    assert {len(column) for column in whole.values()} == {sheet.rows}
    assert all(len(block[sheet.names[0]]) == most for block in blocks[:-1])
    assert list(sheet.blocks(most)) == blocks  # as often as wanted


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_a_letter_cut_by_the_end_of_a_piece_of_the_file_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("tlcore.predict.sheet.BYTES_AT_ONCE", most)
    for encoding in ("utf-8", "utf-16"):
        assert read(tmp_path, "text,id\nGrüße 猫 🙂,1\n".encode(encoding)) == {"text": ["Grüße 猫 🙂"], "id": ["1"]}
    assert read(tmp_path, "text,id\nGrüße,1\n".encode("cp1252"))["text"] == ["Grüße"]


def test_blocks_are_written_as_one_table_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("what was there")

    def broken() -> Iterator[dict[str, list[str]]]:
        yield {"a": ["1", "2"]}
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_blocks(path, broken())
    assert path.read_text() == "what was there"
    assert write_blocks(path, [{"a": ["1", "2"], "b": ["x", "=y"]}, {"a": ["3"], "b": ["z"]}, {"a": [], "b": []}]) == 3
    assert read_csv(path) == {"a": ["1", "2", "3"], "b": ["x", "'=y", "z"]}
    assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]


def test_a_long_sheet_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("id,text\n")
        for i in range(40_000):
            file.write(f"{i},{'word ' * 40}{i}\n")
    tracemalloc.start()
    rows = sum(len(block["id"]) for block in Sheet(path).blocks(1000))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 40_000
    assert most < path.stat().st_size / 2
