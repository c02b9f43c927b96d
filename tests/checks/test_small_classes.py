from collections.abc import Callable

from tlcore.checks.small_classes import FEW, small_classes
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts


def test_classes_of_a_handful_of_rows_are_named_but_not_those_of_one(classify: Callable[..., Dataset]) -> None:
    labels = ["big"] * 20 + ["small"] * (FEW - 1) + ["enough"] * FEW + ["one"]
    dataset = classify([f"this is text {i}" for i in range(len(labels))], labels)
    problem = small_classes(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title == f"1 class has fewer than {FEW} rows: “small”."
    assert problem.severity == "warning"
    assert 0 < problem.score < 1


def test_many_names_are_cut_short(classify: Callable[..., Dataset]) -> None:
    labels = [f"class {i}" for i in range(9) for _ in range(3)]
    dataset = classify([f"this is text {i}" for i in range(27)], labels)
    problem = small_classes(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title.endswith("and 4 more.")


def test_large_classes_are_fine(classify: Callable[..., Dataset]) -> None:
    dataset = classify([f"this is text {i}" for i in range(40)], ["a", "b"] * 20)
    assert small_classes(dataset, measure_facts(dataset)) is None
