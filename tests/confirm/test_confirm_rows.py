"""tlcore.confirm.rows: what can be proposed, what was confirmed as a step of its own, what is labelled by now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tlcore.confirm.rows import candidates, confirm_mend, standing, tally
from tlcore.datasets import Dataset, make_dataset
from tlcore.errors import TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.mend import LABEL, NO, USE, Mend, describe, mend_from_grid
from tlcore.tables import Table
from tlcore.tasks import get_task

INFOS = (LabelInfo("a", "The first."), LabelInfo("b", "The second."))
ROLES = {"text": ("text",), "label": ("label",)}


@pytest.fixture
def build(make_table: Callable[..., Table]) -> Callable[..., Dataset]:
    """Twenty rows (2 to 21) of which row 2 has a label and row 21 no text."""

    def made(mends: tuple[Mend, ...] = ()) -> Dataset:
        table = make_table(text=[f"text {i}" for i in range(2, 21)] + [""], label=["a", *[""] * 19])
        return make_dataset(table, get_task("classify"), ROLES, label_infos=INFOS, mends=mends)

    return made


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    rows = range(2, 22)
    table = {
        "row": list(rows), "text": [f"text {i}" for i in range(2, 21)] + [""], "prediction": ["a"] * 20,
        "confidence": [0.5] * 20, "margin": [i / 100 for i in rows],
    }  # fmt: skip
    pq.write_table(pa.table(table), tmp_path / "answers.parquet")
    return tmp_path / "answers.parquet"


def rows_of(dataset: Dataset, mends: list[Mend], answers: Path, skipped: tuple[int, ...] = ()) -> list[int]:
    return [one.row for one in candidates(standing(dataset, mends), answers, skipped)]


def test_neither_labelled_nor_left_out_nor_empty_nor_skipped_rows_are_proposed(
    build: Callable[..., Dataset], answers: Path
) -> None:
    dataset = build()
    assert rows_of(dataset, [], answers) == list(range(3, 21))
    edits = mend_from_grid(dataset, {3: {LABEL: "b"}, 4: {USE: NO}})
    assert rows_of(dataset, [edits], answers, skipped=(5,)) == list(range(6, 21))
    assert rows_of(build((edits,)), [edits], answers) == list(range(5, 21))
    assert rows_of(build((edits,)), [], answers) == list(range(3, 21))  # undone since the Dataset was made


def test_rows_that_hold_another_text_by_now_are_not_proposed(make_table: Callable[..., Table], answers: Path) -> None:
    table = make_table(text=["text 2", "text 3", "another", *(f"t {i}" for i in range(20))], label=[""] * 23)
    other = make_dataset(table, get_task("classify"), ROLES, label_infos=INFOS)
    assert rows_of(other, [], answers) == [2, 3]


def test_what_is_confirmed_is_one_step_that_labels_the_rows_and_can_be_undone(
    build: Callable[..., Dataset], answers: Path
) -> None:
    dataset = build()
    labels = {row: "ab"[row % 2] for row in range(3, 15)}
    mend = confirm_mend(standing(dataset, []), labels, by_chance=(3, 4, 99))
    assert (mend.kind, mend.title, mend.chance) == ("confirm", "Labels set by you: 12 rows", (3, 4))
    assert describe(mend) == "Gave 12 rows the label that you confirmed or chose."
    assert Mend.from_json(mend.to_json()) == mend
    made = build((mend,))
    assert made.outcomes[0].rows == 12
    assert made.class_counts() == {"a": 7, "b": 6}
    assert set(made.counts()) >= {"train", "test"}
    assert rows_of(made, [mend], answers) == list(range(15, 21))
    found = standing(made, [mend])
    assert (len(found.confirmed), set(found.by_chance)) == (12, {3, 4})
    assert build().counts()["unlabelled"] == 18


def test_a_row_confirmed_in_two_tabs_is_confirmed_once_or_changed(build: Callable[..., Dataset]) -> None:
    dataset = build()
    first = confirm_mend(standing(dataset, []), {3: "a", 4: "b"})
    now = standing(dataset, [first])
    with pytest.raises(TlcoreError, match="changes nothing"):
        confirm_mend(now, {3: "a", 4: "b", 77: "a", 5: ""})
    second = confirm_mend(now, {3: "b", 4: "b"})
    assert [(change.row, change.before, change.after) for change in second.changes] == [(3, "a", "b")]
    assert build((first, second)).outcomes[1].unfit == ()
    assert standing(dataset, [first, second]).label[3] == "b"


def test_the_tally_says_what_is_missing_and_when_it_is_worth_training(build: Callable[..., Dataset]) -> None:
    dataset = build()
    none = tally(standing(dataset, []), ("a", "b"))
    assert (none.counts, none.missing, none.can_train, none.is_worth) == ({"a": 1, "b": 0}, 9, False, False)
    few = [confirm_mend(standing(dataset, []), dict.fromkeys(range(3, 12), "b"), (3,))]
    some = tally(standing(dataset, few), ("a", "b"))
    assert (some.confirmed, some.by_chance, some.can_train, some.is_worth) == (9, 1, True, False)
    more = [*few, confirm_mend(standing(dataset, few), dict.fromkeys(range(12, 19), "a"))]
    assert tally(standing(dataset, more), ("a", "b")).is_worth
    assert not tally(standing(dataset, more), ("a", "b", "c")).is_worth
