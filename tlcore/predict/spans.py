"""Names in a text: from what a model says of each word to spans with their kind. Travels in the zip: numpy only.

A span is {"start", "end" (characters; the end is the first one after it), "label"}, in answers also "text" and "confidence".
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .answers import SPANS as SPANS
from .windows import TokenPredictor, Window, first_tokens, shapes_of, token_shapes, units

OUTSIDE = "O"
NEVER = -1e9
Span = dict[str, Any]


def tags_of(labels: Sequence[str]) -> list[str]:
    """O, then B- and I- of each label: what a word can be (Ramshaw and Marcus 1995, cmp-lg/9505040)."""
    return [OUTSIDE, *(f"{part}-{label}" for label in labels for part in "BI")]


def best_tags(scores: np.ndarray) -> np.ndarray:
    """The likeliest tags of the words of one text in which no I follows but a B or I of its own kind (Viterbi 1967).

    scores: log-probabilities [words, tags], tags as `tags_of` has them; -> int [words].
    """
    many = scores.shape[1]
    allowed = np.zeros((many, many))
    for tag in range(2, many, 2):  # the I tags
        allowed[:, tag] = NEVER
        allowed[[tag - 1, tag], tag] = 0.0
    begin = np.where((np.arange(many) > 0) & (np.arange(many) % 2 == 0), NEVER, 0.0)
    if not len(scores):
        return np.zeros(0, dtype=int)
    best, came = scores[0] + begin, np.zeros(scores.shape, dtype=int)
    for i in range(1, len(scores)):
        ways = best[:, None] + allowed
        came[i] = ways.argmax(0)
        best = ways.max(0) + scores[i]
    tags = np.zeros(len(scores), dtype=int)
    tags[-1] = best.argmax()
    for i in range(len(scores) - 1, 0, -1):
        tags[i - 1] = came[i, tags[i]]
    return tags


def runs_of(tags: Sequence[int]) -> list[tuple[int, int, int]]:
    """(first word, one after the last, label) of each span in tags."""
    found: list[tuple[int, int, int]] = []
    for i, tag in enumerate(tags):
        if tag and tag % 2:
            found.append((i, i + 1, tag // 2))
        elif tag and found and found[-1][1] == i and found[-1][2] == tag // 2 - 1:
            found[-1] = (found[-1][0], i + 1, found[-1][2])
    return found


def log_softmax(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def spans_of(text: str, windows: Sequence[Window], scores: Sequence[np.ndarray], labels: Sequence[str]) -> list[Span]:
    """The spans of one text, from its windows and what the head gave for their tokens [tokens, tags].

    A word that several windows hold is taken from the one in which it stands farthest from an edge.
    """
    of = units(text)
    known, room = np.zeros((len(of), 2 * len(labels) + 1)), np.full(len(of), -1)
    for window, found in zip(windows, scores, strict=True):
        log_p = log_softmax(found.astype(np.float64))
        for unit, token in first_tokens(window, of):
            far = min(token, len(window.ids) - 1 - token)
            if far > room[unit]:
                known[unit], room[unit] = log_p[token], far
    known[room < 0, 0] = 0.0  # no window holds it: then it is no name
    tags = best_tags(known)
    sure = np.exp(known[np.arange(len(of)), tags])
    return [
        {
            "start": of[first][0], "end": of[last - 1][1], "label": labels[label], "text": text[of[first][0] : of[last - 1][1]],
            "confidence": round(float(sure[first:last].min()), 4),
        }
        for first, last, label in runs_of(tags.tolist())
    ]  # fmt: skip


def spans_text(spans: Sequence[Span]) -> str:
    """Spans as a cell: JSON that a spreadsheet keeps as it is, and that can be learned from again."""
    kept = [{name: span[name] for name in ("start", "end", "label", "text") if name in span} for span in spans]
    return json.dumps(kept, ensure_ascii=False)


@dataclass(frozen=True)
class SpanAnswers:
    """spans: of each text, in order; None where it is blank. confidence: of the least certain span, nan where there is none."""

    spans: list[list[Span] | None]
    texts: list[str] = field(default_factory=list)
    """What was asked about."""

    @property
    def predictions(self) -> list[str]:
        return ["" if some is None else spans_text(some) for some in self.spans]

    @property
    def confidence(self) -> list[float]:
        return [min((span["confidence"] for span in some or ()), default=math.nan) for some in self.spans]

    def columns(self) -> dict[str, list[str]]:
        """prediction (JSON), confidence, and the same in words: “Ada Lovelace (PERSON); London (LOC)”."""
        sure = ["" if math.isnan(value) else f"{value:.4f}" for value in self.confidence]
        told = ["; ".join(f"{span['text']} ({span['label']})" for span in some or ()) for some in self.spans]
        return {"prediction": self.predictions, "confidence": sure, "names": told}


class SpanPredictor(TokenPredictor):
    """Finds names in texts it has not seen."""

    @staticmethod
    def _shapes(texts: Sequence[str], windows: Sequence[Window]) -> list[np.ndarray]:
        of = [units(text) for text in texts]
        shapes = [shapes_of(text, one) for text, one in zip(texts, of, strict=True)]
        return [token_shapes(window, of[window.row], shapes[window.row]) for window in windows]

    def predict(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> SpanAnswers:
        """Equal texts are answered once."""
        distinct = sorted({text for text in texts if text.strip()})
        windows = self.windows(distinct)
        shapes = self._shapes(distinct, windows) if self.answer.get("shapes") else []
        scores = self.token_scores(windows, progress, shapes)
        by_row: dict[int, list[int]] = {}
        for i, window in enumerate(windows):
            by_row.setdefault(window.row, []).append(i)
        known = {
            text: spans_of(text, [windows[i] for i in by_row[row]], [scores[i] for i in by_row[row]], self.labels)
            for row, text in enumerate(distinct)
        }
        return SpanAnswers([known.get(text) for text in texts], list(texts))
