"""Names marked by hand: a text word by word with the kind of each, and what was marked as a Mend. Needs no Dataset, so that a
file in which nothing is marked yet can be begun with.

>>> rows = rows_to_mark(table, task, roles, project.mends())
>>> words = set_words(words_of(row.text, row.spans), {3: {KIND: "PERSON"}})
>>> mends = with_marks(project.mends(), row, spans_from(words))
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tlcore.mend.apply import apply_mends
from tlcore.mend.base import LABEL, Change, Mend
from tlcore.rows import FILE, Roles, read_rows
from tlcore.splits.base import rows_named
from tlcore.tasks.marks import Span, spans_in, target_of

if TYPE_CHECKING:
    from tlcore.tables import Table
    from tlcore.tasks import Task

MARKED = "marked"
"""Stands as the check of a Mend that holds marks made by hand."""
TITLE = "Names marked by hand"
KIND, NEW = "kind", "new name"
FEW = 3


@dataclass(frozen=True)
class MarkRow:
    """A text to mark. row: its number in the file. key: of what it held there. target: its marks as a Dataset keeps them, None where
    nobody has marked it yet."""

    row: int
    key: str
    text: str
    target: str | None

    @property
    def spans(self) -> list[Span]:
        return spans_in(self.target or "")


@dataclass(frozen=True)
class Word:
    """begin, end: in characters of the text. kind: of the name it belongs to, or "". new: a name begins here, though the word before
    is of a name of the same kind."""

    begin: int
    end: int
    kind: str = ""
    new: bool = False


def rows_to_mark(table: Table, task: Task, roles: Roles, mends: Sequence[Mend]) -> list[MarkRow]:
    """Every row that has a text and was not left out, in the order of the file, as the mends leave it."""
    table, roles = task.arrange(table, roles)
    rows = read_rows(table, task.settle(table, roles), roles, FILE)
    apply_mends(rows, mends)
    columns = (rows[name] for name in ("row", "key", "text", "label", "why"))
    return [
        MarkRow(row, key, text, label)
        for row, key, text, label, why in zip(*columns, strict=True)
        if text.strip() and not why
    ]


def kinds_in(rows: Sequence[MarkRow]) -> list[str]:
    """Every kind of name that is marked somewhere, by name."""
    return sorted(Counter(label for row in rows for _, _, label in row.spans))


def found_rows(rows: Sequence[MarkRow], words: str = "", unmarked: bool = False) -> list[int]:
    """Numbers of the rows that hold the words in their text or as a kind of name, or have that number. unmarked: only of those that
    nobody has marked yet."""
    wanted = " ".join(words.casefold().split())
    return [
        row.row
        for row in rows
        if (not unmarked or row.target is None)
        and (not wanted or wanted == str(row.row) or wanted in f"{row.text} {row.target or ''}".casefold())
    ]


def words_of(text: str, spans: Sequence[Span]) -> list[Word]:
    """The words and marks of a text, each with the kind of the name that it belongs to: a name that ends inside a word has it whole."""
    from tlcore.predict.windows import units  # not at the top: it loads what runs models

    found: list[Word] = []
    before: Span | None = None
    for begin, end in units(text):
        span = next((one for one in spans if one[0] < end and begin < one[1]), None)
        same_kind = span is not None and before is not None and before != span and before[2] == span[2]
        found.append(Word(begin, end, span[2] if span else "", same_kind and bool(found[-1].kind)))
        before = span
    return found


def spans_from(words: Sequence[Word]) -> list[Span]:
    """Words of the same kind in a row are one name, unless a new one is said to begin."""
    found: list[Span] = []
    before = ""
    for word in words:
        if word.kind and word.kind == before and not word.new:
            found[-1] = (found[-1][0], word.end, word.kind)
        elif word.kind:
            found.append((word.begin, word.end, word.kind))
        before = word.kind
    return found


def set_words(words: Sequence[Word], edited: Mapping[int, Mapping[str, Any]]) -> list[Word]:
    """The words after what was typed into the grid: place -> column (KIND, NEW) -> value."""
    after = list(words)
    for place, cells in edited.items():
        word = after[place]
        kind = str(cells[KIND] or "") if KIND in cells else word.kind
        after[place] = replace(word, kind=kind, new=bool(cells.get(NEW, word.new)) and bool(kind))
    return after


def mark_all(text: str, spans: Sequence[Span], words: str, kind: str) -> tuple[list[Span], int]:
    """The spans with every place of these words marked (as whole words, capitals as typed), and how many places there are. What was
    marked there before makes way; with "" for a kind, it is only taken away."""
    wanted = words.strip()
    places = _places(text, wanted) if wanted else []
    kept = [span for span in spans if not any(span[0] < end and begin < span[1] for begin, end in places)]
    return sorted([*kept, *((begin, end, kind) for begin, end in places if kind)]), len(places)


def _places(text: str, wanted: str) -> list[tuple[int, int]]:
    pattern = r"\s+".join(map(re.escape, wanted.split()))
    return [match.span() for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text)]


def with_marks(mends: Sequence[Mend], row: MarkRow, spans: Sequence[Span]) -> list[Mend]:
    """The mends with these marks of a row confirmed. All that is marked one after the other is one step, so that the list of steps
    stays short; the mends as they are, where the row holds these marks already."""
    after = target_of(spans)
    if after == row.target:
        return list(mends)
    change = Change(row.row, row.key, LABEL, row.target or "", after)
    last = mends[-1] if mends else None
    if last is None or last.check != MARKED:
        return [*mends, Mend(f"mend-{secrets.token_hex(6)}", "grid", _title((change,)), (change,), MARKED)]
    earlier = next((one for one in last.changes if (one.row, one.key) == (row.row, row.key)), None)
    others = tuple(one for one in last.changes if one is not earlier)
    if earlier is not None:
        change = replace(change, before=earlier.before)
    changes = others if change.before == change.after else (*others, change)
    if not changes:
        return list(mends[:-1])
    return [*mends[:-1], replace(last, title=_title(changes), changes=changes)]


def _title(changes: Sequence[Change]) -> str:
    return f"{TITLE}: {rows_named(sorted({change.row for change in changes}), FEW)}"
