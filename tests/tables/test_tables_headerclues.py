"""Comments above the column names, and row numbers in a column without one."""

import pytest

from tlcore.tables import read_table
from tlcore.tables.headerclues import comment_rows, lacks_first_name


def read(folder, text):
    (folder / "a.csv").write_text(text)
    return read_table(folder / "a.csv")


def test_comments_with_commas_above(tmp_path):
    table = read(tmp_path, "# made by a tool\n# columns: text, label\ntext,label\ngood,pos\nbad,neg\nso,neg\n")
    assert table.columns == ("text", "label")
    assert (table.how.header_row, table.how.rows_above, table.rows) == (3, (1, 2), 3)


@pytest.mark.parametrize("mark", ["#", "# "])
def test_names_behind_the_mark(tmp_path, mark):
    table = read(tmp_path, f"{mark}id,text,label\n1,good,pos\n2,bad,neg\n3,so,neg\n")
    assert (table.how.header_row, table.rows) == (1, 3)
    assert table.column("text") == ["good", "bad", "so"]


def test_hashtags_are_no_comments():
    assert comment_rows([["#love this phone"], ["#fail"], ["fine"]], [0, 1, 2]) == 0


def test_row_numbers_without_a_name(tmp_path):
    body = "".join(f'"{i}" "text number {i}" "{"pos" if i % 2 else "neg"}"\n' for i in range(1, 6))
    table = read(tmp_path, '"text" "label"\n' + body)
    assert table.columns == ("column 1", "text", "label")
    assert table.column("text")[0] == "text number 1"
    assert any("counts the rows" in said for said in table.how.oddities)


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (["id", "text"], [["1", "a", "b"], ["2", "c", "d"]]),  # the numbers have their name; another one is missing
        (["text", "label"], [["1", "a", ""], ["2", "c", ""]]),  # a separator at the end of each row
        (["text", "label"], [["1", "a", "b"], ["3", "c", "d"]]),
        (["text", "label"], [["a", "b", "c"], ["d", "e", "f"]]),
        (["text", "label"], [["1", "a"], ["2", "c"]]),
    ],
)
def test_not_where_it_is_not_sure(names, rows):
    assert not lacks_first_name(names, rows)
