"""Dates as people write them, without inventing: what can be read in two ways is decided by the whole column, or asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from tlcore.errors import TlcoreError

DAY_FIRST, MONTH_FIRST = "day first", "month first"
FEWEST_READ = 0.5
"""If fewer of the filled cells than this are dates, it is the wrong column."""
LONGEST = 60
"""Characters: what is longer is no date."""
MOST_OTHER = 0.1
"""Of the dates that show their order: more than so many the other way round, and nobody knows how 3/4/2024 is meant."""
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_TIME = re.compile(
    r"[T ,]*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp])?\.?(?:[Mm]\.?)?\s*(?:Z|UTC|GMT|([+-]\d{2}):?(\d{2}))?\s*"
)
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?(?!\d)|(\d{4})(\d{2})(\d{2})(?!\d)")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_NAMED = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4}|\d{2})(?!\d)"
)
_NAMED_FIRST = re.compile(r"(?:[A-Za-z]{3,9},\s+)?([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_YEAR, _STAMP = re.compile(r"(1[89]|20)\d{2}"), re.compile(r"1\d{9}(?:\d{3})?")
_START = datetime(1970, 1, 1, tzinfo=UTC)


def read_dates(cells: Sequence[str], column: str) -> tuple[list[float | None], str]:
    """Seconds since 1970 of each cell, None where it cannot be read; and what was decided for the whole column, or "".

    Known: ISO 8601, 20240305, 5.3.2024, 5/3/2024 (or 3/5/2024), 5 March 2024, March 5, 2024, years, Unix time; a time of day
    behind it. Raises TlcoreError where too few cells are dates, or 3/4/2024 can be both and no row decides it.
    """
    texts = [cell.strip() for cell in cells]
    order, said = _order(texts, column)
    found = [_moment(text, order) for text in texts]
    filled = sum(bool(text) for text in texts)
    read = sum(day is not None for day in found)
    if not read or read < FEWEST_READ * filled:
        odd = next((text for text, day in zip(texts, found, strict=True) if text and day is None), "")
        raise TlcoreError(
            f"Only {read:,} of {len(texts):,} rows have a date that can be read"
            + (f"; “{odd[:40]}” is none." if odd else "."),
            f"column “{column}”",
            "Choose the column that holds the dates, or write them as 2024-12-31.",
        )
    return found, said


def _order(texts: Sequence[str], column: str) -> tuple[str, str]:
    """Whether 3/4/2024 is in March or in April, by the rows in which only one of the two can be."""
    pairs = [(int(m[1]), int(m[3])) for text in texts if (m := _NUMERIC.match(text)) and m[2] != "."]
    if not pairs:
        return DAY_FIRST, ""
    day_first, month_first = sum(a > 12 for a, _ in pairs), sum(b > 12 for _, b in pairs)
    if not day_first and not month_first:
        return _by_sequence(texts, column) if any(a != b for a, b in pairs) else (DAY_FIRST, "")
    order = MONTH_FIRST if month_first > day_first else DAY_FIRST
    other = min(day_first, month_first)
    if other > MOST_OTHER * (day_first + month_first):
        raise TlcoreError(
            f"Dates are written in two orders: {day_first:,} with the day first, {month_first:,} with the month first.",
            f"column “{column}”",
            "Write them all as 2024-12-31 (year, month, day), or choose another column.",
        )
    but = f" {other:,} {'is' if other == 1 else 'are'} written the other way round and cannot be read." if other else ""
    return order, f"Dates in “{column}” are read {order}, as its other rows show.{but}"


def _by_sequence(texts: Sequence[str], column: str) -> tuple[str, str]:
    """Files are often sorted by date: the reading in which fewer rows step back is taken, if there is one."""
    steps = []
    for order in (DAY_FIRST, MONTH_FIRST):
        days = [day for text in texts if (day := _moment(text, order)) is not None]
        back = sum(b < a for a, b in pairwise(days))
        steps.append(min(back, sum(b > a for a, b in pairwise(days))))
    if steps[0] == steps[1]:
        odd = next(text for text in texts if (m := _NUMERIC.match(text)) and m[2] != "." and m[1] != m[3])
        raise TlcoreError(
            f"Dates such as “{odd[:20]}” can be read in two ways, and no row shows which of the two is meant.",
            f"column “{column}”",
            "Write them as 2024-12-31 (year, month, day), or choose another column.",
        )
    order = DAY_FIRST if steps[0] < steps[1] else MONTH_FIRST
    return (
        order,
        f"Dates in “{column}” could be read in two ways; {order} fits the order of the rows, so that is taken.",
    )


def _moment(text: str, order: str) -> float | None:
    return _parsed(text, order) if len(text) <= LONGEST else None


@lru_cache(maxsize=100_000)
def _parsed(text: str, order: str) -> float | None:
    if _STAMP.fullmatch(text):
        return int(text) / (1000 if len(text) == 13 else 1)
    if _YEAR.fullmatch(text):
        return _seconds(int(text), 1, 1)
    for pattern, parts in ((_ISO, _iso), (_NUMERIC, _numeric), (_NAMED, _named), (_NAMED_FIRST, _named_first)):
        if match := pattern.match(text):
            day = parts(match, order)
            time = _time(text[match.end() :])
            return None if day is None or time is None else day + time
    return None


def _iso(match: re.Match[str], order: str) -> float | None:
    if match[5]:
        return _seconds(int(match[5]), int(match[6]), int(match[7]))
    return _seconds(int(match[1]), int(match[3]), int(match[4] or 1))


def _numeric(match: re.Match[str], order: str) -> float | None:
    first, second = int(match[1]), int(match[3])
    day, month = (second, first) if order == MONTH_FIRST and match[2] != "." else (first, second)
    return _seconds(_year(match[4]), month, day)


def _named(match: re.Match[str], order: str) -> float | None:
    return _seconds(_year(match[3]), _month(match[2]), int(match[1]))


def _named_first(match: re.Match[str], order: str) -> float | None:
    return _seconds(_year(match[3]), _month(match[1]), int(match[2]))


def _month(name: str) -> int:
    """1 to 12 for a month or its first three or more letters; 0 for a word that is no month."""
    return next((i for i, month in enumerate(_MONTHS, start=1) if month.startswith(name.lower())), 0)


def _year(digits: str) -> int:
    """Two digits are 1969 to 2068, as in POSIX."""
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 69 else 1900)


def _seconds(year: int, month: int, day: int) -> float | None:
    try:
        return (datetime(year, month, day, tzinfo=UTC) - _START).total_seconds()
    except ValueError:
        return None


def _time(rest: str) -> float | None:
    """Seconds since midnight UTC of what follows a date; None if it is not a time of day."""
    if not rest.strip():
        return 0.0
    match = _TIME.fullmatch(rest)
    if not match:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        hour = hour % 12 + (12 if match[4].lower() == "p" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    zone = timedelta(
        hours=int(match[5] or 0), minutes=int(match[6] or 0) * (-1 if (match[5] or "").startswith("-") else 1)
    )
    return timedelta(hours=hour, minutes=minute, seconds=second).total_seconds() - zone.total_seconds()
