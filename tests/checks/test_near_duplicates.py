from collections.abc import Callable

import numpy as np

from tlcore.checks.evidence import Evidence
from tlcore.checks.near_duplicates import near_duplicates
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

WORDS = ["apple", "river", "stone", "candle", "market", "window", "garden", "bottle", "ladder", "basket"]


def found(dataset: Dataset) -> object:
    return near_duplicates(dataset, measure_facts(dataset), Evidence(np.zeros((0, 0))))


def rows(count: int = 20) -> tuple[list[str], list[str]]:
    return [f"the {WORDS[i % 10]} stands near the {WORDS[i // 10]} today" for i in range(count)], [
        "ab"[i % 2] for i in range(count)
    ]


def test_a_row_that_nearly_repeats_an_earlier_one_names_it(classify: Callable[..., Dataset]) -> None:
    texts, labels = rows()
    dataset = classify([*texts, "The rivver stands near the apple today!", texts[2].upper()], [*labels, "b", "a"])
    problem = found(dataset)
    assert problem.rows == (22,)  # row 23 repeats row 4 exactly: another check says so
    assert problem.notes == ("nearly the same as row 3",)
    assert problem.title.startswith("1 row says nearly the same")
    assert [(fix.kind, fix.rows) for fix in problem.fixes] == [("leave_out", (22,))]
    assert problem.severity == "info"


def test_one_with_another_label_is_named_but_not_offered_to_be_left_out(classify: Callable[..., Dataset]) -> None:
    texts, labels = rows()
    problem = found(classify([*texts, "The rivver stands near the apple today!"], [*labels, "a"]))
    assert (problem.rows, problem.fixes) == ((22,), ())


def test_different_texts_are_no_near_duplicates(classify: Callable[..., Dataset]) -> None:
    assert found(classify(*rows())) is None
