"""A linear head from nothing but label descriptions, made better by texts that nobody has labelled.

The label whose description reads most like a text is its answer (Yin et al. 2019, arXiv 1909.00161, with a sentence encoder in
place of entailment: Reimers and Gurevych 2019, arXiv 1908.10084). Then the surest answers teach a ridge regression, which is
added to what the descriptions say, a few times over (self-training: Yarowsky 1995). Which answers are surest the words have a say
in, too, that text and description share: another view of the same texts (Blum and Mitchell 1998).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.models.saved import Head

FEWEST_TEXTS = 500
"""With fewer, the surest answers are too few to learn from: on four sets the result was better from here on, worse below 200."""
ROUNDS, SUREST, PENALTY = 3, 0.5, 0.1
"""How often it is taught anew, by which share of each label's answers, and the ridge penalty a row."""
WIDTH, FLATTEN, SMALLEST_SCALE = 128, 0.3, 0.05
"""Directions of the texts that are kept, how much their sizes are left as they are, and the least spread of a feature."""
FEWEST_OF_A_LABEL, FEWEST_TO_COMPARE = 5, 50
WORDS = 0.5
"""The say that words in common have, beside what the model says."""
SHARPNESS = 1.3
"""How sure it is where nothing can be compared: between what would have been right for four sets (0.7 to 2.2)."""


@dataclass(frozen=True)
class Scores:
    """score = features @ weight + bias; weight float64 [features, labels], bias [labels]. Over the texts it was made with, the
    scores of each text sum to zero and their standard deviation is 1."""

    weight: np.ndarray
    bias: np.ndarray

    def of(self, x: np.ndarray) -> np.ndarray:
        """[texts, features] -> [texts, labels]"""
        return x @ self.weight + self.bias

    def even(self, x: np.ndarray) -> Scores:
        """The same answers on the scale that the class promises."""
        weight, bias = self.weight - self.weight.mean(1, keepdims=True), self.bias - self.bias.mean()
        size = max(float((x @ weight + bias).std()), 1e-9)
        return Scores(weight / size, bias / size)


