"""The sides of a split, what the user may wish of it, and when two texts are the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

TRAIN, VALIDATION, TEST = "train", "validation", "test"
UNLABELLED, LEFT_OUT, NOT_SAMPLED = "unlabelled", "left_out", "not_sampled"

TEST_SHARE, VALIDATION_SHARE = 0.2, 0.15
MAX_TEST, MAX_VALIDATION = 5_000, 2_000
"""More rows than this make an interval no narrower than anyone needs, and cost training rows and time."""
MOST_TEST_SHARE = 1 / 3
"""However narrow the interval that is wished for: two thirds of the rows stay to learn from."""
EXPECTED = 0.85
"""The share of right answers that an interval is planned for, where nobody says another."""

CHANCE, GROUP, DATE = "chance", "group", "date"


@dataclass(frozen=True)
class Sample:
    """How many of the rows to learn from: `rows` in all (stratified), or `shots` a class."""

    rows: int | None = None
    shots: int | None = None


@dataclass(frozen=True)
class SplitWish:
    """How the user wants the rows split; nothing said: by chance, each class by its share.

    group: a column; rows with the same value in it stay on one side. date: a column; the newest rows are the test.
    points: half the width, in percentage points, of the 95 % interval that the test should give if a share of `expected` of
    its rows is right. previous: split_key of a text -> the side it had, so that known rows stay where they were.
    """

    group: str = ""
    date: str = ""
    points: float | None = None
    expected: float = EXPECTED
    previous: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Without `previous`, which is as long as the file: the Dataset holds what came of it."""
        return {"group": self.group, "date": self.date, "points": self.points, "expected": self.expected}

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> SplitWish:
        return cls(**parts)


@dataclass(frozen=True)
class SplitRows:
    """The labelled rows. cells: those of the column of the wish. numbers: in the user's file, for what is said of rows.

    was: the texts before they were mended, None where they were not. same: text_number of each text; () to have them counted.
    """

    texts: Sequence[str]
    targets: Sequence[str]
    numbers: Sequence[int] = ()
    cells: Sequence[str] = ()
    was: Sequence[str | None] = ()
    same: Sequence[int] = ()

    def number(self, i: int) -> int:
        return self.numbers[i] if self.numbers else i + 1


@dataclass(frozen=True)
class Split:
    """sides: one a row. how: CHANCE, GROUP or DATE. kept: rows that stayed on the side they had before. notes: whatever is not
    as wished, and what was decided for the user, in plain words. alike: for each row the first one whose text says the same or
    nearly the same, itself where none does, whether or not they were kept on one side."""

    sides: Sequence[str]
    how: str = CHANCE
    kept: int = 0
    notes: tuple[str, ...] = ()
    alike: Sequence[int] = ()


Unit = list[int]
"""Row indices that must not be parted, because their texts say the same."""
Pool = dict[str, list[Unit]]
"""Class -> its units, in random order."""


def text_key(text: str) -> str:
    """What makes two texts the same for the split: letter case and white space do not count."""
    return " ".join(text.casefold().split())


def text_number(text: str) -> int:
    """text_key as a number of 64 bits: two texts that differ share one once in 10^19 pairs."""
    return int.from_bytes(blake2b(text_key(text).encode("utf-8", "surrogatepass"), digest_size=8).digest())


def split_key(text: str) -> str:
    """text_key as 16 hex digits, for keeping."""
    return hex_key(text_number(text))


def hex_key(number: int) -> str:
    """The split_key of a text by its text_number."""
    return f"{number:016x}"


def split_name(text_columns: Sequence[str], seed: int, own_test: bool, wish: SplitWish) -> str:
    """What a split depends on besides the rows: where this differs, the sides that rows had are of no use."""
    return json.dumps([list(text_columns), seed, own_test, wish.to_json()], sort_keys=True)


def rows_counted(count: int) -> str:
    """ "1 row", "1,204 rows"."""
    return "1 row" if count == 1 else f"{count:,} rows"


def rows_named(numbers: Sequence[int], most: int = 5) -> str:
    """ "row 3" or "rows 3, 8, 9 and 12 more"."""
    some = ", ".join(f"{number:,}" for number in numbers[:most])
    more = f" and {len(numbers) - most:,} more" if len(numbers) > most else ""
    return f"{'row' if len(numbers) == 1 else 'rows'} {some}{more}"
