"""Answers that nobody can score, because no row has a label: how they spread, and which are the least and the most certain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.datasets import TEST, UNLABELLED, Dataset
from tlcore.predict.predictor import Predictor

MOST_ANSWERED = 1_000
"""Of more rows without a label so many are answered here, drawn by the seed; the Use screen answers them all."""
UNSURE = 0.5
ROWS_TO_LABEL = (50, 100, 200)
"""How many rows one might label for a score."""


def answer_unlabelled(
    dataset: Dataset, predictor: Predictor, path: Path, progress: Callable[[int, int], None]
) -> dict[str, Any] | None:
    """Answer the rows without a label and keep that in `path` (row, text, prediction, confidence, margin; the least certain first).

    margin: how much likelier the answer is than the next best label. Where rows are scored too, only a classifier's answers are kept.

    Returns rows, of (how many there are), answers (label -> rows) and unsure (rows with a confidence below UNSURE); None where
    every row has a label, or some are scored.
    """
    import pyarrow
    import pyarrow.parquet

    scored = bool(dataset.counts().get(TEST, 0))
    if scored and dataset.task.name != "classify":
        return None
    part = dataset.part(UNLABELLED)
    total = len(part)
    if not total:
        return None
    chosen = np.arange(total)
    if total > MOST_ANSWERED:
        chosen = np.sort(np.random.default_rng(dataset.seed).choice(total, MOST_ANSWERED, replace=False))
    rows, texts = np.array(part["row"][:])[chosen], [part["text"][int(i)] for i in chosen]
    found = predictor.predict(texts, progress)
    order = np.argsort(np.array(found.confidence), kind="stable")
    table = {
        "row": rows[order].tolist(), "text": [texts[i] for i in order],
        "prediction": [found.predictions[i] for i in order], "confidence": [found.confidence[i] for i in order],
        "margin": margins(found.probabilities)[order].tolist(),
    }  # fmt: skip
    pyarrow.parquet.write_table(pyarrow.table(table), path)
    if scored:
        return None
    counts = Counter(found.predictions)
    return {
        "rows": len(texts), "of": total, "answers": {label: counts.get(label, 0) for label in dataset.labels},
        "unsure": int(sum(value < UNSURE for value in found.confidence)),
    }  # fmt: skip


def margins(probabilities: np.ndarray) -> np.ndarray:
    """How far the likeliest label of each text is ahead of the next, [texts] of probabilities [texts, labels]."""
    ordered = np.sort(np.nan_to_num(np.asarray(probabilities, dtype=float)), axis=1)
    return ordered[:, -1] - ordered[:, -2] if ordered.shape[1] > 1 else ordered[:, -1]
