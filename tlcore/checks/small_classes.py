"""Classes with a handful of rows: their score rests on one or two test rows."""

from __future__ import annotations

from collections.abc import Sequence

from tlcore.checks.base import WARNING, Fix, Problem, names
from tlcore.checks.label_variants import merged_classes
from tlcore.datasets import Dataset
from tlcore.facts import Facts

FEW = 8
"""Below this, a fifth of the rows is less than two: a class's score is then right or wrong by one row."""
ENOUGH = 30
"""About this many rows a class gives six test rows: a score that no longer hangs on one of them."""
REST = (
    "other",
    "others",
    "misc",
    "miscellaneous",
    "rest",
    "sonstiges",
    "andere",
    "autre",
    "autres",
    "otros",
    "altro",
    "overig",
)


def small_classes(dataset: Dataset, facts: Facts) -> Problem | None:
    small = sorted(label for label, count in merged_classes(dataset, facts).items() if 1 < count < FEW)
    if not small:
        return None
    many = "1 class has" if len(small) == 1 else f"{len(small):,} classes have"
    missing = sum(ENOUGH - facts.classes[label] for label in small)
    return Problem(
        "small_classes",
        f"{many} fewer than {FEW} rows: {names(small)}.",
        WARNING,
        1 - 0.5 * len(small) / len(facts.classes),
        f"Their scores will rest on one or two rows. Best is more rows: with about {ENOUGH} rows a class ({missing:,} more in all) "
        "a score no longer hangs on one row. Else put them together, or leave them out; the model then never answers with them.",
        rows_of(dataset, small),
        rare_fixes(small, facts),
    )


def rare_fixes(labels: Sequence[str], facts: Facts) -> tuple[Fix, ...]:
    """What can be done with classes of too few rows: into one class for the rest, or left out. Never so that one class is left."""
    rest = next((label for label in facts.classes if label.casefold() in REST and label not in labels), None)
    to = rest or "other"
    moved = tuple(label for label in labels if label != to)
    large = len(facts.classes) - len(labels)
    fixes = []
    if moved and large >= (1 if rest is None else 2) and (rest is not None or len(moved) > 1):
        fixes.append(Fix("merge", f"Put into {names([to])}", moved, to=to))
    if large >= 2:
        fixes.append(Fix("leave_out", "Leave out", tuple(labels)))
    return tuple(fixes)


def rows_of(dataset: Dataset, labels: Sequence[str]) -> tuple[int, ...]:
    """The rows of the user's file that have one of the labels."""
    wanted = set(labels)
    columns = (dataset.rows[name][:] for name in ("row", "label", "source"))
    return tuple(row for row, label, source in zip(*columns, strict=True) if label in wanted and source == "file")
