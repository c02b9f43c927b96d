from collections.abc import Callable

from tlcore.checks.small_classes import FEW, small_classes
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

Build = Callable[..., Dataset]


def of(classify: Build, labels: list[str]) -> Dataset:
    return classify([f"this is text {i}" for i in range(len(labels))], labels)


def test_classes_of_a_handful_of_rows_are_named_but_not_those_of_one(classify: Build) -> None:
    dataset = of(classify, ["big"] * 20 + ["small"] * (FEW - 1) + ["enough"] * FEW + ["one"])
    problem = small_classes(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title == f"1 class has fewer than {FEW} rows: “small”."
    assert problem.rows == tuple(range(22, 29))
    assert problem.severity == "warning"
    assert "23 more in all" in problem.cost
    assert 0 < problem.score < 1
    assert [(fix.kind, fix.labels) for fix in problem.fixes] == [("leave_out", ("small",))]


def test_several_can_be_put_into_one_class_for_the_rest(classify: Build) -> None:
    dataset = of(classify, ["big"] * 20 + ["fine"] * 20 + ["tiny"] * 3 + ["wee"] * 4)
    problem = small_classes(dataset, measure_facts(dataset))
    assert problem is not None
    assert [(fix.kind, fix.labels, fix.to) for fix in problem.fixes] == [
        ("merge", ("tiny", "wee"), "other"),
        ("leave_out", ("tiny", "wee"), ""),
    ]


def test_a_class_for_the_rest_that_is_there_is_used(classify: Build) -> None:
    dataset = of(classify, ["big"] * 20 + ["Misc"] * 20 + ["tiny"] * 3)
    problem = small_classes(dataset, measure_facts(dataset))
    assert problem is not None
    assert [(fix.kind, fix.labels, fix.to) for fix in problem.fixes] == [
        ("merge", ("tiny",), "Misc"),
        ("leave_out", ("tiny",), ""),
    ]


def test_no_fix_leaves_a_single_class(classify: Build) -> None:
    dataset = of(classify, ["big"] * 20 + ["tiny"] * 3)
    problem = small_classes(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.fixes == ()


def test_many_names_are_cut_short(classify: Build) -> None:
    dataset = of(classify, [f"class {i}" for i in range(9) for _ in range(3)])
    problem = small_classes(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title.endswith("and 4 more.")


def test_large_classes_are_fine_and_another_spelling_is_no_class(classify: Build) -> None:
    dataset = of(classify, ["a"] * 20 + ["Yes"] * 20 + ["yes"] * 2)
    assert small_classes(dataset, measure_facts(dataset)) is None
