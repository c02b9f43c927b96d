"""Classes with a handful of rows: their score rests on one or two test rows."""

from __future__ import annotations

from collections.abc import Sequence

from tlcore.checks.base import WARNING, Fix, Problem, counted, names, quoted, used_rows
from tlcore.checks.label_variants import merged_classes
from tlcore.datasets import Dataset
from tlcore.facts import Facts

FEW = 8
"""Below this, a fifth of the rows is less than two: a class's score is then right or wrong by one row."""
ENOUGH = 30
"""About this many rows a class gives six test rows: a score that no longer hangs on one of them."""
REST = {
    "other", "others", "misc", "miscellaneous", "rest", "sonstiges", "andere", "autre", "autres", "otros", "altro", "overig",
}  # fmt: skip


def small_classes(dataset: Dataset, facts: Facts) -> Problem | None:
    small = sorted(label for label, count in merged_classes(dataset, facts).items() if 1 < count < FEW)
    if not small:
        return None
    missing = sum(ENOUGH - facts.classes[label] for label in small)
    return Problem(
        "small_classes",
        f"{counted(len(small), 'class has', 'classes have')} fewer than {FEW} rows: {names(small)}.",
        WARNING,
        1 - 0.5 * len(small) / len(facts.classes),
        f"Each is tested on one or two rows, so its score is mostly luck. Best is more rows: about {ENOUGH} for each such class "
        f"({missing:,} more in all). Or {_instead(len(small))}; the model then never answers with {'it' if len(small) == 1 else 'them'}.",
        rows_of(dataset, small),
        rare_fixes(small, facts),
    )


def _instead(count: int) -> str:
    return "put it into another class, or leave it out" if count == 1 else "put them together, or leave them out"


def rare_fixes(labels: Sequence[str], facts: Facts) -> tuple[Fix, ...]:
    """What can be done with classes of too few rows: into one class for the rest, or left out. Never so that one class is left."""
    rest = next((label for label in facts.classes if label.casefold() in REST and label not in labels), None)
    to = rest or "other"
    moved = tuple(label for label in labels if label != to)
    large = len(facts.classes) - len(labels)
    fixes = []
    if moved and large >= (1 if rest is None else 2) and (rest is not None or len(moved) > 1):
        fixes.append(Fix("merge", f"Put into {quoted(to)}", moved, to=to))
    if large >= 2:
        fixes.append(
            Fix(
                "leave_out",
                f"Leave out {'this class' if len(labels) == 1 else f'these {len(labels):,} classes'}",
                tuple(labels),
            )
        )
    return tuple(fixes)


def rows_of(dataset: Dataset, labels: Sequence[str]) -> tuple[int, ...]:
    """The rows of the user's file, as far as they are used, that have one of the labels."""
    wanted = set(labels)
    return tuple(row for row, label in used_rows(dataset, "row", "label") if label in wanted)
