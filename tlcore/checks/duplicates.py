"""The same text more than once."""

from __future__ import annotations

from tlcore.checks.base import INFO, Problem
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.splits import text_key


def duplicates(dataset: Dataset, facts: Facts) -> Problem | None:
    seen: set[str] = set()
    rows = []
    for row, text, source in zip(
        dataset.rows["row"][:], dataset.rows["text"][:], dataset.rows["source"][:], strict=True
    ):
        key = text_key(text)
        if source == "file" and key and key in seen:
            rows.append(row)
        seen.add(key)
    if not rows:
        return None
    many = "1 row repeats" if len(rows) == 1 else f"{len(rows):,} rows repeat"
    return Problem(
        "duplicates",
        f"{many} the text of an earlier row.",
        INFO,
        1 - len(rows) / max(1, facts.rows),
        "Nudge keeps equal texts on one side of the split, so that the test stays honest.",
        tuple(rows),
    )
