from collections.abc import Callable

import pytest

from tlcore.checks.imbalance import imbalance
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

Build = Callable[..., Dataset]


def test_one_class_far_more_common_than_another_is_said_with_both(classify: Build) -> None:
    dataset = classify([f"this is text {i}" for i in range(66)], ["ham"] * 50 + ["spam"] * 10 + ["eggs"] * 6)
    problem = imbalance(dataset, measure_facts(dataset))
    assert problem is not None
    assert "“ham” has 50 rows" in problem.title
    assert "“eggs” only 6" in problem.title
    assert "always says “ham” is right in 76 % of the rows" in problem.cost
    assert problem.score == pytest.approx(6 / 50)
    assert problem.severity == "info"


def test_where_one_class_is_nearly_everything_it_is_a_warning(classify: Build) -> None:
    dataset = classify([f"this is text {i}" for i in range(200)], ["ham"] * 195 + ["spam"] * 5)
    problem = imbalance(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.severity == "warning"


@pytest.mark.parametrize("counts", [(20, 20), (20, 5), (40, 1), (180, 90, 35, 80)])
def test_even_enough_classes_and_single_rows_are_not_its_business(classify: Build, counts: tuple[int, ...]) -> None:
    labels = [label for label, count in zip("abcd", counts, strict=False) for _ in range(count)]
    dataset = classify([f"this is text {i}" for i in range(len(labels))], labels)
    assert imbalance(dataset, measure_facts(dataset)) is None


def test_another_spelling_is_no_rare_class(classify: Build) -> None:
    dataset = classify([f"this is text {i}" for i in range(42)], ["Sport"] * 20 + ["sport"] * 2 + ["News"] * 20)
    assert imbalance(dataset, measure_facts(dataset)) is None
