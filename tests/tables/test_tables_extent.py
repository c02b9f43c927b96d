"""Notes, totals and further tables under a table are told from rows of it."""

import pytest

from tlcore.tables.extent import Typical, find_end, is_repeated_header

NAMES = ["id", "text", "label", "score"]
ROWS = [[str(i), f"text {i}", "ab"[i % 2], f"{i}.5"] for i in range(1, 13)]


def end_of(rows, names=NAMES):
    return find_end(rows, 2, Typical.of(names, rows))


@pytest.mark.parametrize(
    ("under", "kept"),
    [
        ([], 0),
        ([[], ["Source: me"]], 1),
        ([["* only a few"]], 0),
        ([["Some", "", "", ""], ["", "more", "", ""], ["", "", "notes", ""]], 0),
        ([["13", "not judged yet", "", ""]], 1),
        ([["13", "not judged yet"], ["14", "nor this"]], 2),
        ([["Note that", "this row", "is full", "1"]], 1),
    ],
)
def test_notes(under, kept):
    end = end_of([*ROWS, *under])
    assert end.stop == len(ROWS) + kept
    assert bool(end.said) == (kept < len(under))


def test_a_thin_table_has_no_notes():
    rows = [["1", "a", "", ""], ["", "", "", "2"], ["", "b", "", ""], ["3", "", "", ""]] * 5
    assert end_of(rows).stop == len(rows)


def test_a_full_total_is_kept_and_said():
    end = end_of([*ROWS, ["Total", "all", "12", "99"]])
    assert end.stop == len(ROWS) + 1
    assert 'Row 14 looks like a total ("Total")' in end.said[0]


@pytest.mark.parametrize(
    "under",
    [
        [["id", "text", "label", "score", "extra"], ["1", "a", "b", "2", "c"]],
        [[], ["Customers"], ["name", "town", "age", "size", "more"], ["Ann", "Rome", "x", "y", "z"]],
        [[], ["who", "where", "what", "why"], ["Ann", "Rome", "x", "y"]],
    ],
)
def test_another_table(under):
    end = end_of([*ROWS, *under])
    assert end.stop == len(ROWS) + (not under[0])
    assert "Another table begins" in end.said[0]


def test_a_gap_is_no_other_table():
    rows = [*ROWS[:6], [], *ROWS[6:]]
    assert end_of(rows).stop == len(rows)
    words = [["good day", "a"], ["bad day", "b"], [], ["fine day", "a"], ["no", "b"]]
    assert end_of(words, ["text", "label"]).stop == len(words)


def test_names_again():
    typical = Typical.of(NAMES, ROWS)
    assert is_repeated_header(["ID", "text", " label", "score"], typical)
    assert not is_repeated_header(ROWS[0], typical)
    assert not is_repeated_header(["text"], Typical.of(["text"], [["a"]]))
