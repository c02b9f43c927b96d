"""A question and a passage in, a piece of the passage out: the likeliest one, how sure it is, the next best.

`answer` in nudge.json: {"kind": "passage", "longest": tokens of the longest answer, "none": whether it may be said that the passage
does not hold the answer, "margin": by how much, in log-odds, that must be likelier than the best piece}.

The head gives each token of a window two scores: that the answer starts, that it ends there; the first token of a window stands for
“not in here” (Devlin et al. 2019, arXiv 1810.04805). Scores count against that token's, so that windows can be compared; where
windows overlap, a token is taken from the one in which it has most around it. Travels in the zip.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .text import parts_of
from .windows import TokenPredictor, Window

PASSAGE = "passage"
NO_ANSWER = "(no answer)"
"""What stands in a cell where the passage does not say: an empty one is a row without an answer."""
OTHERS = 3


@dataclass(frozen=True)
class Piece:
    """Letters `start` to `end` (one behind the last) of a passage, and how likely they are among all pieces (and none, where
    that may be)."""

    text: str
    start: int
    end: int
    probability: float


@dataclass(frozen=True)
class Found:
    """What is said of one passage. text: NO_ANSWER where it does not say, and then start is -1. others: the next best pieces.

    odds: log-odds of none against the best piece, -inf where none may not be."""

    text: str
    start: int
    confidence: float
    others: tuple[Piece, ...]
    odds: float


NOTHING = Found("", -1, math.nan, (), -math.inf)
"""Where there is no question, or no passage."""


@dataclass(frozen=True)
class PassageAnswers:
    """One a text, in order; passages: what each was found in."""

    found: list[Found]
    passages: list[str]

    @property
    def predictions(self) -> list[str]:
        """ "" where there was nothing to read."""
        return [one.text for one in self.found]

    @property
    def confidence(self) -> list[float]:
        return [one.confidence for one in self.found]

    @property
    def starts(self) -> list[int]:
        """How many letters of the passage come before the answer; -1 where there is none."""
        return [one.start for one in self.found]

    def columns(self) -> dict[str, list[str]]:
        """What is added to a sheet, in order, as text; the answer first."""
        sure = ["" if math.isnan(value) else f"{value:.4f}" for value in self.confidence]
        starts = ["" if start < 0 else str(start) for start in self.starts]
        return {"prediction": self.predictions, "confidence": sure, "start": starts}


def inside(window: Window) -> list[int]:
    """The tokens of the passage among those of a window."""
    return [i for i, (begin, end) in enumerate(window.places) if end > begin]


def join(windows: Sequence[Window], scores: Sequence[np.ndarray]) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """From start and end scores [tokens, 2] of each window of a text: those of the tokens of its passage, [tokens, 2], 0 being as
    likely as “not in here”; and the place of each token."""
    best: dict[tuple[int, int], tuple[int, np.ndarray]] = {}
    for window, score in zip(windows, scores, strict=True):
        tokens = inside(window)
        for rank, token in enumerate(tokens):
            place, around = window.places[token], min(rank, len(tokens) - 1 - rank)
            if place not in best or around > best[place][0]:
                best[place] = around, score[token] - score[0]
    places = sorted(best)
    return np.array([best[place][1] for place in places], dtype=float).reshape(len(places), 2), places


def rank_pieces(
    scores: np.ndarray, longest: int, none: bool, most: int = OTHERS + 1
) -> tuple[list[tuple[int, int, float]], float]:
    """(first token, last token, probability) of the likeliest pieces that do not overlap, the best first; and how likely none is.

    Over all pieces of at most `longest` tokens, and none if that may be.
    """
    tokens = len(scores)
    table = np.full((tokens, min(longest, tokens)), -np.inf)  # [first token, how many more]
    for more in range(table.shape[1]):
        table[: tokens - more, more] = scores[: tokens - more, 0] + scores[more:, 1]
    top = max(float(table.max()), 0.0 if none else -np.inf)
    table = np.exp(table - top)
    total = float(table.sum()) + (math.exp(-top) if none else 0.0)
    found: list[tuple[int, int, float]] = []
    while len(found) < most and (likely := float(table.max())) > 0:
        first, more = divmod(int(table.argmax()), table.shape[1])
        found.append((first, first + more, likely / total))
        for begin in range(max(0, first - table.shape[1] + 1), first + more + 1):
            table[begin, max(0, first - begin) :] = 0.0
    return found, math.exp(-top) / total if none else 0.0


def answer_from(passage: str, windows: Sequence[Window], scores: Sequence[np.ndarray], how: Mapping[str, Any]) -> Found:
    """The answer to a question, from the windows of its passage and what the head gave for their tokens."""
    joined, places = join(windows, scores)
    if not places:
        return NOTHING
    ranked, none = rank_pieces(joined, int(how["longest"]), bool(how["none"]))
    pieces = [
        Piece(passage[places[a][0] : places[b][1]], places[a][0], places[b][1], likely) for a, b, likely in ranked
    ]
    odds = math.log(max(none, 1e-30)) - math.log(max(pieces[0].probability, 1e-30)) if how["none"] else -math.inf
    if odds > float(how["margin"]):
        return Found(NO_ANSWER, -1, none, tuple(pieces[:OTHERS]), odds)
    return Found(pieces[0].text, pieces[0].start, pieces[0].probability, tuple(pieces[1:]), odds)


def by_row(windows: Sequence[Window], rows: int) -> list[list[int]]:
    """Which windows are of each text."""
    found: list[list[int]] = [[] for _ in range(rows)]
    for i, window in enumerate(windows):
        found[window.row].append(i)
    return found


class PassagePredictor(TokenPredictor):
    """Answers questions from passages it has not seen."""

    def predict(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> PassageAnswers:
        """texts: question and passage, packed. Equal ones are answered once; progress counts windows."""
        distinct = sorted({text for text in texts if _is_whole(text)})
        windows = self.windows(distinct)
        scores = self.token_scores(windows, progress)
        known = {
            text: answer_from(parts_of(text)[-1], [windows[i] for i in some], [scores[i] for i in some], self.answer)
            for text, some in zip(distinct, by_row(windows, len(distinct)), strict=True)
        }
        return PassageAnswers([known.get(text, NOTHING) for text in texts], [parts_of(text)[-1] for text in texts])


def _is_whole(text: str) -> bool:
    """Whether there is a question, and a passage."""
    parts = parts_of(text)
    return len(parts) > 1 and all(part.strip() for part in parts)
