"""Labels that can be guessed without reading: from the length, the punctuation, the first word, the order, another column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlcore.checks.base import INFO, PLACE, WARNING, Problem, percent, quoted, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts

if TYPE_CHECKING:
    import numpy as np

    from tlcore.checks.evidence import Evidence

FEWEST_ROWS, FOLDS, MOST_ROWS = 60, 5, 20_000
CLEARLY = 0.6
"""Of what the commonest label leaves wrong, so much is got right by the guess. Of length, signs and first words none comes near
it on banking77, sms_spam and csabstruct as they are published."""
FEWEST_LEAVES, LEAF = 16, 5
ORDER = "the order of the rows"
Clue = Sequence[float] | Sequence[str]
"""One value a row: numbers, or words that are told apart and nothing more."""
_DIGITS = re.compile(r"(\d+)")


def shortcuts(dataset: Dataset, facts: Facts, evidence: Evidence) -> Problem | None:
    """The surest guess is the title; others as good are named with it. Cross-validated, against the commonest label."""
    places, rows, texts, labels = _labelled(dataset)
    if len(places) < FEWEST_ROWS or len(set(labels)) < 2:
        return None
    clues: dict[str, Clue] = {**_in_the_text(texts), ORDER: list(map(float, rows))}
    beside = {f"the column {quoted(name)}": [cells[i] for i in places] for name, cells in evidence.columns.items()}
    plain = max(labels.count(label) for label in set(labels)) / len(labels)
    right = {name: _guessed(clue, labels) for name, clue in clues.items()}
    right |= {name: max(_guessed(cells, labels), _guessed(_ranks(cells), labels)) for name, cells in beside.items()}
    sure = sorted(
        (name for name in right if right[name] - plain > CLEARLY * (1 - plain)), key=lambda name: -right[name]
    )
    if not sure:
        return None
    read = [name for name in sure if name in clues and name != ORDER]
    first = (read or sure)[0]
    others = [f"{percent(right[name])} from {name}" for name in sure if name != first]
    return Problem(
        "shortcuts",
        f"{percent(right[first])} of the labels can be guessed from {first} alone.",
        WARNING if read else INFO,
        1 - (right[first] - plain) / (1 - plain),
        _cost(first, read, plain) + (f" Also: {', '.join(others)}." if others else ""),
    )


def _cost(first: str, read: Sequence[str], plain: float) -> str:
    beside = f"(Always giving the commonest label is right for {percent(plain)} of the rows.)"
    if read:
        return (
            f"A model may learn that instead of what the texts say, and fail on texts where it does not hold. {beside} If it comes "
            "from how the file was made, take it out of the texts or add rows in which it differs."
        )
    if first == ORDER:
        return (
            "Nudge mixes the rows and the model does not see their order, so a sorted file does no harm. If the labels were "
            f"given in batches, check that they mean the same from batch to batch. {beside}"
        )
    return (
        "The model reads only the text, so this does no harm; but if that column is at hand when the model is used, you may not "
        f"need a model. {beside}"
    )


def _labelled(dataset: Dataset) -> tuple[list[int], list[int], list[str], list[str]]:
    """Places, numbers, texts and labels of the labelled rows of the user's file, evenly thinned out to MOST_ROWS."""
    known = [place for place, label in used_rows(dataset, PLACE, "label") if label is not None]
    places = known[:: max(1, -(-len(known) // MOST_ROWS))]
    chosen = dataset.rows[places]
    return places, chosen["row"], chosen["text"], chosen["label"]


def _in_the_text(texts: Sequence[str]) -> dict[str, Clue]:
    words = [text.casefold().split() or [""] for text in texts]
    return {
        "the length of the text": [float(len(text)) for text in texts],
        "the number of words": [float(len(text.split())) for text in texts],
        "the punctuation": ["".join(sorted({sign for sign in text if not sign.isalnum() and not sign.isspace()})) for text in texts],
        "how many characters are not letters": [float(sum(not sign.isalpha() for sign in text)) / max(1, len(text)) for text in texts],
        "capital letters": [round(sum(map(str.isupper, text)) / max(1, len(text)), 3) for text in texts],
        "the first word": [of_text[0] for of_text in words],
        "the last word": [of_text[-1] for of_text in words],
        "the first character": [text.strip()[:1] for text in texts],
        "the last character": [text.strip()[-1:] for text in texts],
        "the spaces around the text": [f"{len(text) - len(text.lstrip())} {len(text) - len(text.rstrip())}" for text in texts],
    }  # fmt: skip


def _guessed(clue: Clue, labels: Sequence[str]) -> float:
    """The share of labels guessed right from one clue, each by what was seen in the other folds: a small tree over numbers,
    the commonest label of each value over words."""
    import numpy as np
    from sklearn.model_selection import KFold

    _, y = np.unique(labels, return_inverse=True)
    numeric = not isinstance(clue[0], str)
    x = np.array(clue, dtype=np.float64) if numeric else np.unique(np.array(clue), return_inverse=True)[1]
    if len(np.unique(x)) < 2:
        return 0.0
    right = 0
    for seen, unseen in KFold(FOLDS, shuffle=True, random_state=0).split(x):
        guess = _tree(x[seen], y[seen], x[unseen]) if numeric else _commonest(x[seen], y[seen], x[unseen])
        right += int((guess == y[unseen]).sum())
    return right / len(y)


def _tree(x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    from sklearn.tree import DecisionTreeClassifier

    leaves = max(FEWEST_LEAVES, 2 * len(set(y.tolist())))
    tree = DecisionTreeClassifier(max_leaf_nodes=leaves, min_samples_leaf=LEAF, random_state=0)
    return tree.fit(x[:, None], y).predict(asked[:, None])


def _commonest(x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    import numpy as np

    counts = np.zeros((max(int(x.max()), int(asked.max())) + 1, int(y.max()) + 1), dtype=np.int32)
    np.add.at(counts, (x, y), 1)
    best = counts.argmax(1)
    best[counts.sum(1) == 0] = counts.sum(0).argmax()
    return best[asked]


def _ranks(cells: Sequence[str]) -> list[float]:
    """The place of each cell when all are sorted, numbers within them by size: so ids, dates and amounts become numbers."""
    keys = {cell: [part.zfill(20) if part.isdigit() else part for part in _DIGITS.split(cell)] for cell in set(cells)}
    rank = {cell: float(i) for i, cell in enumerate(sorted(keys, key=lambda cell: keys[cell]))}
    return [rank[cell] for cell in cells]
