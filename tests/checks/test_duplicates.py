from collections.abc import Callable

from tlcore.checks.duplicates import duplicates
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts


def test_each_repeated_row_after_the_first_is_named(classify: Callable[..., Dataset]) -> None:
    texts = [f"this is text {i}" for i in range(20)] + ["this is TEXT 3", " this is text 3", "this is text 4"]
    dataset = classify(texts, [*["a", "b"] * 11, "a"])
    problem = duplicates(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.rows == (22, 23, 24)
    assert problem.title.startswith("3 rows repeat")
    assert problem.severity == "info"
    assert problem.score == 1 - 3 / 23


def test_different_texts_and_empty_ones_are_no_duplicates(classify: Callable[..., Dataset]) -> None:
    dataset = classify([*[f"this is text {i}" for i in range(20)], "", ""], ["a", "b"] * 11)
    assert duplicates(dataset, measure_facts(dataset)) is None
