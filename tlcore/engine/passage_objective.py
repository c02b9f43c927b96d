"""Learning to answer from passages: where the answer starts and where it ends, each cross-entropy over the tokens of a window.

As Devlin et al. 2019 (arXiv 1810.04805) have it: two scores a token; the first token of a window stands for “not in here”, which is
what is right for a window that does not hold the whole answer, and for a passage that does not hold it at all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.evaluate.passages import passage_scores, row_scores
from tlcore.predict.passages import NO_ANSWER, PASSAGE, Found, answer_from, by_row, inside
from tlcore.predict.text import parts_of
from tlcore.predict.windows import Window, cut
from tlcore.strategies.rounds import with_rounds
from tlcore.tasks.qa import ROUNDS, STEPS_WORTH_TAKING

if TYPE_CHECKING:
    import torch

    from tlcore.engine.token_rows import TokenClassifier, TokenRows
    from tlcore.models.saved import Fitted
    from tlcore.strategies.base import FitInput, Strategy
    from tlcore.strategies.reading import Reading

NONE, BEGINS, ENDS = -100, 1, 2
"""Of a token: it cannot be an answer's; the answer begins, ends here (3: both); 0: neither."""
SHORTEST = 15
"""Tokens that an answer may always have."""
SMALL = 0.02
"""Deviation of the weights a head begins with."""
ROWS_TO_TUNE = 20


class Labels(list[list[int]]):
    """A label for each token of each window; with what it takes to see whether the answers are right."""

    def __init__(
        self, some: Sequence[list[int]], windows: Sequence[Window], texts: Sequence[str], targets: Sequence[str]
    ) -> None:
        super().__init__(some)
        self.windows, self.texts, self.targets = windows, list(texts), list(targets)


