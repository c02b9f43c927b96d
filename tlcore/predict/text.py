"""How the columns of a row become one text, in training and in prediction alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

JOINER = " | "
PART = "\x1f"
"""Between the parts of what a model reads, where these are several things (a question and a passage): never in a text."""


def join_text(parts: Sequence[str]) -> str:
    """The parts that are not blank, one after the other."""
    return JOINER.join(part.strip() for part in parts if part.strip())


def packed(parts: Sequence[str]) -> str:
    """Several things to read as one text, "" where the last of them is blank: that is what the answer is about."""
    clean = [part.replace(PART, " ").strip() for part in parts]
    return PART.join(clean) if clean and clean[-1] else ""


BESIDE = "image"
"""A role whose column stands beside the text: of a row that lacks one of the two, the other is read."""


def beside(parts: Sequence[str]) -> str:
    """Several things of which any is enough as one text; "" where all are blank."""
    clean = [part.replace(PART, " ").strip() for part in parts]
    return PART.join(clean) if any(clean) else ""


def parts_of(text: str) -> list[str]:
    """The opposite."""
    return text.split(PART)


def model_text(reads: Mapping[str, Sequence[str]], cells: Mapping[str, str]) -> str:
    """What a model reads of a row. reads: its roles and their columns, in order; cells: by column."""
    parts = [join_text([cells[column] for column in columns]) for columns in reads.values()]
    if len(parts) == 1:
        return parts[0]
    return beside(parts) if BESIDE in reads else packed(parts)
