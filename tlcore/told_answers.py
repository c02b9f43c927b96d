"""What is found in the rows of a file with questions, passages and answers, and what is to be said of them, by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tlcore.errors import TlcoreError
from tlcore.found_answers import ABSENT, ALIKE, MOVED, NEAREST, NOWHERE, Place, find_answer, listed_answer

NO_ANSWER = "(no answer)"
"""What stands in a sheet where the passage does not say; as in tlcore.predict.passages, which needs numpy."""
WRITTEN = frozenset({"(no answer)", "[no answer]", "<no answer>", "no answer", "unanswerable", "(unanswerable)", "[unanswerable]"})  # fmt: skip
"""Cells that say so in words. “None” and “NA” are not among them: they are answers as good as any."""
YES = frozenset({"1", "1.0", "yes", "y", "true", "t", "x"})
OFFSETS = (0, 1)
"""What a column of starts may count from."""
MOST_NAMED, LETTERS = 5, 40
MOSTLY, FEWEST = 0.6, 10
"""From so many answers on, more than this share of which stand nowhere, they are no pieces of their passages."""


@dataclass
class Found:
    """What is to be said of the rows: row numbers by what was found, with an example for each."""

    answer: str
    first: int
    rows: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    example: dict[str, str] = field(default_factory=dict)

    def look(self, number: int, row: Mapping[str, str], none: bool) -> None:
        if not row["question"].strip() or not row["context"].strip():
            return
        answer = row["answer"].strip()
        if none:
            self._add("given, but none", number, answer) if answer and answer.casefold() not in WRITTEN else None
            return
        if not answer:
            self._add("empty", number, "")
            return
        self.rows["looked for"].append(number)
        self._add(place_of(row, self.first).how, number, answer)

    def _add(self, how: str, number: int, answer: str) -> None:
        self.rows[how].append(number)
        self.example.setdefault(how, answer if len(answer) <= LETTERS else f"{answer[:LETTERS].rstrip()}…")

    def refuse_strangers(self) -> None:
        """Raises TlcoreError where most answers stand nowhere in their passages: free answers are another task."""
        lost, all_of = len(self.rows[ABSENT]), len(self.rows["looked for"])
        if all_of >= FEWEST and lost > MOSTLY * all_of:
            raise TlcoreError(
                f"{lost:,} of {all_of:,} answers do not stand in their passage, such as “{self.example[ABSENT]}”. This task finds "
                "answers word for word; it writes none of its own.",
                f"column “{self.answer}”, row {self.rows[ABSENT][0]:,}",
                "Choose the column whose cells are pieces of the passage, or another passage column.",
            )

    def notes(self) -> list[str]:
        said = {
            ABSENT: "the answer does not stand in the passage, not even in another spelling, so it is kept as unlabelled",
            MOVED: "the answer does not stand where it is said to start: the nearest place where it stands is taken",
            NEAREST: "the answer stands several times in the passage: the place nearest to the words of the question is taken",
            ALIKE: "the answer stands in the passage in another spelling (case, quotes, blanks), and that is what is learned",
            "given, but none": "an answer is given although the passage is said to hold none: it is taken to hold none",
            "empty": "the answer is empty, so it is kept as unlabelled; if that means that the passage does not say, tell so "
            "where the columns are chosen",
        }
        notes = ["Where the answer starts is counted from 1 in this file, and is read so."] if self.first else []
        for how, what in said.items():
            if rows := self.rows.get(how):
                example = f" (“{self.example[how]}”)" if self.example[how] else ""
                notes.append(f"In {_rows(len(rows))} {what}: {_named(rows)}{example}.")
        return notes


def plain(cells: dict[str, str]) -> dict[str, str]:
    """With an answer that is written as data sets have it as text and start."""
    listed = listed_answer(cells.get("answer", "").strip())
    if listed is None:
        return cells
    text, start = listed
    return {**cells, "answer": text or NO_ANSWER, **({} if start is None else {"start": str(start)})}


def place_of(cells: Mapping[str, str], first: int) -> Place:
    """Where the answer stands in the passage without the blanks around it, which is what the model reads."""
    passage = cells["context"].strip()
    start, before = _start(cells), len(cells["context"]) - len(cells["context"].lstrip())
    return find_answer(
        passage, cells["answer"], cells["question"], None if start is None else max(0, start - first - before)
    )


def _start(cells: Mapping[str, str]) -> int | None:
    """The start as it is in the file; None where it is no whole number."""
    text = cells.get("start", "").strip().removesuffix(".0").strip("[]")
    return int(text) if text.isdigit() and len(text) < 10 else None


def counts_from(rows: Sequence[Mapping[str, str]]) -> int:
    """0, unless more answers stand at their start if that is counted from 1."""
    right = dict.fromkeys(OFFSETS, 0)
    for row in rows:
        start, answer = _start(row), row["answer"].strip()
        if start is None or not answer:
            continue
        for first in OFFSETS:
            right[first] += start >= first and row["context"].startswith(answer, start - first)
    return max(OFFSETS, key=lambda first: right[first])


def says_none(cells: Mapping[str, str], roles: Mapping[str, Sequence[str]]) -> bool:
    """Whether it is said that the passage does not hold the answer."""
    answer = cells.get("answer", "").strip()
    if answer.casefold() in WRITTEN and find_answer(cells["context"], answer, "") == NOWHERE:
        return True
    column = roles.get("unanswerable") or ()
    if not column:
        return False
    return not answer if column == roles.get("answer") else cells["unanswerable"].strip().casefold() in YES


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _named(rows: Sequence[int]) -> str:
    some = ", ".join(f"{row:,}" for row in rows[:MOST_NAMED])
    more = f" and {len(rows) - MOST_NAMED:,} more" if len(rows) > MOST_NAMED else ""
    return f"row{'s' if len(rows) > 1 else ''} {some}{more}"
