"""Rows that somebody should look at, as a workbook with a drop-down of the labels; tlcore.mend.decided reads it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.errors import TlcoreError
from tlcore.mend.book import add_sheet, new_book, save_book, shown
from tlcore.mend.make import FileRows

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from tlcore.checks import Problem
    from tlcore.datasets import Dataset

REVIEW, HOW, LABELS = "Review", "How to use", "Labels"
DECISION = "your decision"
HEADER = ("row", "text", "label", "suggestion", "why", DECISION, "key")
WIDTHS = (8, 70, 22, 22, 40, 22, 0)
KEY_MARK = "k"
"""Before the key, so that no spreadsheet takes one of only digits for a number."""
STEPS = (
    "Look at each row of the sheet “Review” and choose in the column “your decision”.",
    "A label: the row gets that label. The label it has already: you confirm it.",
    "“{leave_out}”: the row is not learned from. It stays in your file.",
    "Nothing chosen: nothing changes.",
    "You may sort, filter, colour and delete rows. Only “your decision” is read; other edits are not taken over.",
    "A label that is not in the list can be typed. Nudge asks before it takes it as a new one.",
    "Save the file (also as CSV) and upload it in Nudge. You see every change before it is made, and can undo it.",
)


@dataclass(frozen=True)
class ReviewItem:
    """row: its number in the user's file. suggestion: a label, or "". why: what made it suspect."""

    row: int
    suggestion: str = ""
    why: str = ""


def review_items(problems: Iterable[Problem]) -> list[ReviewItem]:
    """Each row that a problem names, once, in the order of the problems: all that is said of it, and the first suggestion."""
    why: dict[int, list[str]] = {}
    suggestion: dict[int, str] = {}
    for problem in problems:
        for place, row in enumerate(problem.rows):
            note = problem.notes[place] if problem.notes else problem.title
            why.setdefault(row, []).append(note or problem.title)
        for fix in problem.fixes:
            if fix.kind == "relabel":
                for row, value in zip(fix.rows, fix.values, strict=True):
                    suggestion.setdefault(row, value)
    return [ReviewItem(row, suggestion.get(row, ""), "; ".join(dict.fromkeys(notes))) for row, notes in why.items()]


def write_review(path: Path, dataset: Dataset, items: Sequence[ReviewItem]) -> int:
    """Write the workbook (.xlsx), the items in their order; how many rows it holds. Rows of a test file are not in it.

    Raises TlcoreError for no rows, another ending, or a place that cannot be written.
    """
    if path.suffix.lower() != ".xlsx":
        raise TlcoreError("A review is a workbook.", path.name, "Use a name that ends in .xlsx.")
    rows = FileRows(dataset)
    listed = [item for item in items if item.row in rows.place]
    if not listed:
        raise TlcoreError("There is no row to look at.", "", "Go on: nothing was found that needs your eyes.")
    labels, book = known_labels(dataset), new_book()
    leave_out = leave_out_word(labels)
    sheet = add_sheet(book, REVIEW, HEADER, (_line(rows, item) for item in listed), WIDTHS)
    _offer(sheet, len(labels) + 1, len(listed) + 1)
    add_sheet(book, HOW, (), ([step.format(leave_out=leave_out)] for step in STEPS), (100,))
    add_sheet(book, LABELS, (), ([shown(label)] for label in (leave_out, *labels)), (40,)).sheet_state = "hidden"
    save_book(book, path)
    return len(listed)


def known_labels(dataset: Dataset) -> list[str]:
    """The labels of the model and of all other rows, by name."""
    return sorted({*dataset.labels, *(label for label in dataset.rows["label"][:] if label is not None)})


def leave_out_word(labels: Sequence[str]) -> str:
    """What to choose for leaving a row out: a word that is no label."""
    word, taken = "leave out", {label.casefold() for label in labels}
    while word in taken:
        word = f"({word})"
    return word


def _line(rows: FileRows, item: ReviewItem) -> list[str | int]:
    text, label = rows.now(item.row, "text"), rows.now(item.row, "label")
    key = KEY_MARK + rows.columns["key"][rows.place[item.row]]
    return [item.row, shown(text), shown(label), shown(item.suggestion), shown(item.why), "", key]


def _offer(sheet: WriteOnlyWorksheet, labels: int, last: int) -> None:
    """The drop-down. Its entries lie in a sheet of their own, for a list in the cell ends at 255 characters."""
    from openpyxl.worksheet.datavalidation import DataValidation

    offer = DataValidation(type="list", formula1=f"{LABELS}!$A$1:$A${labels}", allow_blank=True, errorStyle="warning")
    offer.errorTitle, offer.error = "Not in the list", "This label is not in the list. Keep it only if it is a new one."
    offer.showErrorMessage = True
    offer.add(f"F2:F{last}")
    sheet.data_validations.append(offer)
    sheet.auto_filter.ref = f"A1:G{last}"  # with the hidden key, so that sorting moves it too
