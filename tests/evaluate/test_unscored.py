"""tlcore.evaluate.unscored: answers to rows without a label, the least certain first; only where nothing can be scored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tlcore.datasets import Dataset, make_dataset
from tlcore.evaluate import unscored
from tlcore.label_info import LabelInfo
from tlcore.predict.predictor import Answers
from tlcore.tables import Table
from tlcore.tasks import get_task

INFOS = (LabelInfo("a", "The first."), LabelInfo("b", "The second."), LabelInfo("c", "Never."))


class Made:
    """Answers by the number in the text: even a, odd b; the larger the surer."""

    def predict(self, texts: list[str], progress: Any = None) -> Answers:
        numbers = [int(text.split()[-1]) for text in texts]
        sure = [number / 100 for number in numbers]
        shares = np.array([[number / 100, 0.25 * number / 100, 0.0] for number in numbers])
        return Answers(["ab"[number % 2] for number in numbers], sure, shares)


@pytest.fixture
def dataset(make_table: Callable[..., Table]) -> Callable[..., Dataset]:
    def build(labels: list[str]) -> Dataset:
        table = make_table(text=[f"text {i}" for i in range(len(labels))], label=labels)
        return make_dataset(table, get_task("classify"), {"text": ("text",), "label": ("label",)}, label_infos=INFOS)

    return build


def test_answers_spread_and_the_least_certain_come_first(dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    found = unscored.answer_unlabelled(dataset([""] * 80), Made(), tmp_path / "answers.parquet", lambda *_: None)  # type: ignore[arg-type]
    assert found == {"rows": 80, "of": 80, "answers": {"a": 40, "b": 40, "c": 0}, "unsure": 50}
    kept = pq.read_table(tmp_path / "answers.parquet").to_pylist()
    assert kept[0] == {"row": 2, "text": "text 0", "prediction": "a", "confidence": 0.0, "margin": 0.0}
    assert kept[-1]["margin"] == pytest.approx(0.75 * kept[-1]["confidence"])
    assert [row["confidence"] for row in kept] == sorted(row["confidence"] for row in kept)


def test_of_many_rows_a_sample_is_answered(
    dataset: Callable[..., Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unscored, "MOST_ANSWERED", 10)
    found = unscored.answer_unlabelled(dataset([""] * 80), Made(), tmp_path / "answers.parquet", lambda *_: None)  # type: ignore[arg-type]
    assert found is not None
    assert (found["rows"], found["of"]) == (10, 80)


def test_where_rows_are_scored_the_others_are_answered_all_the_same(
    dataset: Callable[..., Dataset], tmp_path: Path
) -> None:
    path = tmp_path / "answers.parquet"
    assert unscored.answer_unlabelled(dataset(["a", "b", *[""] * 20]), Made(), path, lambda *_: None) is None  # type: ignore[arg-type]
    assert sorted(pq.read_table(path)["row"].to_pylist()) == list(range(4, 24))


def test_where_every_row_has_a_label_nothing_is_kept(dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    path = tmp_path / "answers.parquet"
    assert unscored.answer_unlabelled(dataset(["a", "b"] * 10), Made(), path, lambda *_: None) is None  # type: ignore[arg-type]
    assert not path.exists()
