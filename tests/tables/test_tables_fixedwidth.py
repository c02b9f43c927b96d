"""Columns lined up with blanks: by the line drawn under their names, or by the gaps that run through all rows."""

import pytest

from tlcore.tables import read_table
from tlcore.tables.fixedwidth import cut, lined_up_starts, ruled_starts

ROWS = [
    ("1001", "The printer does not start", "hardware", "12.50"),
    ("1002", "I can't log in, it says no", "account", "7.00"),
    ("1003", "", "purchase", "103.25"),
    ("1004", "Screen flickers; help", "", "9.99"),
]
NAMES = ("nr", "message", "topic", "cost")
WIDTHS = (6, 30, 12, 8)


def lines(rows, gap=0):
    return ["".join(f"{c:<{w + gap}}" for c, w in zip(r[:3], WIDTHS, strict=False)) + f"{r[3]:>8}" for r in rows]


def read(folder, text):
    (folder / "a.txt").write_text(text)
    return read_table(folder / "a.txt")


def cells(table):
    return [tuple(row) for row in zip(*(table.column(name) for name in table.columns), strict=True)]


def test_a_line_drawn_under_the_names(tmp_path):
    rule = " ".join("-" * (w - 1) for w in WIDTHS[:3]) + " " + "-" * 8
    head, *body = lines([NAMES, *ROWS])
    table = read(tmp_path, "\n".join([head, rule, *body, "", "4 rows selected.", ""]))
    assert table.columns == NAMES
    assert cells(table) == ROWS
    assert (table.how.header_row, table.how.rows_below) == (1, (8,))
    assert table.row_numbers.tolist() == [3, 4, 5, 6]


def test_gaps_through_all_rows(tmp_path):
    table = read(tmp_path, "\n".join(lines([NAMES, *ROWS], gap=2)) + "\n")
    assert table.columns == NAMES
    assert cells(table) == ROWS
    assert any("begin at the characters" in said for said in table.how.oddities)


def test_titles_page_numbers_and_names_of_a_printed_report(tmp_path):
    pages = []
    for page in (1, 2, 3):
        title = f"TICKETS OF THE SPRING QUARTER          Page {page}"
        pages += [title, "", *lines([NAMES], gap=2), *lines([ROWS[0], ROWS[1]] * 5, gap=2), "\f"]
    table = read(tmp_path, "\n".join(pages) + "\n")
    assert table.columns == NAMES
    assert cells(table) == [ROWS[0], ROWS[1]] * 15
    said = " ".join(table.how.oddities)
    assert "repeats a title" in said
    assert "2 times more" in said


@pytest.mark.parametrize(
    "text",
    [
        "A long first line of a poem\nthat goes on    with gaps\nand ends    here\nor      there\n",
        "one\ntwo\nthree\nfour\n",
        "a\n\n",
        "",
    ],
)
def test_texts_are_not_cut(text):
    assert lined_up_starts(text) == ()
    assert ruled_starts(text) == ()


def test_cut():
    assert cut("ab  cd", (0, 4), 2) == ["ab", "cd"]
    assert cut("ab", (0, 4), 2) == ["ab", ""]
    assert cut("a note over", (0, 4), 2) == ["a note over"]
    assert cut("abc cd", (0, 4), 1) == ["abc", "cd"]
