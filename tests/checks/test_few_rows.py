from collections.abc import Callable

import pytest

from tlcore.checks.few_rows import SMALL_TEST, few_rows
from tlcore.datasets import TEST, Dataset
from tlcore.facts import measure_facts


@pytest.mark.parametrize("rows", [20, 100])
def test_a_small_test_side_is_warned_of_the_more_the_smaller(classify: Callable[..., Dataset], rows: int) -> None:
    dataset = classify([f"this is text {i}" for i in range(rows)], ["a", "b"] * (rows // 2))
    problem = few_rows(dataset, measure_facts(dataset))
    test = dataset.counts()[TEST]
    assert problem is not None
    assert str(test) in problem.title
    assert problem.score == test / SMALL_TEST


def test_enough_test_rows_are_no_problem(classify: Callable[..., Dataset]) -> None:
    dataset = classify([f"this is text {i}" for i in range(300)], ["a", "b"] * 150)
    assert few_rows(dataset, measure_facts(dataset)) is None
