"""Everything that was found, left out or changed, by row number: a table to keep, so that nothing is ever dropped silently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.mend.base import LABEL, TEXT
from tlcore.mend.book import add_sheet, new_book, save_book, shown
from tlcore.mend.show import told
from tlcore.rows import FILE
from tlcore.splits.base import LEFT_OUT, NOT_SAMPLED, UNLABELLED

if TYPE_CHECKING:
    from tlcore.checks import Problem
    from tlcore.datasets import Dataset

HEADER = ("row", "text", "label", "what", "why", "before", "after")
WIDTHS = (8, 60, 20, 22, 50, 30, 30)
CHANGED, NOT_USED, FOUND, NOT_DONE = "changed", "not learned from", "found", "could not be changed"
WHY_NOT = {UNLABELLED: "no label", NOT_SAMPLED: "more rows than you asked to learn from"}
Line = tuple[int, str, str, str, str, str, str]
COLUMNS = ("row", "source", "text", "label", "split", "why", "mended", "was_text", "was_label")


def write_report(path: Path, dataset: Dataset, problems: Iterable[Problem] = ()) -> int:
    """Write the table as .xlsx; how many lines it has. Raises TlcoreError where it does not fit or cannot be written."""
    lines, book = report_lines(dataset, problems), new_book()
    add_sheet(book, "Rows", HEADER, ([line[0], *map(shown, line[1:])] for line in lines), WIDTHS)
    save_book(book, path)
    return len(lines)


def report_lines(dataset: Dataset, problems: Iterable[Problem] = ()) -> list[Line]:
    """As HEADER names them, by row number; rows of a test file come last. `before` is what the file holds."""
    columns = {name: dataset.rows[name][:] for name in COLUMNS}
    own = {row: i for i, row in enumerate(columns["row"]) if columns["source"][i] == FILE}
    lines = [line for i in own.values() for line in _of_row(columns, i)]
    lines += _found(columns, own, problems)
    lines += _not_done(dataset, columns, own)
    tested = [i for i, source in enumerate(columns["source"]) if source != FILE]
    of_test = [line for i in tested for line in _of_row(columns, i, "in the test file: ")]
    return sorted(lines, key=lambda line: line[0]) + of_test


def _of_row(columns: dict[str, list[Any]], i: int, where: str = "") -> Iterator[Line]:
    """What was done to a row, and why it is not learned from."""
    about = (columns["row"][i], columns["text"][i], columns["label"][i] or "")
    for part in (TEXT, LABEL):
        if (was := columns[f"was_{part}"][i]) is not None:
            now = columns[part][i] or ""
            yield (*about, f"{part} {CHANGED}", columns["mended"][i], told(part, was), told(part, now))
    side = columns["split"][i]
    if side in (LEFT_OUT, *WHY_NOT):
        why = columns["why"][i] or WHY_NOT[side]
        by = f" ({columns['mended'][i]})" if side == LEFT_OUT and columns["mended"][i] else ""
        yield (*about, NOT_USED, f"{where}{why}{by}", "", "")


def _found(columns: dict[str, list[Any]], own: dict[int, int], problems: Iterable[Problem]) -> Iterator[Line]:
    for problem in problems:
        for place, row in enumerate(problem.rows):
            note = problem.notes[place] if problem.notes else ""
            yield (row, *_about(columns, own, row), FOUND, f"{problem.title} {note}".strip(), "", "")


def _not_done(dataset: Dataset, columns: dict[str, list[Any]], own: dict[int, int]) -> Iterator[Line]:
    """Changes whose row is not in the file any more, or holds something else by now."""
    mends = {mend.id: mend for mend in dataset.mends}
    for outcome in dataset.outcomes:
        said = {
            **dict.fromkeys(outcome.missing, "not found any more"),
            **dict.fromkeys(outcome.unfit, "holds something else by now"),
        }
        for change in mends[outcome.id].changes if said else ():
            if change.row in said:
                about = _about(columns, own, change.row) if change.row in outcome.unfit else ("", "")
                values = told(change.part, change.before), told(change.part, change.after)
                yield (change.row, *about, NOT_DONE, f"{outcome.title}: {said[change.row]}", *values)


def _about(columns: dict[str, list[Any]], own: dict[int, int], row: int) -> tuple[str, str]:
    return (columns["text"][own[row]], columns["label"][own[row]] or "") if row in own else ("", "")
