"""tlcore.tasks: finding a task; what `classify` reads, learns and refuses."""

from __future__ import annotations

import pytest

from tlcore.errors import TlcoreError
from tlcore.tasks import TASKS, get_task
from tlcore.tasks.classify import Classify

ROLES = {"text": ("a", "b"), "label": ("c",)}
TASK = Classify()


def test_tasks_are_found_by_name() -> None:
    assert get_task("classify").name == "classify"
    assert len({task.name for task in TASKS}) == len(TASKS)


def test_an_unknown_task_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(TlcoreError, match="no task called “sorting”") as caught:
        get_task("sorting")
    assert "classify" in caught.value.fix


def test_it_says_what_it_needs_and_what_it_answers() -> None:
    assert {role.name: role.required for role in TASK.roles} == {"text": True, "label": True}
    assert TASK.output_columns == ("prediction", "confidence")
    assert TASK.metric in TASK.score(["a", "b"], ["a", "a"], None, ["a", "b"])


@pytest.mark.parametrize(("a", "b"), [("", ""), (" ", "\n")])
def test_blank_columns_are_no_text(a: str, b: str) -> None:
    assert TASK.model_input(ROLES, {"a": a, "b": b, "c": "x"}) == ""


def test_the_text_is_all_text_columns_in_the_order_of_the_role() -> None:
    row = {"a": " first ", "b": "second", "c": "x"}
    there, back = TASK.model_input(ROLES, row), TASK.model_input({"text": ("b", "a")}, row)
    assert there.index("first") < there.index("second")
    assert back.index("second") < back.index("first")
    assert TASK.model_input({"text": ("a",)}, row) == "first"


def test_a_label_is_text_and_a_blank_one_is_none() -> None:
    for cell, label in (("1", "1"), ("NA", "NA"), (" yes ", "yes"), ("", None), ("  ", None), ("0", "0")):
        assert TASK.target(ROLES, {"a": "", "b": "", "c": cell}) == label
    assert TASK.target({"text": ("a",)}, {"a": "x"}) is None


def test_two_classes_and_a_few_hundred_are_fine() -> None:
    assert TASK.validate(["a", "b"] * 5) == []
    assert TASK.validate([f"intent {i}" for i in range(300)] * 4) == []


def test_many_values_that_repeat_are_classes_but_hardly_repeating_ones_are_not() -> None:
    assert TASK.validate([f"intent {i}" for i in range(30)] * 3) == []
    with pytest.raises(TlcoreError, match="free text or an id"):
        TASK.validate([f"intent {i}" for i in range(30)] + ["intent 0"])
    with pytest.raises(TlcoreError, match="different values"):
        TASK.validate([f"intent {i}" for i in range(501)] * 20)


@pytest.mark.parametrize("numbers", [["-1.5", "+2", "1,200.5"], ["2020", "2021", "2022"]])
def test_numbers_that_do_not_repeat_are_called_numbers(numbers: list[str]) -> None:
    targets = [f"{number}{i}" for number in numbers for i in range(400)]
    with pytest.raises(TlcoreError, match="different numbers") as caught:
        TASK.validate(targets)
    assert "amount or an id" in caught.value.what
    assert "low, middle, high" in caught.value.fix


def test_warnings_count_the_lonely_classes_and_the_rows_without_label() -> None:
    notes = TASK.validate([*["a", "b"] * 10, "c", "d", None, None, None])
    assert any("2 classes have only one row" in note and "“c”" in note for note in notes)
    assert any(note.startswith("3 rows have no label") for note in notes)


def test_a_long_label_does_not_flood_the_message() -> None:
    with pytest.raises(TlcoreError) as caught:
        TASK.validate(["x" * 5_000] * 20)
    assert len(str(caught.value)) < 400
