"""One fixed train/validation/test split: stratified, seeded, the same text always on one side."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

TRAIN, VALIDATION, TEST = "train", "validation", "test"
UNLABELLED, LEFT_OUT, NOT_SAMPLED = "unlabelled", "left_out", "not_sampled"

TEST_SHARE, VALIDATION_SHARE = 0.2, 0.15
MAX_TEST, MAX_VALIDATION = 5_000, 2_000
"""More rows than this make an interval no narrower than anyone needs, and cost training rows and time."""


@dataclass(frozen=True)
class Sample:
    """How many of the rows to learn from: `rows` in all (stratified), or `shots` a class."""

    rows: int | None = None
    shots: int | None = None


def text_key(text: str) -> str:
    """What makes two texts the same for the split: letter case and white space do not count."""
    return " ".join(text.casefold().split())


def split_rows(
    texts: Sequence[str], targets: Sequence[str], seed: int, own_test: bool, sample: Sample | None = None
) -> list[str]:
    """The side of each labelled row. `own_test`: the user brings a test file, so none is cut off here."""
    rng = random.Random(seed)
    groups = _groups(texts, targets, rng)
    sides = [NOT_SAMPLED] * len(texts)
    if not own_test:
        share = min(TEST_SHARE, MAX_TEST / max(1, len(texts)))
        for members in _take(groups, share, keep=1):
            _assign(sides, members, TEST)
    _sample(groups, sample or Sample(), rng)
    left = sum(len(members) for of_class in groups.values() for members in of_class)
    for members in _take(groups, min(VALIDATION_SHARE, MAX_VALIDATION / max(1, left)), keep=1):
        _assign(sides, members, VALIDATION)
    for of_class in groups.values():
        for members in of_class:
            _assign(sides, members, TRAIN)
    return sides


Groups = dict[str, list[list[int]]]
"""Class -> lists of row indices that share one text, in random order."""


def _groups(texts: Sequence[str], targets: Sequence[str], rng: random.Random) -> Groups:
    same: dict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(texts):
        same[text_key(text)].append(i)
    groups: Groups = defaultdict(list)
    for members in same.values():
        groups[targets[members[0]]].append(members)
    for target in sorted(groups):
        rng.shuffle(groups[target])
    return {target: groups[target] for target in sorted(groups)}


def _take(groups: Groups, share: float, keep: int) -> list[list[int]]:
    """Remove about `share` of each class's groups, at least one of each, but leave `keep`."""
    taken: list[list[int]] = []
    for of_class in groups.values():
        count = min(max(1, round(len(of_class) * share)), len(of_class) - keep)
        taken.extend(of_class.pop() for _ in range(max(0, count)))
    return taken


def _sample(groups: Groups, sample: Sample, rng: random.Random) -> None:
    """Keep only so many rows of what is left, in place; a group of equal texts counts as one row."""
    if sample.shots:
        for of_class in groups.values():
            del of_class[sample.shots :]
    total = sum(map(len, groups.values()))
    if not sample.rows or sample.rows >= total:
        return
    # Largest remainders: exactly `rows` in all, each class by its share and at least one.
    shares = {target: len(of_class) * sample.rows / total for target, of_class in groups.items()}
    sizes = {target: max(1, int(share)) for target, share in shares.items()}
    for target in sorted(shares, key=lambda t: (int(shares[t]) - shares[t], rng.random())):
        if sum(sizes.values()) >= sample.rows:
            break
        sizes[target] += 1 if sizes[target] < len(groups[target]) else 0
    while sum(sizes.values()) > max(sample.rows, len(sizes)):  # what rare classes were given, the largest give back
        sizes[max(sizes, key=lambda target: sizes[target])] -= 1
    for target, of_class in groups.items():
        del of_class[sizes[target] :]


def _assign(sides: list[str], members: list[int], side: str) -> None:
    for i in members:
        sides[i] = side
