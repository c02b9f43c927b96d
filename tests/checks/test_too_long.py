from collections.abc import Callable
from dataclasses import replace

from tlcore.checks.too_long import GIANT, too_long
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

TEXTS = [f"this is text {i}" for i in range(20)]
LABELS = ["a", "b"] * 10


def from_csv(dataset: Dataset) -> Dataset:
    return replace(dataset, how=replace(dataset.how, delimiter=","))


def test_a_cell_that_swallowed_rows_is_a_warning_with_how_many(classify: Callable[..., Dataset]) -> None:
    eaten = "it began here\n" + "".join(f'"row number {i}, with a comma",{"ab"[i % 2]}\n' for i in range(30))
    dataset = from_csv(classify([*TEXTS, eaten], [*LABELS, "a"]))
    problem = too_long(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title == "1 cell seems to have swallowed other rows."
    assert problem.severity == "warning"
    assert problem.rows == (22,)
    assert problem.notes == ("holds about 30 rows of the file",)
    assert problem.fixes[0].kind == "leave_out"


def test_letters_and_lists_with_line_ends_and_commas_are_texts(classify: Callable[..., Dataset]) -> None:
    letter = (
        "Dear all,\nthe parcel came late, broken, and wet.\nI paid 12,50 for it, and want it back,\n\nYours,\nA. B.\n"
    )
    dataset = from_csv(classify([*TEXTS, letter * 5], [*LABELS, "a"]))
    assert too_long(dataset, measure_facts(dataset)) is None


def test_a_whole_document_in_a_cell_is_told(classify: Callable[..., Dataset]) -> None:
    dataset = classify([*TEXTS, "many words " * (GIANT // 10)], [*LABELS, "a"])
    problem = too_long(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title == "1 text is longer than 50,000 characters."
    assert problem.severity == "info"
    assert problem.notes == ("54,999 characters",)
