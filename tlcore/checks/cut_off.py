"""Texts longer than the model reads."""

from __future__ import annotations

from tlcore.checks.base import INFO, WARNING, Problem
from tlcore.datasets import Dataset
from tlcore.facts import Facts

MANY = 0.1


def cut_off(dataset: Dataset, facts: Facts) -> Problem | None:
    if not facts.cut_off:
        return None
    share = facts.cut_off / max(1, facts.rows)
    about = "About " if facts.estimated else ""
    many = "1 text is" if facts.cut_off == 1 else f"{facts.cut_off:,} texts are"
    return Problem(
        "cut_off",
        f"{about}{many} cut off after {facts.max_length} word pieces (about {facts.max_length * 3 // 4} words).",
        WARNING if share > MANY else INFO,
        1 - share,
        "What comes later in these texts is not read. “Longest text read” in Plan can be raised; training then takes longer.",
    )
