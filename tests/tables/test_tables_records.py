"""A quotation mark that is never closed costs its own line only, and looking for its end costs no more than the file."""

import io
import time

import pytest

from tlcore.tables.dialect import Dialect
from tlcore.tables.records import MOST_LINES, Repairs, read_records


def records(text, dialect=Dialect(",")):  # noqa: B008  # frozen
    repairs = Repairs()
    return list(read_records(io.StringIO(text, newline=""), dialect, repairs)), repairs.rows


@pytest.mark.parametrize(
    ("text", "rows", "repaired"),
    [
        ('a,"b\nc",d\n', [["a", "b\nc", "d"]], []),
        ('a,"b\nc,d\n', [["a", "b"], ["c", "d"]], [1]),
        ('x,y\na,"b\n"c","d"\n', [["x", "y"], ["a", "b"], ["c", "d"]], [2]),
        ('"a" ,b\nc,d\n', [["a ", "b"], ["c", "d"]], []),
        ('5" pipe,b\n', [['5" pipe', "b"]], []),
        ('"say ""hi""",b\n', [['say "hi"', "b"]], []),
        ("a,b\n\nc\n", [["a", "b"], [], ["c"]], []),
    ],
)
def test_records(text, rows, repaired):
    assert records(text) == (rows, repaired)


@pytest.mark.parametrize(
    ("dialect", "text", "row"),
    [
        (Dialect("||"), "a|b||c\n", ["a|b", "c"]),
        (Dialect("||"), '"a||b"||c\n', ["a||b", "c"]),
        (Dialect("  "), "  a b   c\t\td  \n", ["a b", "c", "d"]),
        (Dialect(",", padded=True), 'a , "b, c" , d\n', ["a", "b, c", "d"]),
        (Dialect(",", "\\"), "a\\, b,c\n", ["a, b", "c"]),
        (Dialect(",", quote="'"), "'a, b','it''s'\n", ["a, b", "it's"]),
        (Dialect(None), "a,b;c\n", ["a,b;c"]),
    ],
)
def test_dialects(dialect, text, row):
    assert records(text, dialect)[0] == [row]


def test_a_very_long_cell_is_given_up(tmp_path):
    rows, repaired = records('a,"open\n' + "b,c\n" * (MOST_LINES + 5))
    assert len(rows) == MOST_LINES + 6
    assert repaired == [1]


def test_many_open_quotes_are_quick():
    start = time.perf_counter()
    for line in ('"a\n', '"a ""\n', 'x,"\n'):
        records(line * 20_000)
    assert time.perf_counter() - start < 5
