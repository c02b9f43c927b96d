from collections.abc import Callable

from tlcore.checks.duplicates import duplicates
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

TEXTS = [f"this is text {i}" for i in range(20)]


def test_each_repeated_row_after_the_first_is_named_with_its_twin(classify: Callable[..., Dataset]) -> None:
    dataset = classify(
        [*TEXTS, "this is TEXT 3", " this is text 3", "this is text 4"], [*["a", "b"] * 10, "b", "b", "a"]
    )
    problem = duplicates(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.rows == (22, 23, 24)
    assert problem.notes == ("says the same as row 5", "says the same as row 5", "says the same as row 6")
    assert problem.title.startswith("3 rows repeat")
    assert problem.severity == "info"
    assert problem.score == 1 - 3 / 23
    (fix,) = problem.fixes
    assert (fix.kind, fix.rows, fix.title) == ("leave_out", (22, 23, 24), "Leave out 3 repeated rows")


def test_a_twin_with_another_label_is_left_to_a_person(classify: Callable[..., Dataset]) -> None:
    dataset = classify([*TEXTS, TEXTS[0], TEXTS[1], TEXTS[2]], [*["a", "b"] * 10, "b", "b", ""])
    problem = duplicates(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.rows == (22, 23, 24)
    assert problem.fixes[0].rows == (23, 24)


def test_different_texts_and_empty_ones_are_no_duplicates(classify: Callable[..., Dataset]) -> None:
    dataset = classify([*TEXTS, "", ""], ["a", "b"] * 11)
    assert duplicates(dataset, measure_facts(dataset)) is None


def test_a_repeat_that_was_left_out_is_no_problem_any_more(classify: Callable[..., Dataset]) -> None:
    dataset = classify([*TEXTS, TEXTS[0], TEXTS[1]], [*["a", "b"] * 10, "c", "c"], leave_out=("c",))
    assert duplicates(dataset, measure_facts(dataset)) is None
