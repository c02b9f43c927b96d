"""tlcore.splits.by_date: the newest rows are the test, whole days, and no class is lost without a word."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from made_texts import texts

from tlcore.errors import TlcoreError
from tlcore.splits import DATE, TEST, TRAIN, VALIDATION, Split, SplitRows, SplitWish, make_split


def days(count: int, each: int = 1) -> list[str]:
    return [(date(2024, 1, 1) + timedelta(days=i // each)).isoformat() for i in range(count)]


def split(cells: list[str], labels: list[str], words: list[str] | None = None, wish: SplitWish | None = None) -> Split:
    rows = SplitRows(words or texts(len(cells)), labels, range(2, len(cells) + 2), cells)
    return make_split(rows, 0, False, None, wish or SplitWish(date="received"))


def test_the_newest_fifth_is_the_test_and_the_newest_of_the_rest_steers() -> None:
    found = split(days(100), ["a", "b"] * 50)
    assert found.how == DATE
    assert found.sides == [TRAIN] * 68 + [VALIDATION] * 12 + [TEST] * 20


def test_the_order_of_the_rows_in_the_file_does_not_matter() -> None:
    cells = days(100)[::-1]
    assert split(cells, ["a", "b"] * 50).sides == [TEST] * 20 + [VALIDATION] * 12 + [TRAIN] * 68


def test_a_day_is_never_cut() -> None:
    cells = days(100, each=15)
    sides = split(cells, ["a", "b"] * 50).sides
    assert all(len({side for cell, side in zip(cells, sides, strict=True) if cell == day}) == 1 for day in set(cells))
    assert sides.count(TEST) == 25


def test_a_text_that_was_seen_before_is_no_test() -> None:
    words = texts(100)
    words[99] = words[3].upper()
    sides = split(days(100), ["a", "b"] * 50, words).sides
    assert (sides[3], sides[99], sides[98]) == (TRAIN, TRAIN, TEST)


def test_rows_without_a_date_are_learned_from_and_named() -> None:
    cells = days(100)
    cells[5], cells[99] = "soon", ""
    found = split(cells, ["a", "b"] * 50)
    assert (found.sides[5], found.sides[99]) == (TRAIN, TRAIN)
    assert any("2 rows have no date in “received”" in note and "rows 7, 101" in note for note in found.notes)


def test_a_class_of_the_newest_rows_only_is_refused_with_its_rows() -> None:
    labels = ["a", "b"] * 48 + ["new"] * 4
    with pytest.raises(TlcoreError, match="“new”") as caught:
        split(days(100), labels)
    assert "rows 98, 99, 100, 101" in caught.value.where
    assert "Leave those labels out" in caught.value.fix


def test_a_class_that_ends_among_the_rows_to_steer_by_is_still_learned() -> None:
    labels = ["a", "b"] * 50
    labels[70:72] = ["rare", "rare"]
    sides = split(days(100), labels).sides
    assert sides[70:72] == [TRAIN, TRAIN]


def test_one_date_for_all_is_refused() -> None:
    with pytest.raises(TlcoreError, match="same date"):
        split(["2024-01-01"] * 40, ["a", "b"] * 20)


def test_the_wished_interval_decides_how_many_of_the_newest() -> None:
    wish = SplitWish(date="received", points=10)
    sides = Counter(split(days(300), ["a", "b"] * 150, wish=wish).sides)
    assert 49 <= sides[TEST] <= 51


def test_a_group_and_a_date_at_once_are_refused() -> None:
    with pytest.raises(TlcoreError, match="not by both"):
        split(days(40), ["a", "b"] * 20, wish=SplitWish(group="x", date="received"))
