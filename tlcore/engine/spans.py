"""Learning to find names: a tag for each word, cross-entropy over words, F1 over whole names.

A target is JSON: [{"start", "end", "label"}] in characters (tlcore.tasks.marks).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.predict.spans import SPANS, best_tags, log_softmax, runs_of, spans_of, spans_text, tags_of
from tlcore.predict.windows import Window, cut, first_tokens, shapes_of, token_shapes, units
from tlcore.strategies.rounds import with_rounds
from tlcore.strategies.then import default_then

if TYPE_CHECKING:
    import torch

    from tlcore.engine.token_rows import TokenClassifier, TokenRows
    from tlcore.models.saved import Fitted
    from tlcore.strategies.base import FitInput, Strategy
    from tlcore.strategies.reading import Reading

FROZEN = "frozen_features"
STEPS_WORTH_TAKING, LEAST_ROUNDS, MOST_ROUNDS = 300, 4, 8
"""A text has a name or two, and a kind of name a few of them: it takes longer until each was seen often enough."""


class Spans:
    """The objective of tasks that mark places in a text. What a strategy moves is its own matter; the head is on every token."""

    per_token = True
    weighs_classes = False

    def __init__(self, labels: Sequence[str], words_a_text: float = 20.0) -> None:
        self.labels, self.tags, self.words = list(labels), tags_of(labels), max(1.0, words_a_text)

    def encode(self, targets: Sequence[str]) -> list[Any]:
        return list(targets)

    def teach(self, strategy: Strategy, given: FitInput) -> Fitted:
        """As the strategy does it; over more rounds than it takes for sorting texts, where it may choose how many."""
        from tlcore.engine.token_head import fit_frozen

        if strategy.name == FROZEN:
            return fit_frozen(strategy, given)
        if default_then(strategy):  # what reads first calls this again for what follows
            return strategy.fit(given)
        return strategy.fit(with_rounds(given, STEPS_WORTH_TAKING, (LEAST_ROUNDS, MOST_ROUNDS)))

    def rows(self, folder: Path, texts: Sequence[str], targets: Sequence[str], length: int) -> TokenRows:
        """Windows of the texts, with the tag of each word at its first token, and how it is written beside it."""
        from tlcore.engine.token_rows import TokenRows
        from tlcore.models.load import load_tokenizer

        windows = cut(load_tokenizer(folder, length), texts, length)
        of = [units(text) for text in texts]
        tags = [self.tags_of_units(of[i], target) for i, target in enumerate(targets)]
        y = [self._labels(window, of[window.row], tags[window.row]) for window in windows]
        shapes = [shapes_of(text, one) for text, one in zip(texts, of, strict=True)]
        beside = [token_shapes(window, of[window.row], shapes[window.row]) for window in windows]
        return TokenRows([window.ids for window in windows], y, windows=windows, beside=beside)

    def tags_of_units(self, of: Sequence[tuple[int, int]], target: str) -> list[int]:
        """The tag of each word: a name takes every word that it touches."""
        place = {label: i for i, label in enumerate(self.labels)}
        found = [0] * len(of)
        for span in json.loads(target):
            kind = place.get(span["label"])
            touched = [i for i, (begin, end) in enumerate(of) if begin < span["end"] and end > span["start"]]
            if kind is not None and touched:
                found[touched[0]] = 1 + 2 * kind
                for i in touched[1:]:
                    found[i] = 2 + 2 * kind
        return found

    @staticmethod
    def _labels(window: Window, of: Sequence[tuple[int, int]], tags: Sequence[int]) -> list[int]:
        from tlcore.engine.token_rows import NONE

        found = [NONE] * len(window.ids)
        for unit, token in first_tokens(window, of):
            found[token] = tags[unit]
        return found

    def loss(self, logits: torch.Tensor, y: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
        """Sum over the words, by the rows and the words that a row has on average: as the mean over words, and it adds up."""
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum") / (len(y) * self.words)

    def metrics(self, logits: Sequence[np.ndarray], y: Sequence[Sequence[int]]) -> dict[str, float]:
        """Over windows: the loss a word, and F1 of whole names."""
        counts, loss, words = np.zeros(3), 0.0, 0
        for scores, labels in zip(logits, y, strict=True):
            truth = np.array([one for one in labels if one >= 0], dtype=int)
            log_p = log_softmax(scores[[i for i, one in enumerate(labels) if one >= 0]].astype(np.float64))
            loss -= float(log_p[np.arange(len(truth)), truth].sum())
            words += len(truth)
            true, said = set(runs_of(truth.tolist())), set(runs_of(best_tags(log_p).tolist()))
            counts += (len(true & said), len(said), len(true))
        return {"loss": loss / max(1, words), "entity_f1": _f1(counts)}

    def watched(self, wish: str) -> str:
        return "entity_f1"

    def told(self, goodness: float) -> dict[str, float]:
        return {"entity_f1": round(goodness, 4)}

    def head_first(self, given: FitInput, encoder: Any, train: TokenRows) -> tuple[TokenClassifier, Reading]:
        from tlcore.engine.token_head import head_first

        return head_first(given, encoder, train)

    def answers(self, texts: Sequence[str], rows: TokenRows, logits: Sequence[np.ndarray]) -> list[str]:
        """What is said of each text, as a target has it."""
        by_row: list[list[int]] = [[] for _ in texts]
        for i, window in enumerate(rows.windows):
            by_row[window.row].append(i)
        return [
            spans_text(spans_of(text, [rows.windows[i] for i in some], [logits[i] for i in some], self.labels))
            for text, some in zip(texts, by_row, strict=True)
        ]

    def how(self) -> dict[str, Any]:
        """How the predictor is to read the head. shapes: it also reads how words are written."""
        return {"kind": SPANS, "shapes": True}


def _f1(counts: np.ndarray) -> float:
    right, said, there = counts
    return float(2 * right / (said + there)) if said + there else 1.0
