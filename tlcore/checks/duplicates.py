"""The same text more than once."""

from __future__ import annotations

from array import array

from tlcore.checks.base import INFO, Problem, counted, find_repeats, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.splits import text_number

NOTHING = text_number("")


def duplicates(dataset: Dataset, facts: Facts) -> Problem | None:
    keys, rows, labels = array("Q"), array("q"), list[str | None]()
    for row, same, label in used_rows(dataset, "row", "same", "label"):
        if same != NOTHING:
            keys.append(same)
            rows.append(row)
            labels.append(label)
    repeats = find_repeats(keys, rows, labels)
    if not repeats.twins:
        return None
    return Problem(
        "duplicates",
        f"{counted(len(repeats.twins), 'row repeats', 'rows repeat')} the text of an earlier row.",
        INFO,
        1 - len(repeats.twins) / max(1, facts.rows),
        "They teach nothing new, and count more than once in the score. The test stays honest all the same: Nudge never learns from "
        "one of these rows and tests on another with the same text.",
        tuple(repeats.twins),
        repeats.fixes(),
        tuple(f"says the same as row {twin:,}" for twin in repeats.twins.values()),
    )
