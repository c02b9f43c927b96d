from collections.abc import Callable

from tlcore.checks.single_rows import single_rows
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

TEXTS = [f"this is text {i}" for i in range(24)]
LABELS = [*["a", "b"] * 10, "one", "two", "two", "lone"]


def test_classes_of_one_row_are_named_with_their_rows_and_a_fix_that_works(classify: Callable[..., Dataset]) -> None:
    dataset = classify(TEXTS, LABELS)
    problem = single_rows(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title == "2 classes have a single row: “lone”, “one”."
    assert problem.rows == (22, 25)
    merge, leave_out = problem.fixes
    assert (merge.kind, merge.labels, merge.to) == ("merge", ("lone", "one"), "other")
    assert (leave_out.kind, leave_out.labels) == ("leave_out", ("lone", "one"))
    mended = classify(TEXTS, LABELS, leave_out=leave_out.labels)
    assert single_rows(mended, measure_facts(mended)) is None
    assert mended.labels == ("a", "b", "two")


def test_one_alone_is_not_merged_into_a_class_of_its_own(classify: Callable[..., Dataset]) -> None:
    dataset = classify(TEXTS[:21], [*["a", "b"] * 10, "one"])
    problem = single_rows(dataset, measure_facts(dataset))
    assert problem is not None
    assert [fix.kind for fix in problem.fixes] == ["leave_out"]


def test_two_rows_are_not_one_and_another_spelling_is_no_class(classify: Callable[..., Dataset]) -> None:
    dataset = classify(TEXTS[:23], [*["a", "b"] * 10, "two", "two", "Two"])
    assert single_rows(dataset, measure_facts(dataset)) is None