def layers_to_read(blocks: int, wish: str) -> tuple[int, ...]:
    """Hidden states that are pooled: the last says what a text is about, the one half-way how it is written."""
    return (blocks,) if wish == "last" or blocks < 2 else (blocks // 2, blocks)


@dataclass(frozen=True)
class Described:
    """head: for the layers side by side. texts: on how many it was refined (0: none). agreement: the share of the texts for which
    both layers alone give the same answer; None where there is one layer, or too few texts to tell."""

    head: Head
    texts: int
    agreement: float | None


def head_of_descriptions(
    texts: np.ndarray,
    labels: np.ndarray,
    layers: tuple[int, ...],
    refine: bool,
    check_stop: Callable[[], None],
    words: np.ndarray | None = None,
) -> Described:
    """A head whose answers are those of the likeliest description.

    texts: pooled states [texts, blocks + 1, width], of unlabelled texts. labels: the same of what is said of each label.
    words: word_scores [texts, labels], or None where only names are known.
    No label says how sure it may be. So it is as sure on average as its two layers are of one mind: on four sets that was within
    0.17 of the share of right answers, and nearer than any fixed temperature (after Jiang et al. 2021, arXiv 2106.13799).
    """
    x, scores, size = _fitted(texts, labels, layers, refine, check_stop, words)
    agreement = None
    if len(layers) > 1 and len(x) >= FEWEST_TO_COMPARE:
        alone = [_fitted(texts, labels, (layer,), refine, check_stop, words) for layer in layers]
        answers = [found.of(own).argmax(1) for own, found, _ in alone]
        agreement = float((answers[0] == answers[-1]).mean())
    sharp = _sharpness(scores.of(x), agreement)
    head = Head(sharp * (scores.weight / size[:, None]).T, sharp * scores.bias)
    return Described(head, len(x) if _enough(refine, x) else 0, agreement)


def _fitted(
    texts: np.ndarray,
    labels: np.ndarray,
    layers: tuple[int, ...],
    refine: bool,
    check_stop: Callable[[], None],
    words: np.ndarray | None,
) -> tuple[np.ndarray, Scores, np.ndarray]:
    """Features [texts, features], each layer of length 1 on average; their scores; what each feature was divided by."""
    parts = [texts[:, layer].astype(np.float64) for layer in layers]
    sizes = [max(float(np.linalg.norm(part, axis=1).mean()), 1e-9) for part in parts]
    x = np.concatenate([part / size for part, size in zip(parts, sizes, strict=True)], axis=1)
    said = np.concatenate([_unit(labels[:, layer].astype(np.float64)) for layer in layers], axis=1)
    scores = Scores(said.T, np.zeros(len(labels))).even(x)
    if _enough(refine, x):
        scores = refined_scores(x, scores, check_stop, words)
    return x, scores, np.repeat(sizes, texts.shape[2])


def _enough(refine: bool, x: np.ndarray) -> bool:
    return refine and len(x) >= FEWEST_TEXTS


def _sharpness(scores: np.ndarray, wanted: float | None) -> float:
    """What scores [texts, labels] are multiplied by, so that the likeliest answer has the wanted probability on average."""
    if wanted is None:
        return SHARPNESS
    least = 1 / scores.shape[1]
    wanted = min(max(wanted, least + 0.05), 0.97)
    low, high = 0.0, 100.0
    for _ in range(40):
        middle = (low + high) / 2
        raised = np.exp(middle * (scores - scores.max(1, keepdims=True)))
        low, high = (middle, high) if float((1 / raised.sum(1)).mean()) < wanted else (low, middle)
    return (low + high) / 2


def word_scores(texts: Sequence[str], said: Sequence[str]) -> np.ndarray | None:
    """How many, and how rare, words each text shares with what is said of each label: float64 [texts, labels], of mean 0 a text and
    standard deviation 1; None where no word is shared. English small words do not count."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    try:
        vectors.fit([*said, *texts])
    except ValueError:  # no words at all
        return None
    scores = (vectors.transform(texts) @ vectors.transform(said).T).toarray()
    scores -= scores.mean(1, keepdims=True)
    return scores / scores.std() if scores.any() else None


def refined_scores(
    x: np.ndarray, said: Scores, check_stop: Callable[[], None], words: np.ndarray | None = None
) -> Scores:
    """What the descriptions say, and what the surest answers teach, to equal parts. x: [texts, features]."""
    turn, middle = _directions(x)
    z = (x - middle) @ turn
    scores = said
    for _ in range(ROUNDS):
        check_stop()
        found = scores.of(x) if words is None else scores.of(x) + WORDS * words
        rows = surest(found)
        taught = _taught(z[rows], found[rows].argmax(1), found.shape[1])
        weight = turn @ taught.weight
        more = Scores(weight, taught.bias - middle @ weight).even(x)
        scores = Scores(said.weight + more.weight, said.bias + more.bias)
    return scores.even(x)


def surest(scores: np.ndarray) -> np.ndarray:
    """Rows of [texts, labels]: of each label's answers those farthest ahead of the second label."""
    answers, ordered = scores.argmax(1), np.sort(scores, axis=1)
    ahead = ordered[:, -1] - ordered[:, -2]
    chosen = []
    for label in range(scores.shape[1]):
        own = np.flatnonzero(answers == label)
        chosen.append(own[np.argsort(-ahead[own], kind="stable")][: max(FEWEST_OF_A_LABEL, int(SUREST * len(own)))])
    return np.concatenate(chosen)


def _taught(z: np.ndarray, answers: np.ndarray, labels: int) -> Scores:
    """Ridge regression on the answers; a rare label's rows weigh more, by the root of how rare it is."""
    weight = np.bincount(answers, minlength=labels)[answers] ** -0.5
    weight /= weight.mean()
    a = np.hstack([z, np.ones((len(z), 1))])
    gram = (a * weight[:, None]).T @ a
    gram[np.diag_indices(len(gram))] += PENALTY * len(a)
    found = np.linalg.solve(gram, (a * weight[:, None]).T @ np.eye(labels)[answers])
    return Scores(found[:-1], found[-1])


def _directions(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Projection [features, kept] on the widest directions of the texts, evened out, and their middle [features]."""
    spread = x.std(0)
    scale = np.maximum(spread, max(SMALLEST_SCALE * float(np.median(spread)), 1e-12))
    middle = x.mean(0)
    z = (x - middle) / scale
    sizes, axes = np.linalg.eigh(z.T @ z / len(z))
    kept = min(WIDTH, len(x) // 2, len(sizes))
    sizes, axes = np.maximum(sizes[::-1][:kept], 0), axes[:, ::-1][:, :kept]
    return axes / np.sqrt(sizes + FLATTEN * sizes.mean() + 1e-12) / scale[:, None], middle


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
