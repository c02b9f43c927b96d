"""Rows without a text or a label: kept, listed, not learned from."""

from __future__ import annotations

from tlcore.checks.base import INFO, Problem
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.splits import LEFT_OUT, UNLABELLED


def not_used(dataset: Dataset, facts: Facts) -> Problem | None:
    pairs = zip(dataset.rows["row"][:], dataset.rows["split"][:], dataset.rows["source"][:], strict=True)
    rows = tuple(row for row, side, source in pairs if side in (LEFT_OUT, UNLABELLED) and source == "file")
    if not rows:
        return None
    empty = dataset.counts().get(LEFT_OUT, 0)
    many = "1 row is" if len(rows) == 1 else f"{len(rows):,} rows are"
    why = f"{facts.unlabelled:,} without a label" + (f", {empty:,} left out" if empty else "")
    return Problem(
        "not_used",
        f"{many} not learned from: {why}.",
        INFO,
        1 - len(rows) / max(1, facts.rows),
        "They stay in your file and are listed here. Fill in their labels to use them.",
        rows,
    )
