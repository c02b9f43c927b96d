"""Texts unlike all the others, and texts that are no words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlcore.checks.base import INFO, PLACE, Problem, counted, leave_out, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts

if TYPE_CHECKING:
    from tlcore.checks.evidence import Evidence

FEWEST_ROWS = 50
FAR = 5.0
"""Below the typical nearness to the nearest rows by so many robust deviations (1.4826 times the median absolute deviation)."""
MOST_SHARE = 0.02
"""Where more rows than this are far from the others, being far is nothing special."""
_LETTERS = re.compile(r"[^\W\d_]")
_ONE_AGAIN = re.compile(r"(\S)\1{7,}")
_LATIN = re.compile(r"[a-z]+")
_VOWELS = frozenset("aeiouy")


def outliers(dataset: Dataset, facts: Facts, evidence: Evidence) -> Problem | None:
    rows: list[tuple[int, int]] = []
    found: dict[int, tuple[float, str]] = {}
    for place, row, text in used_rows(dataset, PLACE, "row", "text"):
        if text:
            rows.append((place, row))
            if no_words(text):
                found[row] = (-1.0, "no words")
    for row, near in _far(evidence, rows).items():
        found.setdefault(row, (near, "unlike the other rows"))
    if not found:
        return None
    ordered = tuple(sorted(found, key=lambda row: (found[row][0], row)))
    return Problem(
        "outliers",
        f"{counted(len(ordered), 'text is', 'texts are')} unlike the rest.",
        INFO,
        1 - len(ordered) / max(1, facts.rows),
        "They may be mistakes, another language or another subject. If the model will never be asked such things, leave them out.",
        ordered,
        (leave_out(ordered),),
        tuple(found[row][1] for row in ordered),
    )


def no_words(text: str) -> bool:
    """One sign over and over, or a dozen Latin letters or more with hardly a vowel among them, such as "sdfgsdfgh jkl"."""
    if _ONE_AGAIN.search(text) and len(set(text.casefold())) <= 4:
        return True
    letters = "".join(_LATIN.findall(text.casefold()))
    if len(letters) < 12 or len(letters) < 0.8 * len(_LETTERS.findall(text)):
        return False
    return sum(letter in _VOWELS for letter in letters) < 0.12 * len(letters)


def _far(evidence: Evidence, rows: list[tuple[int, int]]) -> dict[int, float]:
    """Row -> nearness; rows: place and number. Of those much farther from their nearest rows than is usual here."""
    import numpy as np

    if len(rows) < FEWEST_ROWS:
        return {}
    near = evidence.nearness[[place for place, _ in rows]]
    middle = float(np.median(near))
    deviation = 1.4826 * float(np.median(np.abs(near - middle)))
    far = np.flatnonzero(near < middle - FAR * max(deviation, 1e-3))
    if len(far) > MOST_SHARE * len(rows):
        return {}
    return {rows[i][1]: float(near[i]) for i in far}
