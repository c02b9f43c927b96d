"""By a date that the user names: the newest rows are the test, as in use, where the model meets what comes later."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.errors import TlcoreError
from tlcore.splits.base import TEST, Pool, SplitRows, Unit, rows_named
from tlcore.splits.chance import Draw
from tlcore.splits.dates import read_dates


@dataclass
class Dates:
    """days: of each row, seconds since 1970, or None where the date cannot be read."""

    rows: SplitRows
    column: str
    days: Sequence[float | None]
    notes: list[str]

    def draw(self, pool: Pool, draw: Draw) -> list[Unit]:
        """The newest units, cut between two dates. A text that also stands in an older row counts as that old.

        Raises TlcoreError if every row has the same date, or if a class would have no row left to learn from.
        """
        by_date: dict[float, list[Unit]] = defaultdict(list)
        for unit in draw.free(pool):
            if (day := self._day(unit)) is not None:
                by_date[day].append(unit)
        newest = sorted(by_date, reverse=True)
        if not newest:
            return []
        if len(newest) == 1 and draw.side == TEST:
            raise TlcoreError(
                "Every row has the same date, so there are no newest rows to test on.",
                f"column “{self.column}”",
                "Choose another column for the date, or split by chance.",
            )
        taken = _newest([by_date[day] for day in newest], draw)
        gone = self._classes_gone(pool, taken)
        if gone and draw.side == TEST:
            raise self._vanishing(taken, gone)
        return [unit for unit in taken if not gone & {self.rows.targets[i] for i in unit}]

    def _day(self, unit: Unit) -> float | None:
        found = [self.days[i] for i in unit]
        known = [day for day in found if day is not None]
        return min(known) if len(known) == len(found) else None

    def _classes_gone(self, pool: Pool, taken: Sequence[Unit]) -> set[str]:
        left = Counter(self.rows.targets[i] for units in pool.values() for unit in units for i in unit)
        left.subtract(self.rows.targets[i] for unit in taken for i in unit)
        return {self.rows.targets[i] for unit in taken for i in unit if left[self.rows.targets[i]] <= 0}

    def _vanishing(self, taken: Sequence[Unit], gone: set[str]) -> TlcoreError:
        names = ", ".join(f"“{label[:40]}”" for label in sorted(gone)[:5]) + (" and others" if len(gone) > 5 else "")
        rows = sorted(self.rows.number(i) for unit in taken for i in unit if self.rows.targets[i] in gone)
        many = "1 label has" if len(gone) == 1 else f"{len(gone):,} labels have"
        return TlcoreError(
            f"{many} rows only among the newest, which are kept for the test, so nothing would be left to learn from: {names}.",
            f"column “{self.column}”, {rows_named(rows)}",
            "Leave those labels out, add older rows of them, keep fewer rows for the test, or split by chance.",
        )


def make_dates(rows: SplitRows, column: str) -> Dates:
    """Raises TlcoreError where the column holds no dates, or dates that can be read in two ways."""
    days, said = read_dates(rows.cells, column)
    notes = [said] if said else []
    if unread := [rows.number(i) for i, day in enumerate(days) if day is None]:
        many = "1 row has" if len(unread) == 1 else f"{len(unread):,} rows have"
        notes.append(
            f"{many} no date in “{column}” that can be read ({rows_named(unread)}): learned from, never tested on."
        )
    return Dates(rows, column, days, notes)


def _newest(days: Sequence[list[Unit]], draw: Draw) -> list[Unit]:
    """Whole days from the newest on, as near to the share as days allow; the oldest day always stays."""
    sizes = [sum(map(len, units)) for units in days]
    wanted, count, total = draw.share * sum(sizes), 0, 0
    while count < len(days) - 1:
        after = total + sizes[count]
        nearer = abs(after - wanted) < abs(total - wanted)
        if not (count == 0 or (total < wanted if draw.at_least else nearer)):
            break
        count, total = count + 1, after
    return [unit for units in days[:count] for unit in units]
