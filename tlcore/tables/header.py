"""Which row holds the column names. A header is assumed unless the first row clearly is data."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from tlcore.errors import TlcoreError

LOOK_AT = 200  # rows that are enough to tell names from data
MOST_TITLE_ROWS = 20
_KINDS = (
    ("number", re.compile(r"[-+]?[$€£]?\d[\d.,\s]*%?")),
    ("date", re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")),
    ("time", re.compile(r"\d{1,2}:\d{2}(:\d{2}.*)?")),
    ("link", re.compile(r"https?://\S+")),
    ("json", re.compile(r"[\[{].*[\]}]", re.DOTALL)),
)
# A first row with one of these is a header even where the same word is also a value.
_NAMES = "text label labels category class sentiment message id name title comment topic intent"
HEADER_WORDS = frozenset(_NAMES.split())


def find_header(rows: list[list[str]], asked: int | None, file: str) -> tuple[int, list[str]]:
    """The 1-based header row (0: none) and sentences about it. Raises TlcoreError if `asked` cannot be it."""
    if asked is not None:
        return _asked(rows, asked, file)
    filled = [i for i, row in enumerate(rows) if any(map(str.strip, row))]
    if not filled:
        raise TlcoreError("The file is empty.", file, "Choose a file with a row of column names and rows under it.")
    first, skipped = _past_title(rows, filled)
    said = []
    if skipped:
        said.append(f"{skipped} row{'s' * (skipped > 1)} above the column names left out: a title or a note.")
    after = [i for i in filled if i > first][:LOOK_AT]
    if looks_like_data(rows[first], [rows[i] for i in after]):
        said.append("The first row looks like data, not like names, so the columns are numbered.")
        return 0, said
    return first + 1, said


def looks_like_data(first: list[str], others: list[list[str]]) -> bool:
    """True where the first row is clearly no header: it holds the same kind of thing as the rows below."""
    if not others or first in others:
        return False
    cells = [cell.strip() for cell in first]
    if {cell.lower() for cell in cells} & HEADER_WORDS:
        return False
    if _counts_up([cell for cell in cells if _kind(cell) == "number"]):
        return False
    return any(_like_column(cell, [row[i].strip() for row in others if i < len(row)]) for i, cell in enumerate(cells))


def _asked(rows: list[list[str]], asked: int, file: str) -> tuple[int, list[str]]:
    if asked < 0 or asked > len(rows):
        raise TlcoreError(
            f"Row {asked} cannot hold the column names: the file has {len(rows):,} rows.",
            file,
            "Choose a row of the file, or 0 if there are no column names.",
        )
    if asked and not any(map(str.strip, rows[asked - 1])):
        raise TlcoreError(f"Row {asked} is empty, so it cannot hold the column names.", file, "Choose another row.")
    above = sum(any(map(str.strip, row)) for row in rows[: max(asked - 1, 0)])
    said = [f"{above} row{'s' * (above > 1)} above the column names left out, as asked."] if above else []
    return asked, said


def _past_title(rows: list[list[str]], filled: list[int]) -> tuple[int, int]:
    """Step over rows with one cell only at the top of a table of three columns and more."""
    counts = [sum(1 for cell in rows[i] if cell.strip()) for i in filled[: LOOK_AT + MOST_TITLE_ROWS]]
    usual = Counter(counts).most_common(1)[0][0]
    if usual < 3:
        return filled[0], 0
    for place, count in enumerate(counts[:MOST_TITLE_ROWS]):
        if count > 1:
            return filled[place], place
    return filled[0], 0


def _kind(cell: str) -> str:
    return next((name for name, pattern in _KINDS if pattern.fullmatch(cell)), "") if cell else ""


def _counts_up(numbers: list[str]) -> bool:
    """Column names such as 2019, 2020, 2021 or 0, 1, 2."""
    if len(numbers) < 2 or not all(re.fullmatch(r"\d{1,4}", number) for number in numbers):
        return False
    values = [int(number) for number in numbers]
    return all(0 < b - a <= 10 for a, b in pairwise(values))


def _like_column(cell: str, below: list[str]) -> bool:
    below = [other for other in below if other]
    if not cell or not below:
        return False
    kind = _kind(cell)
    if kind and sum(_kind(other) == kind for other in below) >= 0.8 * len(below):
        return True
    # "positive" on top of a column of "positive" and "negative" is a value, not a name.
    few = len(set(below)) <= len(below) / 3
    return len(below) >= 6 and few and below.count(cell) >= max(2, len(below) // 20)
