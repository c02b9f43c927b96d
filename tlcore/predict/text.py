"""How the columns of a row become one text, in training and in prediction alike."""

from __future__ import annotations

from collections.abc import Sequence

JOINER = " | "


def join_text(parts: Sequence[str]) -> str:
    """The parts that are not blank, one after the other."""
    return JOINER.join(part.strip() for part in parts if part.strip())
