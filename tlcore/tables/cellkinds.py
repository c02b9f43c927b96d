"""What kind of thing a cell holds (number, date, link, code, plain words), and whether a row is like those below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

LOOK_AT = 200  # rows that are enough to tell names from data
MOST_CHARS = 300  # of a cell; a longer one is words, and no pattern may walk through it
_KINDS = (
    ("number", re.compile(r"[-+(]?[$€£¥]?\d[\d.,\s]*([eE][-+]?\d+)?\)?\s?[%€$£]?")),
    ("date", re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(,?[ T].*)?", re.DOTALL)),
    ("time", re.compile(r"\d{1,2}:\d{2}(:\d{2}.*)?")),
    ("moment", re.compile(r"[\[(]\d{1,4}[-/.:]\d{1,2}[^\])]{0,30}[\])].*", re.DOTALL)),
    ("turn", re.compile(r"[^\W\d_][\w .'-]{0,30}: \S.*", re.DOTALL)),
    ("link", re.compile(r"https?://\S+")),
    ("mail", re.compile(r"[^@\s]{1,60}@[^@\s]{1,60}\.\w+")),
    ("code", re.compile(r"[A-Z]{1,4}[-_]?\d{3,}")),
    ("fastText", re.compile(r"__label__\S+(\s.*)?", re.DOTALL)),
    ("json", re.compile(r"[\[{].*[\]}]", re.DOTALL)),
)
_MISSING = frozenset(["na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "#n/a", "unknown", "tbd"])
# A first row with one of these is a header even where the same word is also a value.
_NAMES = "text label labels category class sentiment message id name title comment topic intent"
HEADER_WORDS = frozenset(_NAMES.split())


def kind_of_cell(cell: str) -> str:
    """One of number, date, time, link, mail, code, json; "" for plain words, missing and empty cells."""
    cell = cell.strip()
    if not cell or len(cell) > MOST_CHARS:
        return ""
    return next((name for name, pattern in _KINDS if pattern.fullmatch(cell)), "")


def is_missing(cell: str) -> bool:
    return cell.strip().lower() in _MISSING


def filled(row: Sequence[str]) -> int:
    """How many cells hold more than white space."""
    return sum(1 for cell in row if cell.strip())


def column_kinds(rows: Sequence[Sequence[str]]) -> dict[int, str]:
    """The columns of which at least 90 % of the filled cells, and three of them, are of one kind: place -> kind."""
    kinds: dict[int, str] = {}
    for place in range(max(map(len, rows), default=0)):
        cells = [row[place] for row in rows if place < len(row) and row[place].strip() and not is_missing(row[place])]
        if len(cells) < 3:
            continue
        kind, times = Counter(map(kind_of_cell, cells)).most_common(1)[0]
        if kind and times >= 0.9 * len(cells):
            kinds[place] = kind
    return kinds


def looks_like_data(first: list[str], others: list[list[str]]) -> bool:
    """True where the first row is clearly no header: it holds the same kind of thing as the rows below."""
    if not others or first in others:
        return False
    cells = [cell.strip() for cell in first]
    if {cell.lower() for cell in cells} & HEADER_WORDS:
        return False
    if _counts_up([cell for cell in cells if kind_of_cell(cell) == "number"]):
        return False
    if len(cells) == 1 and _is_text(cells[0], [row[0].strip() for row in others if row]):
        return True
    columns = [(cell, [row[i].strip() for row in others if i < len(row)]) for i, cell in enumerate(cells)]
    # From the other end too: a text with commas moves what follows it.
    columns.append((cells[-1], [row[-1].strip() for row in others if len(row) > 1]) if len(cells) > 1 else ("", []))
    return any(_like_column(cell, [other for other in below if other]) for cell, below in columns)


def _counts_up(numbers: list[str]) -> bool:
    """Column names such as 2019, 2020, 2021 or 0, 1, 2."""
    if len(numbers) < 2 or not all(re.fullmatch(r"\d{1,4}", number) for number in numbers):
        return False
    values = [int(number) for number in numbers]
    return all(0 < b - a <= 10 for a, b in pairwise(values))


def _like_column(cell: str, below: list[str]) -> bool:
    if not cell or not below:
        return False
    kind = kind_of_cell(cell)
    if kind and sum(kind_of_cell(other) == kind for other in below) >= 0.8 * len(below):
        return True
    # "positive" on top of a column of "positive" and "negative" is a value, not a name.
    few = len(set(below)) <= len(below) / 3
    if len(below) >= 6 and few and below.count(cell) >= max(2, len(below) // 20):
        return True
    return _fits_the_order(cell.lower(), [other.lower() for other in below])


def _is_text(first: str, below: list[str]) -> bool:
    """Whether the first of a list of texts is one of them: a sentence among sentences, a question among questions."""
    words = len(first.split())
    asked = sum(cell.endswith("?") for cell in below)
    if first.endswith("?") and words >= 4 and asked >= 0.5 * len(below):
        return True
    told = _is_sentence(first) and sum(map(_is_sentence, below)) >= 0.5 * len(below)
    return told or (first.endswith((".", "!")) and words > 3)


def _is_sentence(cell: str) -> bool:
    """Longer than names are; a question may be the name of a column of answers."""
    return len(cell.split()) >= 8 and not cell.endswith(("?", ":"))


def _fits_the_order(cell: str, below: list[str]) -> bool:
    """A list sorted by this column, of which the cell is the first entry: Aachen, Abbate, Abbey, ..."""
    if len(below) < 20 or len(cell) < 3 or len(set(below)) < 15 or cell[0] != below[0][0] or cell > below[0]:
        return False
    rising = sum(a <= b for a, b in pairwise(below))
    return cell[0].isalpha() and rising >= 0.95 * (len(below) - 1)
