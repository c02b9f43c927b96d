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
    assert "95.0 %" in problem.cost
    assert problem.title == "1 text has different labels in different rows."
    assert problem.notes == ("“a” here, “b” in row 20", "“a” here, “b” in row 20", "“b” here, “a” in row 18")
    majority, leave = problem.fixes
    assert (majority.kind, majority.rows, majority.values) == ("relabel", (20,), ("a",))
    assert (leave.kind, leave.rows) == ("leave_out", (18, 19, 20))


def test_nearly_the_same_text_contradicts_too_and_without_a_majority_nothing_is_relabelled(
    classify: Callable[..., Dataset],
) -> None:
    texts, labels = rows(16)
    dataset = classify([*texts, "My parcel has not arrived", "my parcell has not arrived!"], [*labels, "a", "b"])
    problem = contradictions(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.rows == (18, 19)
    assert "nearly the same" in problem.title
    assert "94.4 %" in problem.cost
    assert [fix.kind for fix in problem.fixes] == ["leave_out"]


def test_a_ceiling_below_all_is_never_called_all(classify: Callable[..., Dataset]) -> None:
    texts, labels = rows(4000)
    dataset = classify([*texts, "same", "same"], [*labels, "a", "b"])
    problem = contradictions(dataset, measure_facts(dataset))
    assert problem is not None
    assert "99.9 %" in problem.cost


def test_the_same_text_with_the_same_label_or_none_is_no_contradiction(classify: Callable[..., Dataset]) -> None:
    texts, labels = rows(16)
    dataset = classify([*texts, "same", "same", "same"], [*labels, "a", "a", ""])
    assert contradictions(dataset, measure_facts(dataset)) is None


def test_empty_texts_do_not_contradict_each_other(classify: Callable[..., Dataset]) -> None:
    texts, labels = rows(16)
    dataset = classify([*texts, "", ""], [*labels, "a", "b"])
    assert contradictions(dataset, measure_facts(dataset)) is None
