"""The same text more than once."""

from __future__ import annotations

from tlcore.checks.base import INFO, Fix, Problem
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.splits import LEFT_OUT, text_key


def duplicates(dataset: Dataset, facts: Facts) -> Problem | None:
    first: dict[str, tuple[int, str | None]] = {}
    twins: dict[int, int] = {}
    spare: list[int] = []
    columns = (dataset.rows[name][:] for name in ("row", "text", "label", "source", "split"))
    for row, text, label, source, side in zip(*columns, strict=True):
        key = text_key(text)
        if source != "file" or side == LEFT_OUT or not key:
            continue
        if key in first:
            twins[row] = first[key][0]
            if label is None or label == first[key][1]:
                spare.append(row)  # one with another label is a contradiction, and for a person to decide
        first.setdefault(key, (row, label))
    if not twins:
        return None
    many = "1 row repeats" if len(twins) == 1 else f"{len(twins):,} rows repeat"
    some = "the repeated row" if len(spare) == 1 else f"{len(spare):,} repeated rows"
    return Problem(
        "duplicates",
        f"{many} the text of an earlier row.",
        INFO,
        1 - len(twins) / max(1, facts.rows),
        "Nudge keeps equal texts on one side of the split, so that the test stays honest. They teach nothing new, and count "
        "more than once in the score.",
        tuple(twins),
        (Fix("leave_out", f"Leave out {some}", rows=tuple(spare)),) if spare else (),
        tuple(f"says the same as row {twin}" for twin in twins.values()),
    )
