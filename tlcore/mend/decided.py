"""A reviewed spreadsheet read back: rows found by what they hold, decisions as changes, all else said and left alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.errors import TlcoreError
from tlcore.mend.base import LABEL, NO, TEXT, USE, Change, Mend
from tlcore.mend.book import shown
from tlcore.mend.make import FileRows, new_mend
from tlcore.mend.review import DECISION, HEADER, KEY_MARK, REVIEW, known_labels, leave_out_word
from tlcore.splits.base import rows_counted, rows_named
from tlcore.tables import Table, read_table
from tlcore.tables.write import harmless

if TYPE_CHECKING:
    from tlcore.datasets import Dataset


@dataclass(frozen=True)
class Unmatched:
    """A decision that was not taken. sheet_row: where it stands in the reviewed file. why: in plain words."""

    sheet_row: int
    why: str


@dataclass(frozen=True)
class UnknownLabel:
    """A label that no row has yet. row: of the user's file."""

    sheet_row: int
    row: int
    column: str
    value: str


@dataclass(frozen=True)
class ReviewResult:
    """changes: what the decisions do, to be shown before they are applied. confirmed: decisions that change nothing.
    undecided: rows without a decision. notes: plain sentences about edits that were not taken over."""

    changes: tuple[Change, ...]
    unmatched: tuple[Unmatched, ...]
    unknown_labels: tuple[UnknownLabel, ...]
    confirmed: int
    undecided: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Line:
    """One row of the reviewed file. key, row: "" and 0 where they were taken out."""

    sheet_row: int
    row: int
    key: str
    text: str
    label: str
    decision: str


def read_review(path: Path, dataset: Dataset, new_labels: bool = False) -> ReviewResult:
    """What a reviewed spreadsheet (XLSX, ODS, CSV) decides about the rows of a Dataset. Nothing is applied yet.

    new_labels: labels that no row has yet are taken; else they are only listed. Raises TlcoreError for a file that is no
    review, or that cannot be read.
    """
    lines = _lines(_table(path))
    found = _Found(dataset)
    matched = found.match(lines)
    words = _Words(dataset)
    decided: dict[int, tuple[str, str]] = {}
    unknown: list[UnknownLabel] = []
    for line in lines:
        if not line.decision or line not in matched:
            continue
        row, (part, value, is_known) = matched[line], words.meaning(line.decision)
        if not is_known and not new_labels:
            unknown.append(UnknownLabel(line.sheet_row, row, DECISION, value))
        elif decided.setdefault(row, (part, value)) != (part, value):
            found.unmatched.append(
                Unmatched(line.sheet_row, f"row {row:,} stands there twice, with different decisions")
            )
    changes = found.rows.changes((row, part, value) for row, (part, value) in decided.items())
    return ReviewResult(
        changes, tuple(sorted(found.unmatched, key=lambda one: one.sheet_row)), tuple(unknown),
        len(decided) - len(changes), sum(not line.decision for line in lines), tuple(found.edits(matched)),
    )  # fmt: skip


def mend_from_review(result: ReviewResult) -> Mend:
    """Raises TlcoreError where the review changes nothing."""
    rows = len({change.row for change in result.changes})
    return new_mend("review", f"Reviewed in a spreadsheet: {rows_counted(rows)}", result.changes)


def _table(path: Path) -> Table:
    """The sheet with the decisions, wherever it stands in the file."""
    table = read_table(path)
    if REVIEW in table.how.sheets and table.how.sheet != REVIEW:
        table = read_table(path, sheet=REVIEW)
    if DECISION not in map(_plain, table.columns) and table.how.header_row != 1:
        table = read_table(path, sheet=table.how.sheet, header_row=1)
    names = list(map(_plain, table.columns))
    if DECISION not in names or not {"text", "key"} & set(names):
        raise TlcoreError(
            f"This is no reviewed sheet: it has no column “{DECISION if DECISION not in names else 'text'}”.",
            table.how.file,
            "Upload the file that you downloaded for the review, with its first row as it was.",
        )
    return table


def _lines(table: Table) -> list[_Line]:
    place = {_plain(name): name for name in reversed(table.columns)}
    blank = [""] * table.rows
    columns = {name: table.column(place[name]) if name in place else blank for name in HEADER}
    numbers = map(int, table.row_numbers)
    cells = zip(numbers, *(columns[name] for name in ("row", "key", "text", "label", DECISION)), strict=True)
    return [
        _Line(number, _number(row), key.strip().removeprefix(KEY_MARK), text, _bare(label), _bare(decision).strip())
        for number, row, key, text, label, decision in cells
    ]


