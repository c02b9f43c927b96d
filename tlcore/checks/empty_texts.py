"""Rows without a text, or with so little of it that there is nothing to learn."""

from __future__ import annotations

import re

from tlcore.checks.base import INFO, WARNING, Problem, counted, leave_out, own_rows, quoted
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.splits import LEFT_OUT

MANY = 0.05
STANDS_FOR_NOTHING = {
    "n/a", "na", "nan", "null", "none", "nil", "nothing", "empty", "blank", "unknown", "tbd", "missing", "not available",
    "not applicable", "no text", "no comment", "no comments", "#n/a", "#ref!", "#value!", "#name?", "undefined",
}  # fmt: skip
"""What people and programs write into a cell that has nothing in it."""
PICTURE = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff]|[:;=]-?[()DPp/|*3O]|<3")
"""Smileys and other pictures: they can tell a mood."""


def empty_texts(dataset: Dataset, facts: Facts) -> Problem | None:
    notes: dict[int, str] = {}
    bare: list[int] = []
    for row, text, side in own_rows(dataset, "row", "text", "split"):
        if not text.strip():
            notes[row] = "no text"
        elif side != LEFT_OUT and says_nothing(text):
            notes[row] = f"only {quoted(text, 20)}"
            bare.append(row)
    if not notes:
        return None
    empty = len(notes) - len(bare)
    parts = [counted(empty, "row has", "rows have") + " no text"] if empty else []
    if bare:
        such = notes[bare[0]] if len(bare) == 1 else notes[bare[0]].replace("only", "such as", 1)
        parts.append(f"{counted(len(bare), 'row holds', 'rows hold')} no real text ({such})")
    share = len(notes) / max(1, facts.rows)
    return Problem(
        "empty_texts",
        f"{' and '.join(parts)}.",
        WARNING if share > MANY else INFO,
        1 - share,
        "There is nothing in them to learn from: a model can only guess there."
        + (" Rows without any text are left out already; nothing is deleted from your file." if empty else ""),
        tuple(notes),
        (leave_out(tuple(bare)),) if bare else (),
        tuple(notes.values()),
    )


def says_nothing(text: str) -> bool:
    """Whether a text that is not empty holds no word at all, one letter, or a word for nothing."""
    plain = text.strip().casefold()
    if len(plain) > 40:
        return False
    letters = sum(sign.isalpha() for sign in plain)
    word = letters > 1 or (letters == 1 and ord(max(plain)) > 0x2E7F)  # one Chinese sign can be a word
    return not PICTURE.search(plain) and (not word or plain in STANDS_FOR_NOTHING)