class InPassage:
    """The objective of answering from a passage. What a strategy moves is its own matter; the head is on every token."""

    per_token = True
    weighs_classes = False

    def __init__(self, targets: Sequence[str]) -> None:
        """targets: of all rows that are learned from or steered by."""
        self.none = any(not json.loads(target)["text"] for target in targets)
        self.longest, self.margin = SHORTEST, 0.0

    def encode(self, targets: Sequence[str]) -> list[Any]:
        return list(targets)

    def teach(self, strategy: Strategy, given: FitInput) -> Fitted:
        """As the strategy does it; over more rounds than it takes for sorting texts, where it may choose how many."""
        return strategy.fit(with_rounds(given, STEPS_WORTH_TAKING, ROUNDS))

    def rows(self, folder: Path, texts: Sequence[str], targets: Sequence[str], length: int) -> TokenRows:
        """Windows of the passages, each with its question, and a label for each of their tokens."""
        from tlcore.engine.token_rows import TokenRows
        from tlcore.models.load import load_tokenizer

        windows = cut(load_tokenizer(folder, length), texts, length)
        spans = [(one["start"], one["start"] + len(one["text"])) for one in map(json.loads, targets)]
        labels = [labels_of(window, *spans[window.row]) for window in windows]
        self.longest = max([self.longest, *map(_tokens_of_answer, labels)])
        return TokenRows([window.ids for window in windows], Labels(labels, windows, texts, targets), windows=windows)

    def loss(self, logits: torch.Tensor, y: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
        """Sum over the windows by their number: those of the parts of a batch add up to that of all.

        logits: [windows, tokens, 2]; y: [windows, tokens] as `labels_of` has it.
        """
        from torch.nn.functional import cross_entropy

        free = logits.masked_fill((y == NONE)[..., None], -1e4)  # [windows, tokens, 2]
        marked = y.clamp(min=0)
        ends = ((marked & BEGINS).argmax(1), (marked & ENDS).argmax(1))
        return sum(cross_entropy(free[..., i], end, reduction="sum") for i, end in enumerate(ends)) / (2 * len(y))  # type: ignore[return-value]

    def metrics(self, logits: Sequence[np.ndarray], y: Any) -> dict[str, float]:
        """The loss a window; token F1 and exact match over the questions."""
        answers = [one.text for one in self._found(y.windows, y.texts, logits)]
        scores = passage_scores(y.targets, answers)
        loss = float(
            np.mean([_loss_of(np.asarray(s, dtype=float), np.array(one)) for s, one in zip(logits, y, strict=True)])
        )
        return {"loss": loss, "token_f1": scores["token_f1"] or 0.0, "exact_match": scores["exact_match"] or 0.0}

    def watched(self, wish: str) -> str:
        return "token_f1"

    def told(self, goodness: float) -> dict[str, float]:
        return {"token_f1": round(goodness, 4)}

    def head_first(self, given: FitInput, encoder: Any, train: TokenRows) -> tuple[TokenClassifier, Reading]:
        """A head that begins with small numbers: on the model as it came there is no better one to be had, for it was never asked
        where something stands."""
        from transformers import set_seed

        from tlcore.engine.token_rows import TokenClassifier
        from tlcore.models.saved import Head
        from tlcore.strategies.reading import Reading

        set_seed(given.plan.seed)
        width, last = int(encoder.config.hidden_size), int(encoder.config.num_hidden_layers)
        weight = np.random.default_rng(given.plan.seed).normal(0.0, SMALL, (2, width)).astype(np.float32)
        head = Head(weight, np.zeros(2, dtype=np.float32))
        return TokenClassifier(encoder, head, (last,), given.settings.dropout, None, given.objective), Reading(
            (last,), 0.0, False, None
        )

    def answers(self, texts: Sequence[str], rows: TokenRows, logits: Sequence[np.ndarray]) -> list[str]:
        """What is said of each validation text; from here on with the margin for “not in here” that does best on them."""
        found = self._found(rows.windows, texts, logits)
        if self.none:
            self.margin = best_margin(found, rows.y.targets)  # type: ignore[attr-defined]
            found = self._found(rows.windows, texts, logits)
        return [one.text for one in found]

    def how(self) -> dict[str, Any]:
        """How the predictor is to read the head."""
        return {"kind": PASSAGE, "longest": self.longest, "none": self.none, "margin": round(self.margin, 4)}

    def _found(self, windows: Sequence[Window], texts: Sequence[str], logits: Sequence[np.ndarray]) -> list[Found]:
        how = self.how()
        return [
            answer_from(parts_of(text)[-1], [windows[i] for i in some], [logits[i] for i in some], how)
            for text, some in zip(texts, by_row(windows, len(texts)), strict=True)
        ]


def labels_of(window: Window, start: int, end: int) -> list[int]:
    """A label for each token: where letters `start` to `end` of the passage begin and end; at the first token where this window
    does not hold them whole, or start is -1."""
    found = [NONE] * len(window.ids)
    tokens = inside(window)
    for token in (0, *tokens):
        found[token] = 0
    begins = [i for i in tokens if window.places[i][0] <= start < window.places[i][1]]
    ends = [i for i in tokens if window.places[i][0] < end <= window.places[i][1]]
    if start < 0 or not begins or not ends:
        found[0] = BEGINS | ENDS
    else:
        found[begins[0]] |= BEGINS
        found[ends[-1]] |= ENDS
    return found


def best_margin(found: Sequence[Found], targets: Sequence[str]) -> float:
    """By how much “not in here” must be likelier than the best piece, in log-odds, so that most words of the answers are right.

    0 where there are too few rows to tell.
    """
    none = [not json.loads(target)["text"] for target in targets]
    if len(found) < ROWS_TO_TUNE or not any(none) or all(none):
        return 0.0
    pieces = [one.others[0].text if one.text == NO_ANSWER else one.text for one in found]
    said = row_scores(targets, pieces)[:, 1]  # the F1 of each row if a piece is said, and if not
    unsaid = np.array(none, dtype=float)
    odds = np.array([one.odds for one in found])
    order = np.sort(odds)
    cuts = [order[0] - 1, *((order[1:] + order[:-1]) / 2), order[-1] + 1]
    goodness = [float(np.where(odds > cut, unsaid, said).mean()) for cut in cuts]
    best = np.flatnonzero(np.isclose(goodness, max(goodness)))
    return float(min((cuts[i] for i in best), key=abs))


def _tokens_of_answer(labels: Sequence[int]) -> int:
    places = [i for i, one in enumerate(labels) if one > 0]
    return places[-1] - places[0] + 1


def _loss_of(scores: np.ndarray, labels: np.ndarray) -> float:
    """Cross-entropy of both ends in one window."""
    free = scores[labels != NONE]
    kept = labels[labels != NONE]
    log_p = free - free.max(0) - np.log(np.exp(free - free.max(0)).sum(0))
    ends = ((kept & BEGINS).argmax(), (kept & ENDS).argmax() if (kept & ENDS).any() else 0)
    return -float(log_p[ends[0], 0] + log_p[ends[1], 1]) / 2