class _Found:
    """The rows of the Dataset by key and by text, and what of the sheet could not be placed."""

    def __init__(self, dataset: Dataset) -> None:
        self.rows, self.unmatched = FileRows(dataset), list[Unmatched]()
        self.by_key: dict[str, list[int]] = defaultdict(list)
        self.by_text: dict[str, list[int]] = defaultdict(list)
        self.by_both: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.texts: dict[int, set[str]] = {}
        was = dataset.rows["was_text"][:]
        for row, i in self.rows.place.items():
            texts = [text for text in (self.rows.now(row, TEXT), was[i]) if text]
            self.texts[row] = {_plain(shown(text)) for text in texts}
            self.by_key[self.rows.columns["key"][i]].append(row)
            for text in self.texts[row]:
                self.by_text[text].append(row)
                self.by_both[text, self.label(row)].append(row)

    def label(self, row: int) -> str:
        return _plain(shown(self.rows.now(row, LABEL)))

    def match(self, lines: Sequence[_Line]) -> dict[_Line, int]:
        """Line -> row. Rows that hold the same are told apart by their number, else dealt out one by one."""
        able = {line: rows for line in lines if (rows := self._candidates(line))}
        matched = {line: line.row for line, rows in able.items() if line.row in rows}
        used = set(matched.values())
        for line, rows in able.items():
            if line not in matched:
                matched[line] = next((row for row in rows if row not in used), rows[0])
                used.add(matched[line])
        return matched

    def _candidates(self, line: _Line) -> list[int]:
        text = _plain(line.text)
        of_text = self.by_text.get(text, [])
        of_both = self.by_both.get((text, _plain(line.label)), of_text)
        rows = self.by_key.get(line.key, []) if line.key else of_both
        why = ""
        if not rows:
            why = (
                "no row of your file holds this any more" if line.key or text else "there is no text to find the row by"
            )
        elif line.key and of_text and not any(text in self.texts[row] for row in rows):
            why = f"its text belongs to {rows_named(of_text, 3)}, its hidden key to {rows_named(rows, 3)}: was one column sorted alone?"
        if why and line.decision:
            self.unmatched.append(Unmatched(line.sheet_row, why))
        return [] if why else rows

    def edits(self, matched: Mapping[_Line, int]) -> Iterator[str]:
        """What else was changed in the sheet."""
        texts = [
            line.sheet_row for line, row in matched.items() if line.text and _plain(line.text) not in self.texts[row]
        ]
        labels = [
            line.sheet_row for line, row in matched.items() if line.label and _plain(line.label) != self.label(row)
        ]
        for what, sheet_rows in (("text", texts), ("label", labels)):
            if sheet_rows:
                yield (
                    f"In the column “{what}”, {rows_named(sheet_rows)} of the sheet {'is' if len(sheet_rows) == 1 else 'are'} not as "
                    f"in your data. Only “{DECISION}” is read, so that was not taken over."
                )


class _Words:
    """What may be chosen, and what was meant by what came back."""

    def __init__(self, dataset: Dataset) -> None:
        labels = known_labels(dataset)
        self.labels = set(labels)
        self.leave_out = leave_out_word(labels)
        self.folded = Counter(map(_plain, labels))
        self.by_fold = {_plain(label): label for label in labels}
        numbers = [(number, label) for label in labels if (number := _as_number(label)) is not None]
        self.numbers, self.by_number = Counter(number for number, _ in numbers), dict(numbers)

    def meaning(self, decision: str) -> tuple[str, str, bool]:
        """(part, value, known). Spreadsheets turn "007" into 7 and TRUE into True: undone where one label alone can be meant."""
        if decision in self.labels:
            return LABEL, decision, True
        if _plain(decision) == self.leave_out:
            return USE, NO, True
        number = _as_number(decision)
        if number is not None and self.numbers[number] == 1:
            return LABEL, self.by_number[number], True
        if self.folded[_plain(decision)] == 1:
            return LABEL, self.by_fold[_plain(decision)], True
        return LABEL, decision, False


def _plain(text: str) -> str:
    """A text without what spreadsheets change: white space, letter case, the ' before a formula, entities."""
    return " ".join(unescape(_bare(text)).casefold().split())


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and harmless(cell[1:]) == cell else cell


def _number(cell: str) -> int:
    number = _as_number(cell)
    return int(number) if number is not None else 0


def _as_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None
