"""tlcore.checks.base: walking over the rows, repeats, and how figures and labels are said."""

from collections.abc import Callable
from typing import Any

import pytest

from tlcore.checks import base
from tlcore.checks.base import counted, find_repeats, leave_out, names, own_rows, percent, quoted, used_rows
from tlcore.datasets import Dataset

TEXTS = [f"this is text {i}" for i in range(24)]


@pytest.fixture
def dataset(classify: Callable[..., Dataset], make_table: Callable[..., Any]) -> Dataset:
    """Row 5 has no text, row 6 no label, rows 24 and 25 are left out; three more lie in a test file."""
    texts, labels = [*TEXTS], [*["a", "b"] * 11, "c", "c"]
    texts[3], labels[4] = "", ""
    test = make_table("test.csv", text=["one", "two", "three"], label=["a", "b", "a"])
    return classify(texts, labels, test=test, leave_out=("c",))


def test_used_rows_are_those_of_the_file_that_are_not_left_out_in_its_order(dataset: Dataset) -> None:
    rows = [2, 3, 4, *range(6, 24)]
    assert list(used_rows(dataset, "row", "text", "label")) == [
        (row, TEXTS[row - 2], None if row == 6 else "ab"[row % 2]) for row in rows
    ]
    assert [row for row, _ in own_rows(dataset, "row", "why")] == list(range(2, 26))
    assert [why for _, why in own_rows(dataset, "row", "why")][3] == "no text"


@pytest.mark.parametrize("at_once", [1, 7, 1_000])
def test_a_place_says_where_a_row_lies_however_many_are_read_at_a_time(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(base, "CELLS_AT_ONCE", at_once)
    texts = dataset.rows["text"][:]
    found = list(used_rows(dataset, base.PLACE, "text"))
    assert len(found) == 21
    assert all(texts[place] == text for place, text in found)


def test_a_label_is_one_string_however_often_it_comes(dataset: Dataset) -> None:
    assert len({id(label) for (label,) in used_rows(dataset, "label") if label is not None}) == 2


def test_a_repeat_is_spare_unless_it_brings_another_label() -> None:
    repeats = find_repeats([7, 3, 7, 3, 7, 9], [12, 13, 14, 15, 16, 17], ["a", "b", "a", "a", None, "a"])
    assert repeats.twins == {14: 12, 15: 13, 16: 12}
    assert repeats.spare == (14, 16)
    assert repeats.fixes()[0].title == "Leave out 2 repeated rows"
    assert find_repeats([], [], []).fixes() == ()


@pytest.mark.parametrize(
    ("share", "said"),
    [(1, "100 %"), (0.9999, "99 %"), (0.574, "57 %"), (0.01, "1 %"), (0.009, "under 1 %")],
)
def test_a_share_is_never_said_to_be_all_or_nothing_where_it_is_not(share: float, said: str) -> None:
    assert percent(share) == said


def test_one_is_said_as_one() -> None:
    assert counted(1, "text is", "texts are") == "1 text is"
    assert counted(1204, "text is", "texts are") == "1,204 texts are"
    assert leave_out((4,)).title == "Leave out this row"
    assert leave_out((4, 5)).title == "Leave out these 2 rows"


def test_labels_are_quoted_on_one_line_and_cut_where_they_are_long() -> None:
    assert quoted(" a\n label ") == "“a label”"
    assert quoted("x" * 40) == f"“{'x' * 40}”"
    assert quoted("x" * 41) == f"“{'x' * 40}…”"
    assert names(list("abcdefg")) == "“a”, “b”, “c”, “d”, “e” and 2 more"
