"""What a model wrote, held to the label set: a label that was asked for, or none. Loads without torch."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

AROUND = " \t\r\n\"'“”‘’`*.:;,!<>[]()"
"""What models put around a word."""
LEADING = re.compile(r"^(the )?(label|answer|category|class)\s*(is|:|=)\s*", re.IGNORECASE)
FENCE = re.compile(r"^```\w*\s*|\s*```$")


@dataclass(frozen=True)
class Reply:
    """One answer of an API as it came. text: what was written. cut: it was too long and ends in the middle. refused: the
    model would not. pieces: (token, log-probability) of the text where given. read, written: tokens that are paid."""

    text: str
    read: int = 0
    written: int = 0
    cut: bool = False
    refused: bool = False
    pieces: tuple[tuple[str, float], ...] = ()


def said_label(text: str, labels: Sequence[str]) -> str | None:
    """The label that an answer names: {"label": ...} or the bare word; whole, exact or but for case; else None.

    Never a guess: an invented label, two labels or a sentence about one is None.
    """
    stripped = FENCE.sub("", text.strip())
    try:
        value = json.loads(stripped)
    except ValueError:
        return _match(LEADING.sub("", stripped.strip(AROUND)), labels)
    if isinstance(value, dict):
        value = value.get("label")
    return _match(str(value), labels) if isinstance(value, str | int | float) else None


def _match(said: str, labels: Sequence[str]) -> str | None:
    for one in (said, said.strip(), said.strip(AROUND)):
        if one in labels:
            return one
    plain = said.strip(AROUND).casefold()
    fits = [label for label in labels if label.strip(AROUND).casefold() == plain]
    return fits[0] if len(fits) == 1 else None


def is_garbled(text: str) -> bool:
    """Whether it begins as JSON and does not end as such: then it is worth asking once more."""
    stripped = FENCE.sub("", text.strip())
    if not stripped.startswith("{"):
        return False
    try:
        json.loads(stripped)
    except ValueError:
        return True
    return False


def confidence_of(reply: Reply, label: str) -> float | None:
    """The probability the model gave to the pieces in which it wrote the label; None where the API does not tell."""
    whole = "".join(piece for piece, _ in reply.pieces)
    begin = whole.rfind(label)
    if begin < 0:
        return None
    total, place, end = 0.0, 0, begin + len(label)
    for piece, logprob in reply.pieces:
        if place < end and place + len(piece) > begin:
            total += logprob
        place += len(piece)
    return float(min(1.0, math.exp(total))) if math.isfinite(total) else None


def number(value: Any) -> int:
    """A count of tokens as an API gives it; 0 for what is none."""
    return int(value) if isinstance(value, int | float) and value >= 0 else 0
