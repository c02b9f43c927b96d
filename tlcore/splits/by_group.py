"""By a column that the user names: all rows of one customer, document or author on one side."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tlcore.errors import TlcoreError
from tlcore.splits.base import TEST, Pool, SplitRows, Unit, rows_named, text_key
from tlcore.splits.chance import Draw, draw_by_chance

GLUED = 0.5
"""Where equal texts glue groups together until one holds more than this share of the rows, only the groups count."""
TOO_MANY = 1.25
"""A group that would make a side larger than so many times what is wanted is passed over."""


@dataclass
class Groups:
    """party: a row -> the units that must lie on its side. Of every row: a sample may take away the first of a unit."""

    rows: SplitRows
    column: str
    party: dict[int, int]
    rng: random.Random
    notes: list[str] = field(default_factory=list)

    def draw(self, pool: Pool, draw: Draw) -> list[Unit]:
        """Whole groups, in random order, each if it brings the classes nearer to their shares.

        Raises TlcoreError if no group can be the test without taking a class away from what is learned.
        """
        left = _labels(self.rows, [unit for units in pool.values() for unit in units])
        free = _parties(self, draw.free(pool))
        self.rng.shuffle(free)
        taken = _choose(self.rows, free, draw, left)
        if taken:
            return taken
        if not free:
            return []
        if draw.side == TEST:
            raise TlcoreError(
                "No group can be kept aside for the test: each holds a label that the others do not.",
                f"column “{self.column}”, {len(free):,} {'group' if len(free) == 1 else 'groups'}",
                "Choose another column to keep together, or none.",
            )
        self.notes.append(
            f"There are too few groups in “{self.column}” to keep some aside to steer by, so rows of the same group lie "
            "in training and validation. The test is not touched by that."
        )
        return draw_by_chance(pool, draw)


def make_groups(rows: SplitRows, column: str, units: list[Unit], rng: random.Random) -> tuple[Groups, list[Unit]]:
    """The groups, and the units as they must be cut. Raises TlcoreError where one group holds everything."""
    names = [text_key(cell) for cell in rows.cells]
    if len(set(names) - {""}) < 2:
        raise TlcoreError(
            "Every row is in the same group, so no group can be kept aside for the test.",
            f"column “{column}”",
            "Choose a column with several values, such as customer or document, or split by chance.",
        )
    found = Groups(rows, column, _glue(units, names), rng)
    if blank := [rows.number(i) for i, name in enumerate(names) if not name]:
        found.notes.append(f"“{column}” is empty in {rows_named(blank)}: each counts as a group of its own.")
    sizes: Counter[int] = Counter()
    for unit in units:
        sizes[found.party[unit[0]]] += len(unit)
    if max(sizes.values()) <= GLUED * len(names):
        return found, units
    units, apart = _cut(units, names)
    found.party = _glue(units, names)
    if apart:
        found.notes.append(
            f"The same text stands in several groups of “{column}” ({rows_named([rows.number(i) for i in apart])}). "
            "The groups were kept whole, so such a text may lie in training and in the test."
        )
    return found, units


def _glue(units: Sequence[Unit], names: Sequence[str]) -> dict[int, int]:
    """Union-find over units that share a group."""
    parent = list(range(len(units)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[str, int] = {}
    for place, unit in enumerate(units):
        for i in unit:
            if names[i]:
                a, b = find(first.setdefault(names[i], place)), find(place)
                parent[max(a, b)] = min(a, b)
    return {i: find(place) for place, unit in enumerate(units) for i in unit}


def _cut(units: Sequence[Unit], names: Sequence[str]) -> tuple[list[Unit], list[int]]:
    """Each unit by its groups; and the rows of the units that were cut."""
    cut: list[Unit] = []
    apart: Unit = []
    for unit in units:
        of_name: dict[str, Unit] = defaultdict(list)
        for i in unit:
            of_name[names[i]].append(i)
        cut.extend(of_name.values())
        apart.extend(unit if len(of_name) > 1 else ())
    return sorted(cut, key=lambda unit: unit[0]), sorted(apart)


def _parties(groups: Groups, free: Sequence[Unit]) -> list[list[Unit]]:
    together: dict[int, list[Unit]] = defaultdict(list)
    for unit in free:
        together[groups.party[unit[0]]].append(unit)
    return list(together.values())


def _labels(rows: SplitRows, units: Sequence[Unit]) -> Counter[str]:
    return Counter(rows.targets[i] for unit in units for i in unit)


def _choose(rows: SplitRows, free: Sequence[list[Unit]], draw: Draw, left: Counter[str]) -> list[Unit]:
    """left: rows of each class in the pool, from which what is chosen is taken away."""
    counts = [_labels(rows, party) for party in free]
    every = _labels(rows, [unit for party in free for unit in party])
    aim = {target: draw.share * rows_of for target, rows_of in every.items()}
    wanted, got, has = draw.share * every.total(), 0, Counter[str]()
    taken: list[Unit] = []
    for party, count in zip(free, counts, strict=True):
        if got >= wanted or got + count.total() > max(1.0, TOO_MANY * wanted) or not _leaves_each(count, left):
            continue
        if sum((count[t] ** 2 - 2 * count[t] * (aim[t] - has[t])) / max(1.0, aim[t]) for t in count) < 0:
            taken.extend(party)
            got += count.total()
            has.update(count)
            left.subtract(count)
    if taken or wanted <= 0:
        return taken
    small = sorted((count.total(), place) for place, count in enumerate(counts) if _leaves_each(count, left))
    return free[small[0][1]] if small else []


def _leaves_each(count: Counter[str], left: Counter[str]) -> bool:
    return all(left[target] > rows for target, rows in count.items())
