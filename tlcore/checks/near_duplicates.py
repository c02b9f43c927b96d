"""Nearly the same text more than once: a typo, a word, a sign apart."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from tlcore.checks.base import INFO, PLACE, Problem, counted, find_repeats, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.near import how_far
from tlcore.splits import text_number

if TYPE_CHECKING:
    from tlcore.checks.evidence import Evidence

NOTHING = text_number("")


def near_duplicates(dataset: Dataset, facts: Facts, evidence: Evidence) -> Problem | None:
    """Rows that nearly repeat an earlier one; those that repeat it exactly are the business of `duplicates`."""
    groups = evidence.groups(dataset)
    seen: set[int] = set()
    keys, rows, labels = array("q"), array("q"), list[str | None]()
    for place, row, same, label in used_rows(dataset, PLACE, "row", "same", "label"):
        if same != NOTHING and same not in seen:
            seen.add(same)
            keys.append(groups[place])
            rows.append(row)
            labels.append(label)
    repeats = find_repeats(keys, rows, labels)
    if not repeats.twins:
        return None
    return Problem(
        "near_duplicates",
        f"{counted(len(repeats.twins), 'row says', 'rows say')} nearly the same as an earlier row.",
        INFO,
        1 - len(repeats.twins) / max(1, facts.rows),
        f"Such rows teach little that is new, and count more than once in the score. {how_far(len(seen))}".strip(),
        tuple(repeats.twins),
        repeats.fixes(),
        tuple(f"nearly the same as row {twin:,}" for twin in repeats.twins.values()),
    )
