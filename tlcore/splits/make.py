"""make_split: known rows where they were, the rest drawn as wished, and a row of every class to learn from."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tlcore.errors import TlcoreError
from tlcore.splits.base import (
    CHANCE,
    DATE,
    GROUP,
    MAX_TEST,
    MAX_VALIDATION,
    MOST_TEST_SHARE,
    NOT_SAMPLED,
    TEST,
    TEST_SHARE,
    TRAIN,
    VALIDATION,
    VALIDATION_SHARE,
    Pool,
    Sample,
    Split,
    SplitRows,
    SplitWish,
    Unit,
    rows_named,
)
from tlcore.splits.by_date import make_dates
from tlcore.splits.by_group import make_groups
from tlcore.splits.chance import Draw, draw_by_chance, keep_sample, make_pool
from tlcore.splits.intervals import points_for_rows, rows_for_interval
from tlcore.splits.units import Units, find_units

Drawing = Callable[[Pool, Draw], list[Unit]]


def split_rows(
    texts: Sequence[str], targets: Sequence[str], seed: int, own_test: bool, sample: Sample | None = None
) -> list[str]:
    """The side of each labelled row. `own_test`: the user brings a test file, so none is cut off here."""
    return list(make_split(SplitRows(texts, targets), seed, own_test, sample).sides)


def make_split(
    rows: SplitRows, seed: int, own_test: bool, sample: Sample | None = None, wish: SplitWish | None = None
) -> Split:
    """Give each labelled row its side. The same rows, seed and wish give the same split.

    Raises TlcoreError where a wish cannot be met: one group or date holds everything, a class would not be learned.
    """
    wish = wish or SplitWish()
    rng = random.Random(seed)
    units = find_units(rows, wish)
    notes = list(units.notes)
    units = _known_that_helps(units, own_test, notes)
    way, units = _way(rows, units, wish, rng)
    sides = _Sides(rows, units, make_pool(units.units, rows.targets, rng))
    if not own_test:
        sides.draw(TEST, way.drawing, _test_share(rows, units, wish), wish.points is not None)
    keep_sample(sides.pool, sample or Sample(), rows.texts, rng)
    sides.draw(VALIDATION, way.drawing, min(VALIDATION_SHARE, MAX_VALIDATION / max(1, sides.rows_left())), False)
    sides.assign([unit for of_class in sides.pool.values() for unit in of_class], TRAIN)
    notes += [*way.notes, *sides.keep_each_class(), *([] if own_test else _interval_note(rows, sides.sides, wish))]
    return Split(sides.sides, way.how, sides.kept(), tuple(notes), units.alike)


@dataclass(frozen=True)
class _Way:
    """How units are drawn; notes: a list that drawing may add to."""

    how: str
    drawing: Drawing
    notes: list[str]


def _way(rows: SplitRows, units: Units, wish: SplitWish, rng: random.Random) -> tuple[_Way, Units]:
    """The way that is wished for, and the units as it must cut them."""
    if wish.group and wish.date:
        raise TlcoreError(
            "Rows can be split by a group or by a date, not by both.",
            f"columns “{wish.group}” and “{wish.date}”",
            "Choose one of the two.",
        )
    if wish.group:
        groups, cut = make_groups(rows, wish.group, units.units, rng)
        units = replace(units, units=cut, known=_known_parties(units.known, groups.party))
        return _Way(GROUP, groups.draw, groups.notes), units
    if wish.date:
        dates = make_dates(rows, wish.date)
        return _Way(DATE, dates.draw, dates.notes), units
    return _Way(CHANCE, draw_by_chance, []), units


def _known_that_helps(units: Units, own_test: bool, notes: list[str]) -> Units:
    """Known sides, unless they would leave nothing to test on; with a test file, what was tested on can be learned from."""
    if own_test:
        return replace(units, known={first: side for first, side in units.known.items() if side != TEST})
    if units.known and TEST not in units.known.values():
        notes.append("None of the rows that were tested on before is in this file, so all rows are split afresh.")
        return replace(units, known={})
    return units


def _known_parties(known: dict[int, str], party: dict[int, int]) -> dict[int, str]:
    """A group goes whole to where any of its rows was: first of all to training, for what was learned is never tested on."""
    wins = (TRAIN, VALIDATION, TEST)
    sides: dict[int, str] = {}
    for first, side in known.items():
        if first in party:
            sides[party[first]] = min(side, sides.get(party[first], side), key=wins.index)
    return {first: sides[number] for first, number in party.items() if number in sides}


def _test_share(rows: SplitRows, units: Units, wish: SplitWish) -> float:
    """The share of the rows that are new to this split which the test needs."""
    count = max(1, len(rows.texts))
    share = min(TEST_SHARE, MAX_TEST / count)
    if wish.points is not None:
        share = min(MOST_TEST_SHARE, rows_for_interval(wish.points, wish.expected) / count)
    if not units.known:
        return share
    had = sum(len(unit) for unit in units.units if units.known.get(unit[0]) == TEST)
    new = sum(len(unit) for unit in units.units if unit[0] not in units.known)
    return min(MOST_TEST_SHARE, max(0.0, share * count - had) / max(1, new))


def _interval_note(rows: SplitRows, sides: Sequence[str], wish: SplitWish) -> list[str]:
    """What the test rows give, where that is less than was wished for."""
    if wish.points is None or not (got := sum(side == TEST for side in sides)):
        return []
    needed = rows_for_interval(wish.points, wish.expected)
    if got >= needed:
        return []
    return [
        f"A test within ±{wish.points:g} points needs {needed:,} rows. Of your {len(rows.texts):,} labelled rows {got:,} are kept "
        f"for it, which gives ±{points_for_rows(got, wish.expected):.1f} points. More labelled rows make it narrower."
    ]


class _Sides:
    """The sides while they are dealt out."""

    def __init__(self, rows: SplitRows, units: Units, pool: Pool) -> None:
        self.rows, self.units, self.pool = rows, units, pool
        self.sides = [NOT_SAMPLED] * len(rows.texts)

    def rows_left(self) -> int:
        return sum(len(unit) for of_class in self.pool.values() for unit in of_class)

    def assign(self, units: Sequence[Unit], side: str) -> None:
        for unit in units:
            for i in unit:
                self.sides[i] = side

    def draw(self, side: str, drawing: Drawing, share: float, at_least: bool) -> None:
        """Take the known units of a side out of the pool, and as many others as its share asks for."""
        known = self.units.known
        settled = [unit for of_class in self.pool.values() for unit in of_class if known.get(unit[0]) == side]
        self._take(settled, side)
        drawn = Counter(self.rows.targets[unit[0]] for unit in settled)
        learned = Counter(
            target for target, units in self.pool.items() for unit in units if known.get(unit[0]) == TRAIN
        )
        wish = Draw(side, share, self.rows.targets, at_least, frozenset(known), drawn, learned)
        self._take(drawing(self.pool, wish), side)

    def _take(self, units: Sequence[Unit], side: str) -> None:
        gone = {unit[0] for unit in units}
        if gone:
            for of_class in self.pool.values():
                of_class[:] = [unit for unit in of_class if unit[0] not in gone]
            self.assign(units, side)

    def keep_each_class(self) -> list[str]:
        """A class that would only be tested on gives rows to training: a model that never saw it cannot be made. What was moved."""
        learned = {target for target, side in zip(self.rows.targets, self.sides, strict=True) if side == TRAIN}
        if learned.issuperset(self.rows.targets):
            return []
        moved: Unit = []
        for side in (VALIDATION, TEST):
            for unit in self.units.units:
                here = [i for i in unit if self.sides[i] == side]
                if any(self.rows.targets[i] not in learned for i in here):
                    self.assign([here], TRAIN)
                    learned.update(self.rows.targets[i] for i in here)
                    moved += here
        if not moved:
            return []
        numbers = rows_named(sorted(self.rows.number(i) for i in moved))
        return [f"{numbers[0].upper()}{numbers[1:]} went to training, because nothing else there has the same label."]

    def kept(self) -> int:
        """Rows of known units that are where they were."""
        known = self.units.known
        return (
            sum(len(unit) for unit in self.units.units if unit[0] in known and self.sides[unit[0]] == known[unit[0]])
            if known
            else 0
        )
