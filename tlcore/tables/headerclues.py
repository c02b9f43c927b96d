"""What may stand around the column names in text files: comments marked with #, and row numbers without a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tlcore.tables.cellkinds import LOOK_AT, filled, looks_like_data

_COUNTERS = frozenset(["id", "nr", "no", "no.", "#", "index", "row", "number", "key"])
_COMMENT = re.compile(r"#(\W|$|[\w -]{1,30}:)")


def comment_rows(rows: list[list[str]], places: list[int]) -> int:
    """How many rows at the top are marked as comments with #; the last may hold the names behind its mark."""
    marked = next((at for at, i in enumerate(places) if not _COMMENT.match(_first_cell(rows[i]))), 0)
    if not marked:
        return 0
    last, under = rows[places[marked - 1]], [rows[i] for i in places[marked : marked + LOOK_AT]]
    usual = Counter(map(len, under)).most_common(1)[0][0]
    spaced = _first_cell(last).lstrip("#").startswith(" ")
    names = len(last) == usual > 1 and (looks_like_data(under[0], under[1:]) or not spaced)
    return marked - 1 if names else marked


def _first_cell(row: Sequence[str]) -> str:
    return next((cell.strip() for cell in row if cell.strip()), "")


def lacks_first_name(names: Sequence[str], rows: list[list[str]]) -> bool:
    """Whether each row has one cell more than there are names, and it is a running number in front, as R writes it."""
    some = [row for row in rows[:LOOK_AT] if filled(row)]
    if len(some) < 2 or len(names) < 2 or any(len(row) != len(names) + 1 for row in some):
        return False
    if names[0].strip().lower() in _COUNTERS:
        return False
    first = some[0][0].strip()
    start = int(first) if first in ("0", "1") else -1
    counted = all(row[0].strip() == str(number) for number, row in enumerate(some, start))
    return start >= 0 and counted and sum(bool(row[-1].strip()) for row in some) >= 0.9 * len(some)
