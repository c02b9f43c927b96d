"""Which of the labelled rows to show beside a text: the most similar, but of more than one label (Liu et al. 2022,
arXiv 2101.06804: similar examples teach most), the most similar last, since that is what a model heeds most. numpy only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tlcore.llm.question import Example

SHARE_OF_ONE = 0.5
"""Of the examples, at most so many bear one label, as long as others are there: a row of equal labels is copied, not read."""


def choose_by_similarity(alike: np.ndarray, labels: Sequence[str], k: int, leave_out: Sequence[int] = ()) -> list[int]:
    """The indices of k rows to show, the most similar last.

    alike: float [rows], how similar each row is to the text. labels: of the rows. leave_out: rows that are not to be shown, such
    as the text itself. Ties go to the earlier row, so the same text gets the same rows.
    """
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
