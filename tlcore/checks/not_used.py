"""Rows that are not learned from, though they hold a text: without a label, or left out by the user."""

from __future__ import annotations

from tlcore.checks.base import INFO, Problem, counted, own_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.splits import LEFT_OUT, UNLABELLED


def not_used(dataset: Dataset, facts: Facts) -> Problem | None:
    notes: dict[int, str] = {}
    for row, text, side, why in own_rows(dataset, "row", "text", "split", "why"):
        if side == UNLABELLED and dataset.label_infos:  # these are answered, and may be learned from as they are
            continue
        if side in (LEFT_OUT, UNLABELLED) and text.strip():  # without a text: see empty_texts
            notes[row] = "no label" if side == UNLABELLED else why
    if not notes:
        return None
    bare = sum(note == "no label" for note in notes.values())
    parts = [f"{bare:,} without a label"] if bare else []
    parts += [f"{len(notes) - bare:,} left out"] if len(notes) > bare else []
    return Problem(
        "not_used",
        f"{counted(len(notes), 'row is', 'rows are')} not learned from: {', '.join(parts)}.",
        INFO,
        1 - len(notes) / max(1, facts.rows),
        "They stay in your file and are listed here." + (" Fill in their labels to use them." if bare else ""),
        tuple(notes),
        notes=tuple(notes.values()),
    )
