"""By chance, each class by its share: what is done unless the user wishes otherwise."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.splits.base import Pool, Sample, Unit, text_key


@dataclass(frozen=True)
class Draw:
    """One side being drawn from the pool. share: of the rows in it. at_least: rather more than less.

    bound: first rows of the units whose side is settled. drawn, learned: units of each class that are settled to be on this
    side and to be learned from.
    """

    side: str
    share: float
    targets: Sequence[str]
    at_least: bool
    bound: frozenset[int]
    drawn: Counter[str]
    learned: Counter[str]

    def free(self, pool: Pool) -> list[Unit]:
        return [unit for units in pool.values() for unit in units if unit[0] not in self.bound]


def make_pool(units: Sequence[Unit], targets: Sequence[str], rng: random.Random) -> Pool:
    """Units by the class of their first row, in random order; the order of the classes is that of their names."""
    pool: Pool = {}
    for unit in units:
        pool.setdefault(targets[unit[0]], []).append(unit)
    for target in sorted(pool):
        rng.shuffle(pool[target])
    return {target: pool[target] for target in sorted(pool)}


def draw_by_chance(pool: Pool, draw: Draw) -> list[Unit]:
    """About `share` of each class's units, at least one of each, but one is left to learn from."""
    taken: list[Unit] = []
    for target, units in pool.items():
        free = [unit for unit in units if unit[0] not in draw.bound] if draw.bound else units
        wanted = len(free) * draw.share
        count = math.ceil(wanted) if draw.at_least else round(wanted)
        count = max(0 if draw.drawn[target] else 1, count)
        count = min(count, len(free) - (0 if draw.learned[target] else 1))
        taken.extend(free[len(free) - count :] if count > 0 else ())
    return taken


def keep_sample(pool: Pool, sample: Sample, texts: Sequence[str], rng: random.Random) -> None:
    """Keep only so many units a class (`shots`), or so many `rows` in all, of the pool, in place; equal texts count as one row.

    Rows are drawn text by text: were near-same ones drawn together, one form letter more or less would make another file.
    """
    if sample.shots:
        for units in pool.values():
            del units[sample.shots :]
    keys = {i: text_key(texts[i]) for units in pool.values() for unit in units for i in unit}
    members = {target: list(dict.fromkeys(keys[i] for unit in units for i in unit)) for target, units in pool.items()}
    total = sum(map(len, members.values()))
    if not sample.rows or sample.rows >= total:
        return
    # Largest remainders: exactly `rows` in all, each class by its share and at least one.
    shares = {target: len(found) * sample.rows / total for target, found in members.items()}
    sizes = {target: max(1, int(share)) for target, share in shares.items()}
    for target in sorted(shares, key=lambda t: (int(shares[t]) - shares[t], rng.random())):
        if sum(sizes.values()) >= sample.rows:
            break
        sizes[target] += 1 if sizes[target] < len(members[target]) else 0
    while sum(sizes.values()) > max(sample.rows, len(sizes)):  # what rare classes were given, the largest give back
        sizes[max(sizes, key=lambda target: sizes[target])] -= 1
    for target, units in pool.items():
        kept = set(rng.sample(members[target], sizes[target]))
        units[:] = [some for unit in units if (some := [i for i in unit if keys[i] in kept])]
