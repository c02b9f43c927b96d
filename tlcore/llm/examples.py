"""Which of the labelled rows to show beside a text: the most similar, but of more than one label (Liu et al. 2022,
arXiv 2101.06804: similar examples teach most), the most similar last, since that is what a model heeds most. numpy only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tlcore.llm.question import Example

SHARE_OF_ONE = 0.5
"""Of the examples, at most so many bear one label, as long as others are there: a row of equal labels is copied, not read."""


def choose_examples(
    text: np.ndarray, rows: np.ndarray, labels: Sequence[str], k: int, leave_out: Sequence[int] = ()
) -> list[int]:
    """The indices of k rows to show, the most similar last.

    text: float [width], rows: float [rows, width], their embeddings. labels: of the rows. leave_out: rows that are not
    to be shown, such as the text itself. Cosine similarity; ties go to the earlier row, so the same text gets the same rows.
    """
    return choose_by_similarity(_similarity(text, rows), labels, k, leave_out)


def choose_by_similarity(alike: np.ndarray, labels: Sequence[str], k: int, leave_out: Sequence[int] = ()) -> list[int]:
    """As choose_examples; alike: float [rows], how similar each row is to the text."""
    barred = {int(i) for i in leave_out}
    nearest = [int(i) for i in np.argsort(-alike, kind="stable") if int(i) not in barred]
    most = max(1, int(np.ceil(k * SHARE_OF_ONE)))
    count: dict[str, int] = {}
    chosen: list[int] = []
    for i in nearest:
        if len(chosen) < k and count.get(labels[i], 0) < most:
            chosen.append(i)
            count[labels[i]] = count.get(labels[i], 0) + 1
    chosen += [i for i in nearest if i not in set(chosen)][: max(0, k - len(chosen))]  # too few of other labels
    place = {i: n for n, i in enumerate(nearest)}
    return sorted(chosen, key=lambda i: -place[i])


def _similarity(text: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Cosine of the text with each row; 0 where a vector is all zeros."""
    if not len(rows):
        return np.zeros(0)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(text)
    return np.divide(rows @ text, lengths, out=np.zeros(len(rows)), where=lengths > 0)


def within_budget(examples: Sequence[Example], tokens: int, count: Callable[[str], int]) -> list[Example]:
    """As many as fit into so many tokens, the most similar (the last) first kept; order unchanged.

    count: how many tokens a text has. One that is too long by itself is passed over, not cut: half a text may be of another label.
    """
    kept: list[Example] = []
    left = tokens
    for text, label in reversed(examples):
        needed = count(text) + count(label)
        if needed <= left:
            kept.append((text, label))
            left -= needed
    return kept[::-1]


def chooser(
    texts: Sequence[str],
    labels: Sequence[str],
    rows: np.ndarray,
    embedded: Mapping[str, np.ndarray],
    k: int,
    tokens: int,
    count: Callable[[str], int],
) -> Callable[[str], list[Example]]:
    """For `Question.examples_for`: examples out of the labelled texts for each text of which `embedded` knows the embedding.

    rows: float [texts, width], the embeddings of the labelled texts. A text that is itself labelled is not shown to itself.
    """
    if not (len(texts) == len(labels) == len(rows)):
        raise ValueError(f"{len(texts)} texts, {len(labels)} labels and {len(rows)} embeddings do not match")
    places: dict[str, list[int]] = {}
    for i, one in enumerate(texts):
        places.setdefault(one, []).append(i)

    def examples_for(text: str) -> list[Example]:
        chosen = choose_examples(embedded[text], rows, labels, k, places.get(text, ()))
        return within_budget([(texts[i], labels[i]) for i in chosen], tokens, count)

    return examples_for
