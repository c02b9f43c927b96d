from collections.abc import Callable

from tlcore.checks.not_used import not_used
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

TEXTS = [f"this is text {i}" for i in range(20)]


def test_rows_without_a_label_and_rows_left_out_are_listed_with_why(classify: Callable[..., Dataset]) -> None:
    texts = [*TEXTS, "", "no label", "none here either", "not wanted"]
    dataset = classify(texts, [*["a", "b"] * 10, "a", "", "", "c"], leave_out=("c",))
    problem = not_used(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.rows == (23, 24, 25)  # row 22 has no text: another check says so
    assert problem.notes == ("no label", "no label", "label left out by you")
    assert problem.title == "3 rows are not learned from: 2 without a label, 1 left out."
    assert problem.severity == "info"


def test_where_every_row_is_used_there_is_nothing_to_say(classify: Callable[..., Dataset]) -> None:
    dataset = classify(TEXTS, ["a", "b"] * 10)
    assert not_used(dataset, measure_facts(dataset)) is None
