from collections.abc import Callable

from tlcore.checks.contradictions import contradictions
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts


def rows(count: int) -> tuple[list[str], list[str]]:
    return [f"this is text {i}" for i in range(count)], ["ab"[i % 2] for i in range(count)]


def test_the_same_text_with_other_labels_is_named_and_costs_the_minority(classify: Callable[..., Dataset]) -> None:
    texts, labels = rows(16)
    dataset = classify([*texts, "Same", "same ", "SAME", "twice"], [*labels, "a", "a", "b", "b"])
    problem = contradictions(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.rows == (18, 19, 20)
    assert problem.severity == "warning"
    assert problem.score == 1 - 1 / 20  # whoever says "a" is wrong once
    assert "95.0%" in problem.cost
    assert problem.title.startswith("1 text has")


def test_the_same_text_with_the_same_label_or_none_is_no_contradiction(classify: Callable[..., Dataset]) -> None:
    texts, labels = rows(16)
    dataset = classify([*texts, "same", "same", "same"], [*labels, "a", "a", ""])
    assert contradictions(dataset, measure_facts(dataset)) is None


def test_empty_texts_do_not_contradict_each_other(classify: Callable[..., Dataset]) -> None:
    texts, labels = rows(16)
    dataset = classify([*texts, "", ""], [*labels, "a", "b"])
    assert contradictions(dataset, measure_facts(dataset)) is None
