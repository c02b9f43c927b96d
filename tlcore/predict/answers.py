"""From what a model's head gives to answers: one label, every label that fits, or an amount. numpy only; it travels in the zip.

`answer` in nudge.json says which: {"kind": "one"}, as where it is missing; {"kind": "several", "thresholds": [one a label]};
{"kind": "number", "mean", "scale" (of what was learned from), "low", "high" (seen), "below", "above" (how far off on rows
that were held back, nine times in ten)}.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

ONE, SEVERAL, NUMBER, SPANS = "one", "several", "number", "spans"
JOIN = ";"
NO_LABEL = "(none)"
"""What stands in a cell where no label fits: an empty one is a row without an answer."""
HALF = 0.5


@dataclass(frozen=True)
class Answers:
    """One answer a text. predictions: the label, the labels joined, or the number; "" where the text is blank.

    confidence: how sure it is, 0 to 1 (one: the label's probability; several: that of the least certain of its decisions), nan
    where blank and for numbers. probabilities: float32 [texts, outputs] of the head, nan where blank; for a number, the number.
    ranges: low and high end of each number, else None.
    """

    predictions: list[str]
    confidence: list[float]
    probabilities: np.ndarray
    ranges: list[tuple[float, float]] | None = None

    def columns(self) -> dict[str, list[str]]:
        """What is added to a sheet, in order, as text; the answer first."""
        if self.ranges is None:
            sure = ["" if math.isnan(value) else f"{value:.4f}" for value in self.confidence]
            return {"prediction": self.predictions, "confidence": sure}
        ends = [["" if math.isnan(pair[i]) else number_text(pair[i]) for pair in self.ranges] for i in (0, 1)]
        return {"prediction": self.predictions, "low": ends[0], "high": ends[1]}


def kind_of(answer: Mapping[str, Any] | None) -> str:
    return str((answer or {}).get("kind", ONE))


def outputs_of(answer: Mapping[str, Any] | None, labels: Sequence[str]) -> int:
    """How many numbers the head must give for a text."""
    return 1 if kind_of(answer) == NUMBER else len(labels)


def read_head(answer: Mapping[str, Any] | None, head: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Features [texts, width] and a head's tensors -> probabilities [texts, labels], or numbers [texts, 1] in the user's units."""
    scores = features @ head["weight"].T + head["bias"]
    kind = kind_of(answer)
    if kind == SEVERAL:
        return sigmoid(scores)
    if kind == NUMBER and answer is not None:
        return in_units(answer, scores)
    if "platt_a" in head:
        # Platt's scaling of each class against the rest, then made to sum to one.
        each = 1.0 / (1.0 + np.exp(head["platt_a"] * scores + head["platt_b"]))
        return each / np.maximum(each.sum(1, keepdims=True), 1e-9)
    scores = np.exp(scores - scores.max(1, keepdims=True))
    return scores / scores.sum(1, keepdims=True)


def sigmoid(scores: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(scores, -60, 60)))


def in_units(answer: Mapping[str, Any], scores: np.ndarray) -> np.ndarray:
    """Standardised scores as numbers, none beyond what was seen."""
    return np.clip(answer["mean"] + answer["scale"] * scores, answer["low"], answer["high"])


def to_answers(answer: Mapping[str, Any] | None, labels: Sequence[str], outputs: np.ndarray) -> Answers:
    """What is said for each row of outputs [texts, labels or 1]; a row of nan is a blank text."""
    blank = np.isnan(outputs[:, 0]) if len(outputs) else np.zeros(0, dtype=bool)
    kind = kind_of(answer)
    if kind == NUMBER:
        return _numbers(answer or {}, outputs, blank)
    return _several(answer or {}, labels, outputs, blank) if kind == SEVERAL else _one(labels, outputs, blank)


def _one(labels: Sequence[str], outputs: np.ndarray, blank: np.ndarray) -> Answers:
    best = np.where(blank[:, None], 0, outputs).argmax(1)
    predictions = ["" if empty else labels[b] for empty, b in zip(blank, best.tolist(), strict=True)]
    return Answers(predictions, [float(v) for v in outputs[np.arange(len(outputs)), best]], outputs)


def _several(answer: Mapping[str, Any], labels: Sequence[str], outputs: np.ndarray, blank: np.ndarray) -> Answers:
    said = outputs >= thresholds_of(answer, len(labels))
    sure = np.where(said, outputs, 1 - outputs).min(1) if len(outputs) else np.zeros(0)
    predictions = [
        "" if empty else join_labels(labels[i] for i in np.flatnonzero(row).tolist())
        for empty, row in zip(blank, said, strict=True)
    ]
    return Answers(predictions, [float(v) for v in sure], outputs)


def thresholds_of(answer: Mapping[str, Any], labels: int) -> np.ndarray:
    """The probability from which on each label is said."""
    found = answer.get("thresholds")
    return np.array(found, dtype=np.float32) if found else np.full(labels, HALF, dtype=np.float32)


def _numbers(answer: Mapping[str, Any], outputs: np.ndarray, blank: np.ndarray) -> Answers:
    digits = digits_for(float(answer["high"]) - float(answer["low"]))
    values = [float(v) for v in outputs[:, 0]]
    predictions = ["" if empty else number_text(round(v, digits)) for empty, v in zip(blank, values, strict=True)]
    ranges = [
        (
            round(max(answer["low"], v - answer["below"]), digits),
            round(min(answer["high"], v + answer["above"]), digits),
        )
        if not empty
        else (math.nan, math.nan)
        for empty, v in zip(blank, values, strict=True)
    ]
    return Answers(predictions, [math.nan] * len(values), outputs, ranges)


def digits_for(span: float) -> int:
    """Places behind the point, so that the seen range has about a thousand steps; more would be claimed, not known."""
    return max(0, 3 - math.floor(math.log10(span))) if span > 0 else 2


def number_text(value: float) -> str:
    """A number as a spreadsheet has it: "4", "3.25"."""
    text = f"{value:.10g}" if abs(value) < 1e10 else repr(value)
    return "0" if text == "-0" else text


def join_labels(labels: Any) -> str:
    """Labels as one cell, in the order of their names; NO_LABEL for none."""
    return JOIN.join(sorted(labels)) or NO_LABEL


def parted(cell: str, mark: str = JOIN) -> tuple[str, ...]:
    """The opposite: distinct labels in the order of their names; () for NO_LABEL and for a blank cell."""
    found = sorted({part.strip() for part in cell.split(mark)} - {"", NO_LABEL})
    return tuple(found)
