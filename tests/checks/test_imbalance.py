from collections.abc import Callable

import pytest

from tlcore.checks.imbalance import imbalance
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts


def test_one_class_far_more_common_than_another_is_said_with_both(classify: Callable[..., Dataset]) -> None:
    dataset = classify([f"this is text {i}" for i in range(66)], ["ham"] * 50 + ["spam"] * 10 + ["eggs"] * 6)
    problem = imbalance(dataset, measure_facts(dataset))
    assert problem is not None
    assert "“ham” has 50 rows" in problem.title
    assert "“eggs” only 6" in problem.title
    assert problem.score == pytest.approx(6 / 50)


@pytest.mark.parametrize("counts", [(20, 20), (20, 5), (40, 1)])
def test_even_enough_classes_and_single_rows_are_not_its_business(
    classify: Callable[..., Dataset], counts: tuple[int, int]
) -> None:
    dataset = classify([f"this is text {i}" for i in range(sum(counts))], ["a"] * counts[0] + ["b"] * counts[1])
    assert imbalance(dataset, measure_facts(dataset)) is None
