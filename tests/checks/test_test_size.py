from collections.abc import Callable

import pytest

from tlcore.checks.test_size import FAIR_TEST, SMALL_TEST
from tlcore.checks.test_size import test_size as size_check  # by another name: pytest would take it for a test
from tlcore.datasets import TEST, Dataset
from tlcore.facts import measure_facts
from tlcore.splits import interval_for_rows


@pytest.mark.parametrize(("rows", "severity"), [(100, "warning"), (400, "info")])
def test_a_small_test_is_told_with_the_range_it_gives(
    classify: Callable[..., Dataset], rows: int, severity: str
) -> None:
    dataset = classify([f"this is text {i}" for i in range(rows)], ["a", "b"] * (rows // 2))
    problem = size_check(dataset, measure_facts(dataset))
    test = dataset.counts()[TEST]
    low, high = interval_for_rows(test, 0.85)
    assert problem is not None
    assert (test < SMALL_TEST) == (severity == "warning")
    assert f"{test} rows" in problem.title
    assert f"from {100 * low:.0f} % to {100 * high:.0f} %" in problem.title
    assert problem.severity == severity
    assert "545 test rows" in problem.cost
    assert "labelled rows in all" in problem.cost


def test_with_a_test_file_it_is_that_file_that_needs_rows(
    classify: Callable[..., Dataset], make_table: Callable[..., object]
) -> None:
    test = make_table("test.csv", text=[f"other {i}" for i in range(30)], label=["a", "b"] * 15)
    dataset = classify([f"this is text {i}" for i in range(400)], ["a", "b"] * 200, test=test)
    problem = size_check(dataset, measure_facts(dataset))
    assert problem is not None
    assert "only 30 rows" in problem.title
    assert "545 rows in your test file" in problem.cost


def test_enough_test_rows_are_no_problem(classify: Callable[..., Dataset]) -> None:
    rows = FAIR_TEST * 5 + 10
    dataset = classify([f"this is text {i}" for i in range(rows)], ["a", "b"] * (rows // 2))
    assert size_check(dataset, measure_facts(dataset)) is None
