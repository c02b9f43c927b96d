"""A small language model on this machine as a judge: not what it would write, but how likely it finds what is there.

Two questions, each as a log-probability of given words, nothing is generated:
  forwards   how likely is the description of a label after the text? (Brown et al. 2020; calibrated: Zhao et al. 2021,
             arXiv 2102.09690; Holtzman et al. 2021, arXiv 2104.08315)
  backwards  how likely is the text after the description of a label? (the noisy channel, Min et al. 2022, arXiv 2108.04106)
From each is taken what it says of any text (batch calibration, Zhou et al. 2023, arXiv 2309.17249). What is left of both
estimates the same, the pointwise mutual information of text and label, with errors of their own: so they are averaged.
Loads without torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlcore.label_info import LabelInfo
from tlcore.llm.examples import within_budget
from tlcore.llm.question import Example, Question

if TYPE_CHECKING:
    from tlcore.llm.decoder import Decoder

FREE = ("N/A", "Some text.", "...")
"""Texts without content: what the model makes of them it would make of any (Zhao et al. 2021)."""
TRUST_FREE = 8.0
"""As so many real texts count the ones without content, where there are few real ones to calibrate on."""
SHARPNESS = 0.8
"""Of the probabilities: between what fits ten intents of banking77 (1.2, where the model is often right) and csabstruct (0.5,
where it is not). Without labels nobody knows: take the probabilities as an order, not as shares."""
USUAL = "You sort texts into categories."
SHORTEST_SPREAD = 1e-6
MOST_TEXT_TOKENS, MOST_EXAMPLE_TOKENS = 256, 512


@dataclass(frozen=True)
class Scores:
    """Log-probabilities, float [texts, labels]: of the label's words after the text, and of the text after the label's words."""

    forwards: np.ndarray
    backwards: np.ndarray


@dataclass(frozen=True)
class Calibration:
    """What is said of any text: `offset` and `spread` of each label, float [labels], forwards and backwards. In plain numbers,
    so that it can be kept with a model and used for one text alone."""

    forwards: tuple[np.ndarray, np.ndarray]
    backwards: tuple[np.ndarray, np.ndarray]


def score(
    decoder: Decoder,
    texts: Sequence[str],
    question: Question,
    progress: Callable[[int, int], None] = lambda done, total: None,
    check_stop: Callable[[], None] = lambda: None,
) -> Scores:
    """Both log-probabilities of each text with each label. Equal texts are read once. progress: texts done, and all."""
    different = list(dict.fromkeys(texts))
    place = {text: i for i, text in enumerate(different)}
    rows = [place[text] for text in texts]
    tally = _Tally(len(different), len(question.labels), progress, check_stop)
    asker = _Asker(decoder, question, tally)
    if question.examples_for is None and not any(shown in different for shown, _ in question.examples):
        back = asker.backwards(different, question.examples)
    else:
        back = np.concatenate([asker.backwards([text], question.shown(text)) for text in different])
    front = np.stack([asker.forwards(text, question.shown(text)) for text in different])
    return Scores(front[rows], back[rows])


def calibrate(decoder: Decoder, scores: Scores, question: Question) -> Calibration:
    """From the scores of a batch of texts as they come (no labels needed), and of texts without content."""
    free = score(decoder, FREE, Question(question.instructions, question.labels, question.examples))
    return Calibration(usual(scores.forwards, free.forwards), usual(scores.backwards, free.backwards))


def probabilities(scores: Scores, calibration: Calibration) -> np.ndarray:
    """float [texts, labels], each row sums to 1: the average of what both directions say beyond the usual."""
    pairs = ((scores.forwards, calibration.forwards), (scores.backwards, calibration.backwards))
    beyond = sum((_centred(found) - offset) / spread for found, (offset, spread) in pairs)
    return _softmax(SHARPNESS * beyond)


def one_way(found: np.ndarray, calibrated: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """As `probabilities`, where only one of the two questions can be asked."""
    offset, spread = calibrated
    return _softmax(SHARPNESS * (_centred(found) - offset) / spread)


def usual(found: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Offset and spread of each label: of the texts, drawn towards those without content and the common spread if few."""
    real, empty = _centred(found), _centred(free).mean(0)
    many = len(real)
    offset = (real.sum(0) + TRUST_FREE * empty) / (many + TRUST_FREE)
    around = real - (real.mean(0) if many > 1 else offset)
    common = float(np.sqrt((around**2).mean())) if many > 1 else float(np.abs(_centred(free)).mean())
    spread = np.sqrt(((around**2).sum(0) + TRUST_FREE * common**2) / (many + TRUST_FREE))
    return offset, np.maximum(spread, SHORTEST_SPREAD)


