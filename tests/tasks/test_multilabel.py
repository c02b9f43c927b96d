"""tlcore.tasks.multilabel: how cells and columns become sets of labels, what is said of them, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tlcore.datasets import TEST, TRAIN, VALIDATION, Dataset, make_dataset
from tlcore.errors import TlcoreError
from tlcore.facts import measure_facts
from tlcore.tables import Table
from tlcore.tasks import get_task, guess_task
from tlcore.tasks.multilabel import NO_LABEL, Multilabel, find_mark

TASK = Multilabel()
TEXTS = [
    f"this is text number {word}"
    for word in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
]


def made(make_table: Callable[..., Table], labels: Sequence[str], **more: Sequence[str]) -> Dataset:
    texts = [f"{TEXTS[i % 12]} of part {'abcdefghijklmnopqrstuvwxyz'[i // 12] * 5}" for i in range(len(labels))]
    columns = {"text": texts, "tags": labels, **more}
    return make_dataset(make_table(**columns), TASK, {"text": ("text",), "label": ("tags", *more)})


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["a;b", "b", "a; c", "c"], ";"),
        (["a, b", "b", "a,c", "c"], ","),
        (["a|b", "b|a", "c", "c"], "|"),
        (["a\nb", "b", "a\nc", "c"], "\n"),
        (["Health, safety;Tax", "Tax", "Health, safety", "Tax;Health, safety"], ";"),
        (["late, but fine", "good", "bad"], ""),
        (["late;wet", "fine", "late;wet", "fine"], ";"),
        (["late, wet", "fine", "late, wet", "fine"], ""),
        (["a", "b"], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_what_parts_the_labels_is_found_in_the_column(cells: list[str], mark: str) -> None:
    assert find_mark(cells) == mark


def test_labels_come_back_in_order_once_each_and_none_is_not_unlabelled(make_table: Callable[..., Table]) -> None:
    found = made(make_table, ["b, a", "a,a", "", NO_LABEL, "c,b", *["a, b", "c", "b"] * 5])
    assert found.rows["label"][:5] == ["a;b", "a", None, NO_LABEL, "b;c"]
    assert found.labels == ("a", "b", "c")
    assert any("parted by “,”" in note for note in found.warnings)
    assert any("1 row has none of the labels" in note for note in found.warnings)
    assert any("1 row has no label" in note for note in found.warnings)


def test_a_label_that_holds_the_joining_mark_stays_one(make_table: Callable[..., Table]) -> None:
    found = made(make_table, ["a;x\nb", "b", "a;x", "b\na;x"] * 4)
    assert found.labels == ("a,x", "b")


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("yes", "No"), ("TRUE", "false"), ("x", "-")])
def test_columns_of_yes_and_no_are_labels(make_table: Callable[..., Table], yes: str, no: str) -> None:
    tags, late = [yes, no, no, yes] * 4, [no, no, yes, yes] * 4
    tags[4], late[4] = "", yes
    found = made(make_table, tags, late=late)
    assert found.rows["label"][:5] == ["tags", NO_LABEL, "late", "late;tags", None]
    assert found.labels == ("late", "tags")


def test_where_only_ticks_are_set_a_blank_cell_is_no_and_a_blank_row_is_unlabelled(
    make_table: Callable[..., Table],
) -> None:
    found = made(make_table, ["x", "", "", "x"] * 4, late=["", "", "x", "x"] * 4)
    assert found.rows["label"][:4] == ["tags", None, "late", "late;tags"]
    assert any("write 0" in note for note in found.warnings)


def test_a_cell_that_is_neither_yes_nor_no_is_said_with_its_row(make_table: Callable[..., Table]) -> None:
    tags, late = ["1", "0"] * 8, ["0", "1"] * 8
    tags[3] = "maybe"
    found = made(make_table, tags, late=late)
    assert found.rows["label"][3] is None
    assert any("“maybe” (column “tags”, row 5)" in note for note in found.warnings)
    with pytest.raises(TlcoreError, match="neither yes nor no") as told:
        made(make_table, ["0.3", "0.7"] * 8, late=late)
    assert "column “tags”" in told.value.where


def test_one_column_of_yes_and_no_is_one_label(make_table: Callable[..., Table]) -> None:
    with pytest.raises(TlcoreError, match="only yes and no"):
        made(make_table, ["1", "0"] * 8)


def test_the_split_deals_out_by_the_rarest_label_and_keeps_equal_texts_together(
    make_table: Callable[..., Table],
) -> None:
    rare = {3, 17, 30, 44, 58, 71, 85, 99}
    labels = ["common;rare" if i in rare else "common;other" if i % 2 else "common" for i in range(120)]
    found = made(make_table, labels)
    sides = {side: [label for label in found.targets(side) if "rare" in label] for side in (TRAIN, VALIDATION, TEST)}
    assert all(sides.values())
    assert found.sides() == made(make_table, labels).sides()
    assert TASK.strata(["a;b", "a", "a", NO_LABEL]) == ["b", "a", "a", NO_LABEL]


def test_facts_count_rows_of_each_label(make_table: Callable[..., Table]) -> None:
    facts = measure_facts(made(make_table, ["a;b", "a", "b;c", "c"] * 5))
    assert facts.classes == {"a": 10, "b": 10, "c": 10}
    assert facts.labelled == 20


@pytest.mark.parametrize(
    ("targets", "what"),
    [
        ([None] * 20, "No row has a label"), (["a"] * 20, "single label"), ([NO_LABEL] * 20, "single label"),
        (["a;b"] * 5, "Only 5 rows"), ([f"tag {i}" for i in range(40)], "different labels"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_refused(targets: list[str | None], what: str) -> None:
    with pytest.raises(TlcoreError, match=what):
        TASK.validate(targets)


def test_labels_of_one_row_and_rows_of_one_label_are_warned_of() -> None:
    notes = TASK.validate(["a", "b", "c", *["a", "b"] * 10])
    assert any("1 label has only one row (“c”)" in note for note in notes)
    assert any("No row has more than one label" in note for note in notes)


def test_a_column_of_joined_labels_is_guessed_to_be_such() -> None:
    assert guess_task(["a;b", "b", "c;a", "c"] * 5) == "multilabel"
    assert guess_task(["billing", "returns"] * 10) == "classify"
    assert guess_task(["Smith, John", "Miller, Jane"] * 2 + ["x"] * 30) == "classify"


def test_one_label_a_text_does_not_take_two_columns(make_table: Callable[..., Table]) -> None:
    table = make_table(text=TEXTS, a=["1"] * 12, b=["0"] * 12)
    with pytest.raises(TlcoreError, match="only one can be") as told:
        make_dataset(table, get_task("classify"), {"text": ("text",), "label": ("a", "b")})
    assert "multilabel" in told.value.fix
