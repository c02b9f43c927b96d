"""tlcore.evaluate.report: scores beside their baselines, a confusion matrix with names, the test rows to read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet

from tlcore.datasets import TEST, Dataset
from tlcore.evaluate import report
from tlcore.predict.predictor import Answers
from tlcore.tables import Table

LABELS = ["a", "b", "c"]


def answers(names: list[str]) -> Answers:
    probabilities = np.full((len(names), 3), 0.1, dtype=np.float32)
    for row, name in enumerate(names):
        probabilities[row, LABELS.index(name)] = 0.8
    return Answers(names, [0.8] * len(names), probabilities)


def made(truth: list[str], found: list[str]) -> dict:
    rows = report.TestRows(
        truth, answers(found), {"majority": ["a"] * len(truth), "tfidf": [*truth[:1], *["b"] * (len(truth) - 1)]}
    )
    return report.test_report(rows, LABELS)


def test_the_report_has_the_model_beside_both_baselines_with_intervals() -> None:
    truth = LABELS * 20
    found = made(truth, truth)
    assert (found["test"]["macro_f1"], found["test"]["wrong"], found["test"]["auroc"]) == (1.0, 0, 1.0)
    for name in ("majority", "tfidf"):
        scores = found["baselines"][name]
        assert scores["macro_f1_low"] <= scores["macro_f1"] <= scores["macro_f1_high"] < 1
        assert scores["auroc"] is None
    assert found["difference"]["real"] is True
    assert found["difference"]["macro_f1"] > 0.5
    assert json.loads(json.dumps(found)) == found


def test_the_confusion_matrix_sums_to_the_rows_and_names_its_classes() -> None:
    found = made(["a", "b", "c", "c"], ["a", "a", "c", "b"])["confusion"]
    assert found == {"labels": LABELS, "matrix": [[1, 0, 0], [1, 0, 0], [0, 1, 1]]}


def test_a_class_the_model_cannot_know_gets_a_row_of_its_own() -> None:
    found = made(["a", "new", "c"], ["a", "a", "c"])
    assert found["confusion"]["labels"] == [*LABELS, report.OTHER]
    assert found["confusion"]["matrix"][3] == [1, 0, 0, 0]
    assert np.sum(found["confusion"]["matrix"]) == 3
    assert [row["label"] for row in found["per_class"]].count("new") == 0
    assert found["test"]["wrong"] == 1


def test_the_test_rows_are_kept_to_be_read(
    classify: Callable[..., Dataset], make_table: Callable[..., Table], tmp_path: Path
) -> None:
    texts = [f"this is text {i}" for i in range(30)]
    test = make_table("test.csv", text=["one", "two"], label=["a", "c"])
    dataset = classify(texts, LABELS * 10, test=test)
    report.save_predictions(dataset, answers(["a", "b"]), tmp_path / "predictions.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "predictions.parquet").to_pydict()
    assert list(table) == ["row", "source", "text", "label", "prediction", "confidence"]
    assert table["row"] == [2, 3]
    assert table["text"] == dataset.texts(TEST) == ["one", "two"]
    assert table["label"] == ["a", "c"]
    assert table["prediction"] == ["a", "b"]
    assert table["source"] == ["test file"] * 2
