"""The report of a run: scores with intervals beside their baselines, per class, confusion, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.datasets import TEST, Dataset
from tlcore.evaluate.bootstrap import macro_f1_difference, macro_f1_interval
from tlcore.evaluate.metrics import classification_scores, confusion, per_class, to_ids
from tlcore.predict.predictor import Answers

OTHER = "(not known to the model)"


@dataclass(frozen=True)
class TestRows:
    """The test side: truth, the model's answers, and each baseline's answers by name."""

    truth: Sequence[str]
    answers: Answers
    baselines: dict[str, Sequence[str]]


def scored(
    truth: Sequence[str], answers: Sequence[str], labels: Sequence[str], probabilities: Any = None
) -> dict[str, Any]:
    """Scores with the ends of macro-F1's interval."""
    low, high = macro_f1_interval(truth, answers, labels)
    return {**classification_scores(truth, answers, probabilities, labels), "macro_f1_low": low, "macro_f1_high": high}


def test_report(rows: TestRows, labels: Sequence[str]) -> dict[str, Any]:
    """test, baselines, difference (against TF-IDF), per_class, confusion."""
    answers = rows.answers.predictions
    names = list(labels)
    matrix = confusion(to_ids(rows.truth, names), to_ids(answers, names), len(names) + 1)
    if matrix[-1].sum() + matrix[:, -1].sum():
        names.append(OTHER)
    return {
        "test": scored(rows.truth, answers, labels, rows.answers.probabilities),
        "baselines": {name: scored(rows.truth, found, labels) for name, found in rows.baselines.items()},
        "difference": macro_f1_difference(rows.truth, answers, rows.baselines["tfidf"], labels),
        "per_class": per_class(rows.truth, answers, labels),
        "confusion": {"labels": names, "matrix": matrix[: len(names), : len(names)].tolist()},
    }


def save_predictions(
    dataset: Dataset, answers: Answers, path: Path, beside: Mapping[str, Sequence[str]] | None = None
) -> None:
    """predictions.parquet: row, source, text, label, prediction, confidence of every test row (of numbers low and high, too).

    beside: more columns, such as what the base model answers as it came.
    """
    import pyarrow
    import pyarrow.parquet

    part = dataset.part(TEST)
    table = {name: part[name][:] for name in ("row", "source", "text", "label")}
    table |= {"prediction": answers.predictions, "confidence": answers.confidence}
    table |= {name: list(column) for name, column in (beside or {}).items()}
    ranges = getattr(answers, "ranges", None)
    if ranges is not None:
        table |= {"low": [low for low, _ in ranges], "high": [high for _, high in ranges]}
    if hasattr(answers, "starts"):  # of pieces of a passage
        table["start"] = answers.starts
    pyarrow.parquet.write_table(pyarrow.table(table), path)
