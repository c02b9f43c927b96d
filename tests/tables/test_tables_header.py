"""Names or data in the first row, titles above it, and names made unique."""

import pytest

from tlcore.errors import TlcoreError
from tlcore.tables.grid import unique_names
from tlcore.tables.header import find_header, looks_like_data

SENTIMENT = [["great", "positive"], ["poor", "negative"], ["fine", "positive"], ["bad", "negative"]] * 2


@pytest.mark.parametrize(
    ("first", "others"),
    [
        (["A-1", "2024-01-05"], [["A-2", "2024-01-06"], ["A-3", "2024-02-06"]]),
        (["a", "3.5"], [["b", "4"], ["c", "1,000"]]),
        (["I love it", "positive"], SENTIMENT),
    ],
)
def test_data_in_the_first_row(first, others):
    assert looks_like_data(first, others)


@pytest.mark.parametrize(
    ("first", "others"),
    [
        (["text", "label"], SENTIMENT),
        (["country", "2001", "2002"], [["A", "1", "2"], ["B", "3", "4"]]),
        (["text", "positive"], SENTIMENT),
        (["Hans", "Maier"], [["Eva", "Kurz"]]),
        (["", "Value"], [["1", "2"], ["3", "4"]]),
    ],
)
def test_names_in_the_first_row(first, others):
    assert not looks_like_data(first, others)


def test_title_and_blank_rows_above():
    rows = [["A report", "", ""], [], ["text", "label", "id"], ["a", "b", "c"], ["d", "e", "f"]]
    header, said = find_header(rows, None, "a.csv")
    assert header == 3
    assert said == ["1 row above the column names left out: a title or a note."]


def test_by_hand():
    rows = [["x", "y"], ["text", "label"], [""], ["a", "b"]]
    assert find_header(rows, 2, "a.csv")[0] == 2
    assert find_header(rows, 0, "a.csv") == (0, [])
    for wrong in (-1, 5, 3):
        with pytest.raises(TlcoreError, match=f"Row {wrong} "):
            find_header(rows, wrong, "a.csv")


def test_unique_names():
    names, said = unique_names(["a", "", "a", " a (2) ", "a\nb"], [1, 2, 3, 4, 5])
    assert names == ["a", "column 2", "a (3)", "a (2)", "a b"]
    assert said[0] == 'Column 2 had no name; it is called "column 2" here.'
    assert len(said) == 2


def test_blank_name_beside_the_name_it_would_get():
    assert unique_names(["", "column 1", "column 1"], [1, 2, 3])[0] == ["column 1 (2)", "column 1", "column 1 (3)"]
