"""Nearly the same text more than once: a typo, a word, a sign apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlcore.checks.base import INFO, Fix, Problem
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.near import how_far
from tlcore.splits import LEFT_OUT, text_key

if TYPE_CHECKING:
    from tlcore.checks.evidence import Evidence


def near_duplicates(dataset: Dataset, facts: Facts, evidence: Evidence) -> Problem | None:
    """Rows that nearly repeat an earlier one; those that repeat it exactly are the business of `duplicates`."""
    first: dict[int, tuple[int, str | None]] = {}
    seen: set[str] = set()
    twins: dict[int, int] = {}
    spare: list[int] = []
    columns = (dataset.rows[name][:] for name in ("row", "text", "label", "source", "split"))
    for group, row, text, label, source, side in zip(evidence.groups(dataset), *columns, strict=True):
        if source != "file" or side == LEFT_OUT or not text:
            continue
        if group in first and text_key(text) not in seen:
            twins[row] = first[group][0]
            if label is None or label == first[group][1]:
                spare.append(row)
        first.setdefault(group, (row, label))
        seen.add(text_key(text))
    if not twins:
        return None
    many = "1 row says" if len(twins) == 1 else f"{len(twins):,} rows say"
    some = "the repeated row" if len(spare) == 1 else f"{len(spare):,} repeated rows"
    return Problem(
        "near_duplicates",
        f"{many} nearly the same as an earlier row.",
        INFO,
        1 - len(twins) / max(1, facts.rows),
        " ".join(
            ("Such rows teach little that is new, and count more than once in the score.", how_far(len(seen)))
        ).strip(),
        tuple(twins),
        (Fix("leave_out", f"Leave out {some}", rows=tuple(spare)),) if spare else (),
        tuple(f"nearly the same as row {twin}" for twin in twins.values()),
    )
