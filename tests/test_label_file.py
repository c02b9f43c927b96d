"""tlcore.label_file: names and descriptions from a file, what is refused by row, and labels that rows need not have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tlcore.datasets import TEST, Dataset, load_dataset, make_dataset
from tlcore.errors import TlcoreError
from tlcore.label_file import can_be_learned, check_labels, read_label_file, roles_of_test, settle_labels
from tlcore.label_info import LabelInfo
from tlcore.tables import Table
from tlcore.tasks import get_task

GOOD, BAD = LabelInfo("good", "Praise."), LabelInfo("bad", "Blame.")


@pytest.mark.parametrize(
    "columns",
    [
        {"label": ["good", "bad"], "description": ["Praise.", "Blame."]},
        {" Label ": ["good ", " bad"], "DESCRIPTION": [" Praise.", "Blame. "]},
        {"meaning": ["Praise.", "Blame."], "class": ["good", "bad"]},
        {"which": ["good", "bad"], "what is in it": ["Praise.", "Blame."]},
        {"label": ["good", "", "bad"], "description": ["Praise.", " ", "Blame."]},
    ],
)
def test_names_and_descriptions_are_read_whatever_the_columns_are_called(
    make_table: Callable[..., Table], columns: dict[str, list[str]]
) -> None:
    assert read_label_file(make_table("labels.csv", **columns)) == (GOOD, BAD)


def test_names_alone_are_enough(make_table: Callable[..., Table]) -> None:
    assert read_label_file(make_table(label=["good", "bad"])) == (LabelInfo("good"), LabelInfo("bad"))


@pytest.mark.parametrize(
    ("rows", "what", "where"),
    [
        ([("good", "a"), ("bad", "b"), ("good", "c")], "named twice, in rows 2 and 4", "row 4"),
        ([("Good", "a"), ("good ", "b")], "named twice, in rows 2 and 3", "row 3"),
        ([("good", "a"), (" ", "said of nothing")], "no name", "row 3"),
        ([("good", "a")], "Only one label", "labels.csv"),
        ([("", "")], "No label is named", "labels.csv"),
        ([(f"label {i}", "") for i in range(501)], "501 labels", "labels.csv"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_row(
    make_table: Callable[..., Table], rows: Sequence[tuple[str, str]], what: str, where: str
) -> None:
    table = make_table("labels.csv", label=[name for name, _ in rows], description=[text for _, text in rows])
    with pytest.raises(TlcoreError, match=what) as caught:
        read_label_file(table)
    assert where in caught.value.where
    assert caught.value.fix


def test_labels_are_spelt_as_the_rows_spell_them_and_none_is_dropped() -> None:
    infos = (LabelInfo("Good", "Praise."), LabelInfo("bad"))
    found, notes = settle_labels(infos, ["good", "good", None, "odd"])
    assert found == (LabelInfo("good", "Praise."), LabelInfo("bad"), LabelInfo("odd"))
    assert any("“odd” (1)" in note and "did not name" in note for note in notes)
    assert any("“bad”" in note and "A sentence on each helps" in note for note in notes)


def test_a_handful_of_labelled_rows_is_no_training_set() -> None:
    assert not can_be_learned([])
    assert not can_be_learned([4, 5])
    assert not can_be_learned([200, 0])
    assert can_be_learned([5, 5])


def test_the_answers_of_a_test_file_are_found_where_the_other_file_has_none(make_table: Callable[..., Table]) -> None:
    test = make_table(words=[f"a text of some words number {i}" for i in range(20)], mood=["good", "bad"] * 10)
    assert roles_of_test({"text": ("words",)}, test) == {"text": ("words",), "label": ("mood",)}
    assert roles_of_test({"text": ("words",)}, test, "other")["label"] == ("other",)
    assert roles_of_test({"text": ("words",), "label": ("a",)}, test, "b")["label"] == ("a",)


def _dataset(make_table: Callable[..., Table], labels: Sequence[str] | None, **more: Any) -> Dataset:
    count = 40 if labels is None else len(labels)
    columns = {"text": [f"the text number {i} is about thing {i * 7}" for i in range(count)]}
    roles: dict[str, tuple[str, ...]] = {"text": ("text",)}
    if labels is not None:
        columns, roles = {**columns, "label": list(labels)}, {**roles, "label": ("label",)}
    return make_dataset(make_table(**columns), get_task("classify"), roles, label_infos=(GOOD, BAD), **more)


def test_a_dataset_needs_no_label_column_and_is_the_same_from_disk(
    make_table: Callable[..., Table], tmp_path: Path
) -> None:
    made = _dataset(make_table, None)
    made.save(tmp_path / "dataset")
    for dataset in (made, load_dataset(tmp_path / "dataset")):
        assert dataset.labels == ("bad", "good")
        assert dataset.label_infos == (GOOD, BAD)
        assert dataset.counts() == {"unlabelled": 40}
        assert any("No row has a label" in warning for warning in dataset.warnings)


def test_without_named_labels_a_label_column_is_still_needed(make_table: Callable[..., Table]) -> None:
    with pytest.raises(TlcoreError, match="No column is chosen for the label"):
        make_dataset(make_table(text=["a b", "c d"], other=["x", "y"]), get_task("classify"), {"text": ("text",)})


def test_too_few_labelled_rows_to_learn_from_are_all_tested_on(make_table: Callable[..., Table]) -> None:
    few = _dataset(make_table, ["good", "bad", "good", *[""] * 30])
    assert few.counts() == {TEST: 3, "unlabelled": 30}
    assert few.targets(TEST) == ["good", "bad", "good"]
    enough = _dataset(make_table, ["good", "bad"] * 10 + [""] * 30).counts()
    assert enough["train"] > enough["test"] > 0
    assert enough["unlabelled"] == 30


def test_a_label_that_is_left_out_is_no_answer(make_table: Callable[..., Table]) -> None:
    third = LabelInfo("odd", "Neither.")
    columns = {"text": [f"text {i} here" for i in range(20)], "label": ["good", "odd"] * 10}
    dataset = make_dataset(
        make_table(**columns), get_task("classify"), {"text": ("text",), "label": ("label",)},
        label_infos=(GOOD, BAD, third), leave_out=["odd"],
    )  # fmt: skip
    assert dataset.labels == ("bad", "good")


def test_rows_typed_are_told_apart_by_number() -> None:
    with pytest.raises(TlcoreError, match="rows 1 and 3"):
        check_labels([(1, "a", ""), (2, "b", ""), (3, "A", "")], "your labels")