def _centred(found: np.ndarray) -> np.ndarray:
    """What differs between the labels; how likely a text is by itself says nothing."""
    return found - found.mean(1, keepdims=True)


def _softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


class _Tally:
    """Counts pairs of a text and a label, both ways, and tells them as texts."""

    def __init__(
        self, texts: int, labels: int, progress: Callable[[int, int], None], check_stop: Callable[[], None]
    ) -> None:
        self._done, self._each, self._texts = 0, 2 * labels, texts
        self._progress, self._check_stop = progress, check_stop

    def __call__(self, pairs: int) -> None:
        self._check_stop()
        self._done += pairs
        self._progress(self._done // self._each, self._texts)


class _Asker:
    """The words of both questions, cut into tokens piece by piece, so that a piece is the same wherever it stands."""

    def __init__(self, decoder: Decoder, question: Question, tally: _Tally) -> None:
        self.decoder, self.question, self.tally = decoder, question, tally
        self.said = {info.label: info.said for info in question.labels}
        self.heads = {info.label: decoder.ids(_head(info)) for info in question.labels}
        self.ends = [decoder.ids(self.said[name]) + decoder.end for name in question.names]
        self.system = decoder.turn("system", question.instructions.strip() or USUAL)
        decoder.keep(self.system)

    def forwards(self, text: str, examples: Sequence[Example]) -> np.ndarray:
        """float [labels]: log P(what the label says | the text)."""
        head = list(self.system)
        for shown, label in self._fitting(examples):
            head += self._asked(shown) + self.decoder.turn("assistant", self.said[label])
        head += self._asked(text) + self.decoder.turn("assistant", open_ended=True)
        found = self.decoder.log_probability(head, self.ends)
        self.tally(len(self.ends))
        return found

    def backwards(self, texts: Sequence[str], examples: Sequence[Example]) -> np.ndarray:
        """float [texts, labels]: log P(the text | what the label says)."""
        head: list[int] = []
        for shown, label in self._fitting(examples):
            head += self.heads[label] + self._text(f" {shown}") + self.decoder.ids("\n\n")
        tails, found = [self._text(f" {text}") for text in texts], []
        for label in self.question.names:
            counted = 0

            def tick(done: int) -> None:
                nonlocal counted
                self.tally(done - counted)
                counted = done

            found.append(self.decoder.log_probability(head + self.heads[label], tails, tick))
        return np.stack(found, 1)

    def _asked(self, text: str) -> list[int]:
        begin, end = "Text: ", "\n\nWhat kind of text is this?"
        cut = self.decoder.text_of(self._text(text))
        return self.decoder.turn("user", begin + cut + end)

    def _text(self, text: str) -> list[int]:
        return self.decoder.ids(text)[:MOST_TEXT_TOKENS]

    def _fitting(self, examples: Sequence[Example]) -> list[Example]:
        return within_budget(examples, MOST_EXAMPLE_TOKENS, lambda said: len(self.decoder.ids(said)))


def _head(info: LabelInfo) -> str:
    """What stands before a text of this label."""
    name = info.label.replace("_", " ").strip()
    return f"{name}: {info.description.strip()} For example:" if info.description.strip() else f"{name}. For example:"
