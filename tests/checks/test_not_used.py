from collections.abc import Callable

from tlcore.checks.not_used import not_used
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts


def test_rows_without_text_or_label_are_listed(classify: Callable[..., Dataset]) -> None:
    texts = [*[f"this is text {i}" for i in range(20)], "", "no label", "none here either"]
    dataset = classify(texts, [*["a", "b"] * 10, "a", "", ""])
    problem = not_used(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.rows == (22, 23, 24)
    assert "3 rows are not learned from" in problem.title
    assert "2 without a label" in problem.title
    assert "1 left out" in problem.title
    assert problem.severity == "info"


def test_where_every_row_is_used_there_is_nothing_to_say(classify: Callable[..., Dataset]) -> None:
    dataset = classify([f"this is text {i}" for i in range(20)], ["a", "b"] * 10)
    assert not_used(dataset, measure_facts(dataset)) is None
