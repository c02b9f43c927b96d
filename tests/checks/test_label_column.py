from collections.abc import Callable, Sequence

import pytest

from tlcore.checks.base import Problem
from tlcore.checks.label_column import label_column
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

Build = Callable[..., Dataset]


def found(classify: Build, labels: Sequence[str]) -> Problem | None:
    dataset = classify([f"this is text {i}" for i in range(len(labels))], labels)
    return label_column(dataset, measure_facts(dataset))


def test_a_score_on_a_scale_can_be_grouped_with_a_click(classify: Build) -> None:
    problem = found(classify, ["1", "2", "3", "4", "5"] * 20)
    assert problem is not None
    assert problem.title == "The labels look like a score from 1 to 5."
    assert problem.severity == "info"
    (fix,) = problem.fixes
    assert fix.title == "Group into low (1–2), middle (3) and high (4–5)"
    assert fix.rows == tuple(range(2, 102))
    assert fix.values[:5] == ("low", "low", "middle", "high", "high")


def test_ten_steps_are_in_the_order_of_their_values(classify: Build) -> None:
    problem = found(classify, [str(i) for i in range(1, 11)] * 10)
    assert problem is not None
    assert problem.title.endswith("from 1 to 10.")
    assert problem.fixes[0].title == "Group into low (1–4), middle (5–6) and high (7–10)"


@pytest.mark.parametrize(
    ("labels", "title", "severity"),
    [
        ([f"{i / 10:.1f}" for i in range(10, 30)] * 3, "The labels are 20 different numbers, from 1.0 to 2.9.", "warning"),
        ([str(i) for i in range(40)] * 10, "The labels are 40 numbers, from 0 to 39.", "info"),
        ([f"2024-0{m}-{d:02d}" for m in range(1, 6) for d in range(1, 4)] * 2, "The labels look like dates", "warning"),
        ([f"{d}.11.2024" for d in range(1, 16)] * 2, "The labels look like dates", "warning"),
        ([f"T-{i}" for i in range(1000, 1015)] * 2, "The labels look like ids or codes", "warning"),
        (["red;blue", "red", "blue;green", "green", "red;green", "blue"] * 10, "30 rows have several answers in one cell", "warning"),
        ([f"I think that it was number {i} of all" for i in range(15)] * 2, "The labels look like free text: 9 words each", "warning"),
    ],
)  # fmt: skip
def test_what_is_no_set_of_classes_is_told_for_what_it_is(
    classify: Build, labels: list[str], title: str, severity: str
) -> None:
    problem = found(classify, labels)
    assert problem is not None
    assert problem.title.startswith(title)
    assert problem.severity == severity
    assert problem.cost


@pytest.mark.parametrize(
    "labels",
    [
        ["0", "1"] * 20, ["yes", "no", "maybe"] * 10, ["A1", "B2", "C3"] * 20, ["food, drink", "cars", "sport and play"] * 10,
        ["Delivery", "Refund", "Something else that we do not know yet"] * 10, ["1", "2", "spam", "ham"] * 10,
        ["R&D; support", "sales", "human resources"] * 10, ["top_up_by_card", "card_arrival", "pin_2"] * 10,
    ],
)  # fmt: skip
def test_names_of_classes_are_fine(classify: Build, labels: list[str]) -> None:
    assert found(classify, labels) is None


def test_with_a_test_file_no_grouping_is_offered(classify: Build, make_table: Callable[..., object]) -> None:
    test = make_table("test.csv", text=["one", "two"], label=["1", "2"])
    dataset = classify([f"this is text {i}" for i in range(100)], ["1", "2", "3", "4", "5"] * 20, test=test)
    problem = label_column(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.fixes == ()
