"""Classes with one row: it can be learnt from or tested on, not both."""

from __future__ import annotations

from tlcore.checks.base import WARNING, Fix, Problem, names
from tlcore.datasets import Dataset
from tlcore.facts import Facts


def single_rows(dataset: Dataset, facts: Facts) -> Problem | None:
    single = sorted(label for label, count in facts.classes.items() if count == 1)
    if not single:
        return None
    pairs = zip(dataset.rows["row"][:], dataset.rows["label"][:], dataset.rows["source"][:], strict=True)
    rows = tuple(row for row, label, source in pairs if label in single and source == "file")
    many = "1 class has" if len(single) == 1 else f"{len(single):,} classes have"
    return Problem(
        "single_rows",
        f"{many} a single row: {names(single)}.",
        WARNING,
        1 - len(single) / len(facts.classes),
        "Nudge learns from that row but cannot say how well the class is known.",
        rows,
        (Fix("leave_out", "Leave out", tuple(single)),),
    )
