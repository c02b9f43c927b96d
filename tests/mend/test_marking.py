"""tlcore.mend.marking: a text word by word, marks put on and taken off, and what was marked as one step that can be undone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from tlcore.datasets import make_dataset
from tlcore.mend import marking
from tlcore.mend.marking import KIND, NEW, MarkRow
from tlcore.tables import Table
from tlcore.tasks.marks import spans_in, target_of
from tlcore.tasks.ner import Ner

TEXT = "Ada Lovelace met Charles Babbage in Stratford-upon-Avon."
TASK = Ner()


def named(text: str, spans: Sequence[tuple[int, int, str]]) -> list[tuple[str, str]]:
    return [(text[begin:end], label) for begin, end, label in spans]


def edit(spans: Sequence[tuple[int, int, str]], **cells: dict[str, object]) -> list[tuple[str, str]]:
    """What is marked after some words of TEXT, named by themselves, were edited."""
    words = marking.words_of(TEXT, spans)
    place = {TEXT[word.begin : word.end]: i for i, word in enumerate(words)}
    return named(TEXT, marking.spans_from(marking.set_words(words, {place[word]: one for word, one in cells.items()})))


def test_words_go_out_and_come_back_as_they_were() -> None:
    spans = [(0, 12, "PERSON"), (17, 32, "PERSON"), (36, 55, "PLACE")]
    assert marking.spans_from(marking.words_of(TEXT, spans)) == spans


def test_words_side_by_side_of_one_kind_are_one_name() -> None:
    assert edit([], Charles={KIND: "PERSON"}, Babbage={KIND: "PERSON"}) == [("Charles Babbage", "PERSON")]
    assert edit([(17, 32, "PERSON")], Babbage={KIND: ""}) == [("Charles", "PERSON")]
    assert edit([(17, 32, "PERSON")], Babbage={KIND: None}) == [("Charles", "PERSON")]
    assert edit([(17, 32, "PERSON")], met={KIND: "PERSON"}) == [("met Charles Babbage", "PERSON")]


def test_two_names_of_one_kind_side_by_side_stay_two() -> None:
    spans = [(17, 24, "PERSON"), (25, 32, "PERSON")]
    words = marking.words_of(TEXT, spans)
    assert [TEXT[word.begin : word.end] for word in words if word.new] == ["Babbage"]
    assert marking.spans_from(words) == spans
    assert edit(spans, Babbage={NEW: False}) == [("Charles Babbage", "PERSON")]
    assert edit([(17, 32, "PERSON")], Babbage={NEW: True}) == named(TEXT, spans)
    assert edit([], Babbage={NEW: True}) == [], "a word of no name begins none"


def test_a_mark_inside_a_word_has_the_whole_word() -> None:
    assert edit([(18, 20, "X")]) == [("Charles", "X")]


def test_words_are_marked_wherever_they_stand_and_make_room() -> None:
    text = "Vessby to Quarrow, Vessby  Port, Vessbyville, vessby"
    found, places = marking.mark_all(text, [(0, 17, "WAY")], "Vessby", "PLACE")
    assert places == 2
    assert found == [(0, 6, "PLACE"), (19, 25, "PLACE")]
    assert marking.mark_all(text, [], "Vessby Port", "PLACE") == ([(19, 31, "PLACE")], 1)
    assert marking.mark_all(text, found, "Vessby", "") == ([], 2)
    assert marking.mark_all(text, found, " ", "PLACE") == (found, 0)
    assert marking.mark_all("C++ (new)", [], "C++", "TOOL") == ([(0, 3, "TOOL")], 1)


def test_rows_come_from_a_file_in_which_nothing_is_marked(make_table: Callable[..., Table]) -> None:
    rows = marking.rows_to_mark(make_table(text=["Ada came", "", "Bob left"]), TASK, {"text": ("text",)}, [])
    assert [(row.row, row.text, row.target) for row in rows] == [(2, "Ada came", None), (4, "Bob left", None)]
    assert marking.found_rows(rows, unmarked=True) == [2, 4]
    assert marking.found_rows(rows, "bob") == [4] == marking.found_rows(rows, "4")


def test_what_is_marked_is_one_step_and_becomes_the_labels(make_table: Callable[..., Table]) -> None:
    texts = [
        f"Ada came to Oslo {word} times"
        for word in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]
    ]
    table, roles = make_table(text=texts), {"text": ("text",)}
    mends = []
    for place in range(len(texts)):
        row = marking.rows_to_mark(table, TASK, roles, mends)[place]
        assert row.target is None
        mends = marking.with_marks(mends, row, [(0, 3, "PERSON"), (12, 16, "PLACE")])
    (mend,) = mends
    assert mend.rows == len(texts)
    assert mend.title == "Names marked by hand: rows 2, 3, 4 and 8 more"
    dataset = make_dataset(table, TASK, roles, mends=mends)
    assert dataset.labels == ("PERSON", "PLACE")
    assert all(named(text, spans_in(label)) == [("Ada", "PERSON"), ("Oslo", "PLACE")] for text, label in zip(dataset.rows["text"], dataset.rows["label"], strict=True))  # fmt: skip
    assert not dataset.outcomes[0].unfit


def test_marking_again_keeps_what_the_file_held_as_before_and_going_back_leaves_no_step(
    make_table: Callable[..., Table],
) -> None:
    cell = json.dumps([{"start": 0, "end": 3, "label": "PERSON"}])
    table, roles = (
        make_table(text=["Ada came", "Bob left"], marks=[cell, ""]),
        {"text": ("text",), "entities": ("marks",)},
    )
    row = marking.rows_to_mark(table, TASK, roles, [])[0]
    assert marking.with_marks([], row, row.spans) == []
    once = marking.with_marks([], row, [(0, 8, "EVENT")])
    again = marking.rows_to_mark(table, TASK, roles, once)[0]
    assert again.spans == [(0, 8, "EVENT")]
    twice = marking.with_marks(once, again, [])
    assert [(one.before, one.after) for one in twice[0].changes] == [(target_of([(0, 3, "PERSON")]), "[]")]
    last = marking.rows_to_mark(table, TASK, roles, twice)[0]
    assert marking.with_marks(twice, last, [(0, 3, "PERSON")]) == []


def test_another_step_in_between_begins_a_new_one() -> None:
    row = MarkRow(2, "k", "Ada came", None)
    (first,) = marking.with_marks([], row, [])
    other = marking.Mend("mend-x", "leave_out", "Left out", (), "duplicates")
    after = marking.with_marks([first, other], MarkRow(3, "l", "Bob left", None), [(0, 3, "PERSON")])
    assert [one.check for one in after] == ["marked", "duplicates", "marked"]


@pytest.mark.parametrize("words", ["person", "nobody here"])
def test_kinds_are_found_too(words: str) -> None:
    rows = [MarkRow(2, "k", "Ada came", target_of([(0, 3, "PERSON")])), MarkRow(3, "l", "It rains", "[]")]
    assert marking.kinds_in(rows) == ["PERSON"]
    assert marking.found_rows(rows, words) == ([2] if words == "person" else [])
