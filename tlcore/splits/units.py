"""Which rows must stay together: equal texts always, near-same texts unless they are most of what there is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tlcore.splits.base import (
    TEST,
    TRAIN,
    VALIDATION,
    SplitRows,
    SplitWish,
    Unit,
    hex_key,
    rows_named,
    split_key,
    text_number,
)

MOST_TOGETHER, FEW_TOGETHER = 0.1, 4
"""Near-same texts of more than this share of the rows (and more rows than FEW_TOGETHER) are a form letter, not copies: on one
side they would leave nothing to learn from, or nothing to test on."""
SHORT = 8
"""Words. In a text of so few, a number of one or two digits is what it is about ("shelf 1", "shelf 12"), not a detail of a copy."""
_NUMBERS = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
SETTLED = (TRAIN, VALIDATION, TEST)
"""Also what wins where a unit has been on several sides: what was learned from is never tested on."""


@dataclass(frozen=True)
class Units:
    """units: in the order of their first rows. known: the first row of a unit -> the side it had. alike: see Split."""

    units: list[Unit]
    known: dict[int, str]
    notes: list[str]
    alike: Sequence[int]


def find_units(rows: SplitRows, wish: SplitWish) -> Units:
    """Rows that belong together, and where they were before."""
    if not rows.same:
        rows = replace(rows, same=[text_number(text) for text in rows.texts])
    units = _near(rows, _by(rows.same))
    if not wish.previous:
        return units
    sides = [_side(rows, wish, i) for i in range(len(rows.texts))]
    found: list[Unit] = []
    for unit in units.units:
        for side, members in _parted(unit, sides):
            found.append(members)
            if side:
                units.known[members[0]] = side
    return replace(units, units=found)


def _by(keys: Iterable[object]) -> list[Unit]:
    same: dict[object, Unit] = defaultdict(list)
    for i, key in enumerate(keys):
        same[key].append(i)
    return list(same.values())


def _near(rows: SplitRows, exact: list[Unit]) -> Units:
    """The exact units, joined where their texts are near-same."""
    from tlcore.near import near_groups  # NumPy is only needed here

    ids = near_groups([rows.texts[unit[0]] for unit in exact])
    limit = max(FEW_TOGETHER, MOST_TOGETHER * len(rows.texts))
    joined: list[Unit] = []
    loose: Unit = []
    about = [_numbers(rows.texts[unit[0]]) for unit in exact]
    for places in _by(zip(ids, about, strict=True)):
        if len(places) == 1:
            joined.append(exact[places[0]])
            continue
        unit = sorted(i for place in places for i in exact[place])
        if len(unit) > limit:
            joined.extend(exact[place] for place in places)
            loose.extend(unit)
        else:
            joined.append(unit)
    joined.sort(key=lambda unit: unit[0])
    alike = [0] * len(rows.texts)
    for unit, first in zip(exact, ids, strict=True):
        for i in unit:
            alike[i] = exact[first][0]
    return Units(joined, {}, [_loose_note(rows, loose)] if loose else [], alike)


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(_NUMBERS.findall(text)) if text.count(" ") < SHORT else ()


def _loose_note(rows: SplitRows, loose: Sequence[int]) -> str:
    return (
        f"{len(loose):,} texts differ by so little, and are so many, that they were not kept on one side of the split "
        f"({rows_named([rows.number(i) for i in sorted(loose)])}). The test may look easier than it is."
    )


def _side(rows: SplitRows, wish: SplitWish, i: int) -> str:
    """The side a row had, by its text as it is, else as it was before it was mended; "" for a new one."""
    side = wish.previous.get(hex_key(rows.same[i]))
    was = rows.was[i] if rows.was else None
    if side is None and was is not None:
        side = wish.previous.get(split_key(was))
    return side if side in SETTLED else ""


def _parted(unit: Unit, sides: Sequence[str]) -> list[tuple[str, Unit]]:
    """A unit by the sides that its rows had; its new rows go with the first of SETTLED among them."""
    found = sorted({sides[i] for i in unit} - {""}, key=SETTLED.index)
    if len(found) < 2:
        return [(found[0] if found else "", unit)]
    return [(side, [i for i in unit if (sides[i] or found[0]) == side]) for side in found]
