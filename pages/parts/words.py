"""Numbers in words people can hold. No Streamlit here."""

from __future__ import annotations

import re
import time

MARKS = re.compile(r"([!-/:-@\[-`{-~])")


def number(value: float | int | None, digits: int = 0) -> str:
    """12,345; "–" where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}"


def plural(count: int, one: str, many: str = "") -> str:
    """ "1 row", "1,204 rows"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def of(part: int, whole: int) -> str:
    """ "37 of 1,000"."""
    return f"{part:,} of {whole:,}"


def per_thousand(share: float | None, whole: int = 1000) -> str:
    """A share as people: 0.037 is "37 of 1,000"; "–" where there is none."""
    return "–" if share is None else of(round(share * whole), whole)


def percent(share: float | None) -> str:
    """0.8734 is "87 %"; "–" where there is none."""
    return "–" if share is None else f"{share * 100:.0f} %"


def score(value: float | None) -> str:
    """The exact figure, for a hover: three digits."""
    return "–" if value is None else f"{value:.3f}"


def interval(low: float | None, high: float | None) -> str:
    """ "0.81 to 0.88"; "" where there is none."""
    return "" if low is None or high is None else f"{low:.2f} to {high:.2f}"


def duration(seconds: float | None) -> str:
    """ "8 seconds", "3 minutes", "2 hours 10 minutes"; "–" where unknown."""
    if seconds is None:
        return "–"
    if seconds < 1.5:
        return "a second"
    if seconds < 90:
        return plural(round(seconds), "second")
    minutes = round(seconds / 60)
    if minutes < 90:
        return plural(minutes, "minute")
    hours, rest = divmod(round(minutes / 10) * 10, 60)
    return plural(hours, "hour") + (f" {rest} minutes" if rest else "")


def duration_range(low: float | None, high: float | None) -> str:
    """ "20 to 40 seconds", "2 to 5 minutes", "under 10 seconds"; the unit said once where it is the same."""
    if low is None or high is None:
        return "–"
    if high < 10:
        return "under 10 seconds"
    first, last = duration(max(low, 1.5)), duration(high)
    if first == last:
        return f"about {last}"
    (a, unit_a), (_, unit_b) = first.split(" ", 1), last.split(" ", 1)
    return f"{a} to {last}" if unit_a.rstrip("s") == unit_b.rstrip("s") and a.isdigit() else f"{first} to {last}"


def megabytes(mb: float | None) -> str:
    """ "512 MB", "1.4 GB"; "–" where unknown."""
    if mb is None:
        return "–"
    return f"{mb / 1000:,.1f} GB" if mb >= 1000 else f"{mb:,.0f} MB" if mb >= 1 else "under 1 MB"


def ago(then: float) -> str:
    """ "just now", "5 minutes ago", "3 days ago"."""
    seconds = max(0.0, time.time() - then)
    if seconds < 60:
        return "just now"
    if seconds < 90:
        return "a minute ago"
    days = int(seconds // 86400)
    return f"{plural(days, 'day')} ago" if days else f"{duration(seconds)} ago"


def listed(names: list[str] | tuple[str, ...], most: int = 5) -> str:
    """“a”, “b” and 3 more."""
    shown = [f"“{name[:60]}”" for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def escape_md(text: object) -> str:
    """Text of the user's that Markdown then shows as it is: no links, images, colours, maths, HTML."""
    return MARKS.sub(r"\\\1", " ".join(str(text).split()))
