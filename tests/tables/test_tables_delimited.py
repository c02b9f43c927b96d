"""Delimiters, quotes, ragged and blank rows, and that cells stay as the file had them."""

import time

import pytest

from tlcore.errors import TlcoreError
from tlcore.tables import Limits, read_table


def read(folder, data, name="a.csv", **how):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_table(path, **how)


def cells(table):
    return [table.column(name) for name in table.columns]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiters(tmp_path, mark):
    table = read(tmp_path, f'text{mark}label\n"a{mark} b"{mark}x\nc, d; e{mark}y\n'.replace("c, d; e", "cde"))
    assert table.how.delimiter == mark
    assert cells(table) == [[f"a{mark} b", "cde"], ["x", "y"]]


def test_one_column_of_sentences_is_one_column(tmp_path):
    table = read(tmp_path, "text\nHello, world\nGood morning\nWell, yes, sir\nfine\n")
    assert table.columns == ("text",)
    assert table.how.delimiter is None
    assert table.column("text")[2] == "Well, yes, sir"


@pytest.mark.parametrize("tags", [("B-PER", "O"), ("NNP I-NP I-PER", "VBD O O")])
def test_words_with_tags_are_parted_by_blanks(tmp_path, tags):
    table = read(
        tmp_path, f"-DOCSTART- {' '.join(['O'] * len(tags[0].split()))}\n\n" + f"Ada {tags[0]}\ncame {tags[1]}\n\n" * 9
    )
    assert table.how.delimiter == " "
    assert table.column(table.columns[0])[-2:] == ["Ada", "came"]
    assert table.column(table.columns[-1])[-2:] == [tags[0].split()[-1], "O"]


@pytest.mark.parametrize("line", ["Ada came O", "plan B-52", "blood group O"])
def test_sentences_that_end_like_a_tag_are_sentences(tmp_path, line):
    assert read(tmp_path, f"text\n{line}\nIt rained all day\n" * 5).how.delimiter is None


def test_text_stays_text(tmp_path):
    table = read(tmp_path, "id,text\n007,NA\n1e5,None\n,null\n1.50,TRUE\n")
    assert cells(table) == [["007", "1e5", "", "1.50"], ["NA", "None", "null", "TRUE"]]


def test_row_numbers_count_as_a_spreadsheet_does(tmp_path):
    table = read(tmp_path, 'text,label\n"two\nlines",a\n\n , \nb,c\n')
    assert table.row_numbers.tolist() == [2, 5]
    assert table.where(1, "label") == 'row 5, column "label"'
    assert "2 blank rows are left out." in table.how.oddities


def test_ragged_rows_are_kept_and_said(tmp_path):
    table = read(tmp_path, "text,label\na,b\nc\nd,e,more\nf,g\nh,i\n")
    assert table.columns == ("text", "label", "column 3")
    assert table.column("label")[1] == ""
    assert table.column("column 3") == ["", "", "more", "", ""]
    said = " ".join(table.how.oddities)
    assert "row 3" in said
    assert "row 4" in said


def test_a_delimiter_after_every_row_adds_no_column(tmp_path):
    table = read(tmp_path, "text,label\na,b,\nc,d,\n")
    assert table.columns == ("text", "label")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path, end):
    assert cells(read(tmp_path, end.join(["text,label", "a,b", "c,d"]))) == [["a", "c"], ["b", "d"]]


def test_an_open_quote_spoils_its_own_row_only(tmp_path):
    table = read(tmp_path, 'text,label\nok,a\n"open,b\n"x,y",c\nend,d\n' + "more,e\n" * 9)
    assert table.column("text")[:4] == ["ok", "open,b", "x,y", "end"]
    assert any(said.startswith("Row 3: a quotation mark is opened and never closed") for said in table.how.oddities)


def test_single_quotation_marks_are_characters(tmp_path):
    table = read(tmp_path, 'text\tlabel\n"open\tb\nmore\tc\n', "a.tsv")
    assert table.column("text") == ['"open', "more"]
    assert table.how.oddities


def test_backslash_escapes(tmp_path):
    table = read(tmp_path, 'text,label\n"say \\"hi, you\\"",a\n"b, c",d\n"e",f\n')
    assert cells(table) == [['say "hi, you"', "b, c", "e"], ["a", "d", "f"]]


def test_backslashes_stay_where_they_are_no_escape(tmp_path):
    assert read(tmp_path, "path,label\nC:\\new,a\nD:\\x,b\n").column("path") == ["C:\\new", "D:\\x"]


def test_separator_line_of_excel(tmp_path):
    table = read(tmp_path, "sep=;\ntext;label\na,a;b\n")
    assert table.columns == ("text", "label")
    assert table.row_numbers.tolist() == [3]


def test_delimiter_by_hand(tmp_path):
    assert read(tmp_path, "a:b\n1:2\n", delimiter=":").columns == ("a", "b")
    for wrong in ("abcdef", '"', ""):
        with pytest.raises(TlcoreError, match="cannot separate"):
            read(tmp_path, "a:b\n1:2\n", delimiter=wrong)


def test_too_many_rows_stops_early(tmp_path):
    with pytest.raises(TlcoreError, match="more than 10 rows"):
        read(tmp_path, "text\n" + "a\n" * 5_000, limits=Limits(max_rows=10))


def test_ten_thousand_rows_are_quick(tmp_path):
    data = "text,label\n" + "".join(
        f'"Row {i}, a sentence of usual length, number {i}",l{i % 7}\n' for i in range(10_000)
    )
    read(tmp_path, "text\na\n")
    start = time.perf_counter()
    assert read(tmp_path, data).rows == 10_000
    assert time.perf_counter() - start < 1.5  # 0.03 s on a free machine
