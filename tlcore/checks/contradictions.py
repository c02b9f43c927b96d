"""The same text with different labels: no model can get both right."""

from __future__ import annotations

from collections import Counter, defaultdict

from tlcore.checks.base import WARNING, Problem
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.splits import text_key


def contradictions(dataset: Dataset, facts: Facts) -> Problem | None:
    labels: dict[str, list[str]] = defaultdict(list)
    rows: dict[str, list[int]] = defaultdict(list)
    for row, text, label, source in zip(
        *(dataset.rows[name][:] for name in ("row", "text", "label", "source")), strict=True
    ):
        if source == "file" and label is not None and text:
            labels[text_key(text)].append(label)
            rows[text_key(text)].append(row)
    clash = [key for key, found in labels.items() if len(set(found)) > 1]
    if not clash:
        return None
    lost = sum(len(labels[key]) - Counter(labels[key]).most_common(1)[0][1] for key in clash)
    ceiling = 1 - lost / max(1, facts.labelled)
    many = "1 text has" if len(clash) == 1 else f"{len(clash):,} texts have"
    return Problem(
        "contradictions",
        f"{many} different labels in different rows.",
        WARNING,
        ceiling,
        f"No model can get both right: at best {ceiling:.1%} of your rows. Mend the labels in the spreadsheet.",
        tuple(sorted(row for key in clash for row in rows[key])),
    )
