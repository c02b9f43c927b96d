"""Which rows hold the column names: below titles and notes, in two rows, with tags under them, or nowhere."""

import pytest

from tlcore.errors import TlcoreError
from tlcore.tables.header import find_header
from tlcore.tables.wishes import Wishes


def test_title_and_blank_rows_above():
    rows = [["A report", "", ""], [], ["text", "label", "id"], ["a", "b", "c"], ["d", "e", "f"]]
    header = find_header(rows, Wishes(), "a.csv")
    assert (header.row, header.rows, header.start, header.above) == (3, 1, 3, (1,))
    assert header.said == ("1 row above the table is left out: a title or notes.",)


def test_by_hand():
    rows = [["x", "y"], ["text", "label"], [""], ["a", "b"]]
    assert find_header(rows, Wishes(header_row=2), "a.csv").row == 2
    assert find_header(rows, Wishes(header_row=0), "a.csv").row == 0
    for wrong in (-1, 5, 3):
        with pytest.raises(TlcoreError, match=f"Row {wrong} "):
            find_header(rows, Wishes(header_row=wrong), "a.csv")


NUMBERS = [["a", "1", "2"], ["b", "3", "4"], ["c", "5", "6"], ["d", "7", "8"]]


@pytest.mark.parametrize(
    ("above", "row", "count", "names"),
    [
        ([["name", "x", "y"], ["(text)", "(cm)", "(kg)"]], 1, 2, ("name (text)", "x (cm)", "y (kg)")),
        (
            [["name", "length", "weight"], ["full", "in cm", "in kg"]],
            1,
            2,
            ("name full", "length in cm", "weight in kg"),
        ),
        ([["name", "x", "y"], ["#name", "#x+cm", "#y+kg"]], 1, 1, ("name", "x", "y")),
        ([["name", "Size", ""], ["", "x", "y"]], 1, 2, ("name", "Size x", "Size y")),
        ([["name", "x", "y"], ["n/a", "n/a", "n/a"]], 1, 1, ("name", "x", "y")),
        ([["name", "x", "y"], ["same", "same", "same"]], 1, 1, ("name", "x", "y")),
        ([["Lots", "", ""], ["of", "notes", ""], ["name", "x", "y"]], 3, 1, ("name", "x", "y")),
        ([["", "x", "y"]], 1, 1, ("", "x", "y")),
    ],
)
def test_rows_of_names(above, row, count, names):
    header = find_header([*above, *NUMBERS], Wishes(), "a.csv")
    assert (header.row, header.rows, header.names) == (row, count, names)


def test_merged_cells_over_groups_of_columns():
    rows = [
        ["Person", "", "Answer", ""],
        ["name", "age", "first", "second"],
        ["Ann", "3", "x", "y"],
        ["Bob", "4", "y", "z"],
    ]
    assert find_header(rows, Wishes(), "a.xlsx").row == 2
    header = find_header(rows, Wishes(), "a.xlsx", frozenset([1]))
    assert header.names == ("Person name", "Person age", "Answer first", "Answer second")
