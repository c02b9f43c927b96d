"""tlcore.mend.apply: rows are found again however the file moved, later mends see earlier ones, and what no longer fits is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlcore.checks import Fix
from tlcore.datasets import Dataset, load_dataset
from tlcore.errors import TlcoreError
from tlcore.mend import LABEL, TEXT, Change, Mend, make_mend, mend_from_grid
from tlcore.mend.apply import apply_mends
from tlcore.mend.base import load_mends, save_mends
from tlcore.rows import row_key
from tlcore.splits import LEFT_OUT, TEST, TRAIN
from tlcore.tables import Table

Pairs = list[tuple[str, str]]
Redo = Callable[..., Dataset]


def held(data: Dataset, number: int) -> tuple[str, str | None, str, str]:
    """text, label, split, mended of a row of the file, by its number."""
    row = data.rows[data.rows["row"][:].index(number)]
    return row["text"], row["label"], row["split"], row["mended"]


def test_what_was_mended_is_learned_from_and_what_was_stays_visible(redo: Redo, rows: Pairs, tmp_path: Path) -> None:
    data = redo(rows)
    relabel = make_mend(data, Fix("relabel", "Take the label", rows=(3,), values=("good",)))
    data = redo(rows, mends=[relabel])
    retext = make_mend(data, Fix("retext", "Mend the text", rows=(3, 4), values=("Mended", "Mended too")))
    out = make_mend(data, Fix("leave_out", "Leave out", rows=(5,)))
    data = redo(rows, mends=[relabel, retext, out])
    assert held(data, 3)[:2] == ("Mended", "good")
    assert held(data, 3)[3] == "Take the label; Mend the text"
    row = data.rows[1]
    assert (row["was_text"], row["was_label"]) == (rows[1][0], "bad")
    assert (data.rows[2]["was_text"], data.rows[2]["was_label"]) == (rows[2][0], None)
    assert held(data, 5) == (rows[3][0], "bad", LEFT_OUT, "Leave out")
    assert any("1 row is left out: left out by you (row 5)" in note for note in data.warnings)
    data.save(tmp_path / "dataset")
    found = load_dataset(tmp_path / "dataset")
    assert (found.mends, found.outcomes) == (data.mends, data.outcomes)
    assert found.rows.to_dict() == data.rows.to_dict()
    assert [outcome.rows for outcome in found.outcomes] == [1, 2, 1]


def test_labels_are_mended_before_they_are_judged(redo: Redo, rows: Pairs) -> None:
    rows = [(text, f"{label} " if i % 2 else label) for i, (text, label) in enumerate(rows)]
    rows[0], rows[2] = (rows[0][0], "Baad"), (rows[2][0], "BAD")
    data = redo(rows)
    assert data.labels == ("BAD", "Baad", "bad", "good")
    assert any("Baad" in note for note in data.warnings)
    merged = make_mend(data, Fix("merge", "Merge", labels=("BAD", "Baad"), to="bad"))
    after = redo(rows, mends=[merged])
    assert after.labels == ("bad", "good")
    assert not any("Baad" in note for note in after.warnings)


def test_mending_everything_into_one_class_is_refused_in_words(redo: Redo, rows: Pairs) -> None:
    merged = make_mend(redo(rows), Fix("merge", "Merge", labels=("good",), to="bad"))
    with pytest.raises(TlcoreError, match="same label"):
        redo(rows, mends=[merged])


def test_a_row_that_moved_is_found_by_what_it_holds(redo: Redo, rows: Pairs) -> None:
    mend = make_mend(redo(rows), Fix("relabel", "Take", rows=(3, 10), values=("good", "good")))
    moved = [("A new row on top", "bad"), *rows[5:], *rows[:5]]
    data = redo(moved, mends=[mend])
    for text in (rows[1][0], rows[8][0]):
        assert data.rows["label"][data.rows["text"][:].index(text)] == "good"
    assert data.outcomes[0].rows == 2
    assert data.class_counts()["good"] == redo(moved).class_counts()["good"] + 2


def test_a_row_that_is_gone_or_another_now_is_said_and_nothing_else_is_touched(redo: Redo, rows: Pairs) -> None:
    mend = make_mend(redo(rows), Fix("relabel", "Take", rows=(3, 10, 12), values=("good",) * 3))
    del rows[1]
    rows[7] = (rows[7][0], "new in the file")  # was row 10
    data = redo(rows, mends=[mend])
    assert data.outcomes[0].missing == (3, 10)
    assert data.outcomes[0].rows == 1
    assert held(data, 9)[1] == "new in the file"
    assert any(
        "Take: 2 rows were not found any more (rows 3, 10 when this step was made)" in note for note in data.warnings
    )


def test_twins_are_told_apart_by_their_number(redo: Redo, rows: Pairs) -> None:
    rows += [("The same", "bad")] * 3  # rows 62 to 64
    mend = make_mend(redo(rows), Fix("leave_out", "Leave out the repeats", rows=(63, 64)))
    data = redo(rows, mends=[mend])
    assert [held(data, row)[2] == LEFT_OUT for row in (62, 63, 64)] == [False, True, True]


@pytest.mark.parametrize("before", [1, 2, 40])
def test_twins_that_moved_are_dealt_out_one_to_one(redo: Redo, rows: Pairs, before: int) -> None:
    twins = [("The same", "bad")] * 3
    mend = make_mend(redo([*rows, *twins]), Fix("leave_out", "Leave out the repeats", rows=(63, 64)))
    more = [(f"Another lamp, {i} of many, {THINGS[i % 3]}", "good") for i in range(before)]
    data = redo([*more, *rows, *twins], mends=[mend])
    left_out = [held(data, row + before)[2] == LEFT_OUT for row in (62, 63, 64)]
    assert sum(left_out) == 2
    assert before < 3 or left_out[0] is False
    assert data.outcomes[0].missing == ()
    fewer = redo([*rows[1:], *twins[:2]], mends=[mend])
    assert [held(fewer, row)[2] == LEFT_OUT for row in (61, 62)] == [True, True]


THINGS = ("of glass", "of wood", "of tin")


def test_later_mends_see_earlier_ones_and_undoing_in_the_middle_is_said_not_crashed(redo: Redo, rows: Pairs) -> None:
    first = make_mend(redo(rows), Fix("relabel", "First", rows=(3, 4), values=("good", "good")))
    second = make_mend(redo(rows, mends=[first]), Fix("merge", "Second", labels=("good",), to="fine"))
    third = mend_from_grid(redo(rows, mends=[first, second]), {3: {"label": "very fine"}, 9: {"label": "very fine"}})
    every = redo(rows, mends=[first, second, third])
    assert [held(every, row)[1] for row in (3, 4, 9)] == ["very fine", "fine", "very fine"]
    undone = redo(rows, mends=[first, third])
    assert [held(undone, row)[1] for row in (3, 4, 9)] == ["good", "good", "very fine"]
    assert undone.outcomes[1].unfit == (3,)
    assert any(f"{third.title}: 1 row was left alone (row 3)" in note for note in undone.warnings)
    assert redo(rows, mends=[]).rows.to_dict() == redo(rows).rows.to_dict()


def test_changed_back_is_as_in_the_file(redo: Redo, rows: Pairs) -> None:
    there = mend_from_grid(redo(rows), {3: {"label": "good", "use": "no"}})
    back = mend_from_grid(redo(rows, mends=[there]), {3: {"label": "bad", "use": "yes"}})
    data = redo(rows, mends=[there, back])
    assert held(data, 3)[:2] == (rows[1][0], "bad")
    assert data.rows["was_label"][1] is None
    assert data.rows["why"][1] == ""
    assert held(data, 3)[2] != LEFT_OUT


def test_rows_of_a_test_file_are_never_touched(redo: Redo, rows: Pairs, make_table: Callable[..., Table]) -> None:
    test = make_table("test.csv", text=[text for text, _ in rows[:20]], label=[label for _, label in rows[:20]])
    data = redo(rows, test=test)
    mend = make_mend(data, Fix("merge", "Merge", labels=("bad",), to="poor"))
    after = redo(rows, test=test, mends=[mend])
    assert after.targets(TEST) == data.targets(TEST)
    assert after.texts(TEST) == data.texts(TEST)
    assert set(after.part(TEST)["mended"][:]) == {""}
    assert "bad" not in after.labels


def test_a_class_that_is_left_out_by_its_name_stays_so_when_rows_join_it(redo: Redo, rows: Pairs) -> None:
    rows = [*rows, ("Something odd happened to my order", "odd")]
    mend = mend_from_grid(redo(rows, leave_out=("odd",)), {3: {"label": "odd"}})
    data = redo(rows, leave_out=("odd",), mends=[mend])
    assert [held(data, row)[2] for row in (3, 62)] == [LEFT_OUT, LEFT_OUT]


def test_a_mended_row_keeps_its_side_where_the_sides_are_known(redo: Redo, rows: Pairs) -> None:
    from tlcore.splits import SplitWish

    data = redo(rows)
    side = {number: held(data, number)[2] for number in range(2, 62)}
    mend = make_mend(data, Fix("retext", "Mend", rows=(4, 20), values=("Quite another text", "A text all new")))
    after = redo(rows, mends=[mend], split=SplitWish(previous=data.sides()))
    assert {number: held(after, number)[2] for number in range(2, 62)} == side
    assert after.kept == 60
    assert {TRAIN, TEST} < set(side.values())


def test_a_hundred_thousand_changes_are_applied_and_kept_in_two_seconds(tmp_path: Path) -> None:
    count = 100_000
    texts = [f"text {i}" for i in range(count)]
    keys = [row_key(text, "a") for text in texts]
    columns: dict[str, list[Any]] = {
        "row": list(range(3, count + 3)), "key": keys, "text": list(texts), "label": ["a"] * count, "why": [""] * count,
        "mended": [""] * count, "was_text": [None] * count, "was_label": [None] * count,
    }  # fmt: skip
    changes = [
        Change(i + 2, keys[i], LABEL if i % 2 else TEXT, "a" if i % 2 else texts[i], f"b {i}") for i in range(count)
    ]
    save_mends(tmp_path / "mends.json", [Mend("mend-1", "grid", "All", tuple(changes))])
    start = time.process_time()
    mends = load_mends(tmp_path / "mends.json")
    (outcome,) = apply_mends(columns, mends)  # every row has moved by one
    assert time.process_time() - start < 2
    assert outcome.rows == count
    assert columns["label"][1] == "b 1"
    assert columns["text"][2] == "b 2"
