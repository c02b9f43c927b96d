"""tlcore.tasks.score: cells become numbers as they are meant, what is none is said by row, what cannot be learned is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tlcore.checks import check_dataset
from tlcore.datasets import TEST, TRAIN, VALIDATION, Dataset, make_dataset
from tlcore.errors import TlcoreError
from tlcore.facts import measure_facts
from tlcore.tables import Table
from tlcore.tasks import guess_task
from tlcore.tasks.score import Score, as_number, find_decimal

TASK = Score()


def made(make_table: Callable[..., Table], numbers: Sequence[str]) -> Dataset:
    texts = [
        f"{'abcdefghijklmnopqrstuvwxyz'[i % 26] * 4} and {'abcdefghij'[i // 26] * 6} came" for i in range(len(numbers))
    ]
    return make_dataset(make_table(text=texts, stars=numbers), TASK, {"text": ("text",), "label": ("stars",)})


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        (["1.5", "2"], "."), (["1,5", "2"], ","), (["0,125", "2"], ","), (["1,200", "3,400"], "."), (["1,234.5"], "."),
        (["1.234,5"], ","), (["1.234.567", "2"], ","), (["12", "x, y"], "."), ([], "."),
    ],
)  # fmt: skip
def test_the_column_shows_what_stands_before_the_decimals(cells: list[str], decimal: str) -> None:
    assert find_decimal(cells) == decimal


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("4", ".", 4.0), ("-2.5", ".", -2.5), ("2,5", ",", 2.5), ("1,200", ".", 1200.0), ("1.200,5", ",", 1200.5),
        ("85 %", ".", 85.0), ("1 200", ".", 1200.0), ("−3", ".", -3.0), ("", ".", None), ("n/a", ".", None),
        ("4/5", ".", None), ("nan", ".", None), ("inf", ".", None), ("1,2", ".", None), ("1.2.3", ".", None), ("4 stars", ".", None),
    ],
)  # fmt: skip
def test_a_cell_is_a_number_or_none(cell: str, decimal: str, value: float | None) -> None:
    assert as_number(cell, decimal) == value


def test_what_is_no_number_is_said_by_row_and_kept_unlabelled(make_table: Callable[..., Table]) -> None:
    found = made(make_table, ["1,5", "2,0", "n/a", "", "3", *["1", "4,5", "2"] * 8])
    assert found.rows["label"][:5] == ["1.5", "2", None, None, "3"]
    assert found.labels == ()
    assert any("“n/a” (row 4)" in note and "1 row holds no number" in note for note in found.warnings)
    assert any("decimal comma" in note for note in found.warnings)
    assert found.counts()["unlabelled"] == 2


def test_a_column_without_numbers_is_refused(make_table: Callable[..., Table]) -> None:
    with pytest.raises(TlcoreError, match="no numbers") as told:
        made(make_table, ["good", "bad", "3"] * 8)
    assert "column “stars”" in told.value.where


@pytest.mark.parametrize(
    ("targets", "what"),
    [
        ([None] * 12, "No row has a number"), (["3"] * 12, "the same number, 3"), (["1", "2"] * 3, "Only 6 rows"),
        (["low", "1", "2"] * 6, "“low” is no number"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_refused(targets: list[str | None], what: str) -> None:
    with pytest.raises(TlcoreError, match=what):
        TASK.validate(targets)


def test_two_numbers_may_be_classes_and_that_is_said() -> None:
    assert any("only two different numbers" in note for note in TASK.validate(["0", "1"] * 10))


def test_every_side_has_low_and_high_numbers(make_table: Callable[..., Table]) -> None:
    found = made(make_table, [str(i * 0.37) for i in range(200)])
    middle = 100 * 0.37
    for side in (TRAIN, VALIDATION, TEST):
        values = [float(one) for one in found.targets(side)]
        assert 0.35 < sum(one < middle for one in values) / len(values) < 0.65
    assert len(set(TASK.strata([str(i) for i in range(100)]))) == 5
    assert set(TASK.strata(["1", "2", "5"])) == {"1", "2", "5"}


def test_checks_of_classes_leave_numbers_alone(make_table: Callable[..., Table]) -> None:
    found = made(make_table, [str(i % 9 + 0.5) for i in range(100)])
    facts = measure_facts(found)
    assert facts.classes == {}
    assert (facts.labelled, facts.data_size) == (100, "small")
    assert not {problem.id for problem in check_dataset(found, facts)} & TASK.unfit_checks


def test_many_different_numbers_are_guessed_to_be_amounts() -> None:
    assert guess_task([f"{i / 7:.2f}" for i in range(40)]) == "score"
    assert guess_task(["1", "2", "3", "4", "5"] * 8) == "classify"
