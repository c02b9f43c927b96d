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
    (fix,) = problem.fixes
    assert (fix.kind, fix.labels) == ("leave_out", ("lone", "one"))
    mended = classify(TEXTS, LABELS, leave_out=fix.labels)
    assert single_rows(mended, measure_facts(mended)) is None
    assert mended.labels == ("a", "b", "two")


def test_two_rows_are_not_one(classify: Callable[..., Dataset]) -> None:
    dataset = classify(TEXTS[:22], [*["a", "b"] * 10, "two", "two"])
    assert single_rows(dataset, measure_facts(dataset)) is None
