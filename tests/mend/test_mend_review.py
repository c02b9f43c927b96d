"""tlcore.mend.review: the workbook that goes out holds the rows, a drop-down of every label, and nothing that runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tlcore.checks import Fix, Problem
from tlcore.datasets import Dataset
from tlcore.errors import TlcoreError
from tlcore.mend.book import MOST_SHOWN
from tlcore.mend.review import HEADER, HOW, LABELS, REVIEW, ReviewItem, leave_out_word, review_items, write_review
from tlcore.tables import read_table

Pairs = list[tuple[str, str]]
Redo = Callable[..., Dataset]
WRONG = Problem(
    "likely_wrong", "Three labels look wrong.", "warning", 0.9, "", (9, 3, 4), (Fix("relabel", "Take", rows=(9, 3), values=("good", "good")),),
    ("looks like “good” (94 % sure)", "looks like “good” (80 % sure)", ""),
)  # fmt: skip
TWIN = Problem("near_duplicates", "2 rows say the same.", "info", 0.9, "", (3, 5))


def test_each_row_is_listed_once_with_all_that_is_said_of_it() -> None:
    assert review_items([WRONG, TWIN]) == [
        ReviewItem(9, "good", "looks like “good” (94 % sure)"),
        ReviewItem(3, "good", "looks like “good” (80 % sure); 2 rows say the same."),
        ReviewItem(4, "", "Three labels look wrong."),
        ReviewItem(5, "", "2 rows say the same."),
    ]


def test_the_workbook_has_a_drop_down_of_all_labels_and_a_header_that_stays(
    redo: Redo, rows: Pairs, tmp_path: Path
) -> None:
    many = [(f"{text} on day {i}", f"a label of some length, number {i // 2}") for i, (text, _) in enumerate(rows)]
    data = redo(many)
    assert write_review(tmp_path / "review.xlsx", data, review_items([WRONG])) == 3
    book = openpyxl.load_workbook(tmp_path / "review.xlsx")
    assert book.sheetnames == [REVIEW, HOW, LABELS]
    assert book[LABELS].sheet_state == "hidden"
    offered = [cell.value for cell in book[LABELS]["A"]]
    assert offered == ["leave out", *data.labels]
    assert sum(map(len, offered)) > 255  # more than a list in the cell itself can hold
    sheet = book[REVIEW]
    (offer,) = sheet.data_validations.dataValidation
    assert (offer.type, offer.formula1, str(offer.sqref)) == ("list", f"{LABELS}!$A$1:$A${len(offered)}", "F2:F4")
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["G"].hidden
    assert [cell.value for cell in sheet[1]] == list(HEADER)
    assert [cell.value for cell in sheet[2]][:6] == [9, many[7][0], many[7][1], "good", WRONG.notes[0], None]
    assert sheet["B2"].alignment.wrap_text
    assert sheet["F2"].number_format == "@"  # "007" stays "007"
    assert sheet.auto_filter.ref == "A1:G4"  # sorting moves the hidden key with its row
    assert len(list(book[HOW].rows)) > 3


def test_nothing_in_it_runs_and_nothing_breaks_it(redo: Redo, rows: Pairs, tmp_path: Path) -> None:
    odd = ["=1+1", "@SUM(A1)", "#N/A", "bell \x07 and \uffff", "_x0041_", "long " * 20_000, "-cmd|' /C calc'!A0"]
    rows[: len(odd)] = [(text, "=HYPERLINK(1)" if i % 2 else "007") for i, text in enumerate(odd)]
    data = redo(rows)
    write_review(tmp_path / "review.xlsx", data, [ReviewItem(row, why="+why") for row in range(2, 2 + len(odd))])
    book = openpyxl.load_workbook(tmp_path / "review.xlsx")
    for sheet in book:
        assert {cell.data_type for line in sheet.iter_rows() for cell in line if cell.value is not None} <= {"s", "n"}
    texts = [cell.value for cell in book[REVIEW]["B"][1:]]
    assert texts[:4] == ["'=1+1", "'@SUM(A1)", "#N/A", "bell  and "]
    assert read_table(tmp_path / "review.xlsx").column("text")[4] == "_x0041_"
    assert len(texts[5]) < MOST_SHOWN + 50
    assert texts[6].startswith("'-cmd")
    assert book[REVIEW]["C3"].value == "'=HYPERLINK(1)"
    assert (book[REVIEW]["C2"].value, book[REVIEW]["C2"].data_type) == ("007", "s")


def test_the_word_for_leaving_out_is_never_a_label() -> None:
    assert leave_out_word(["a"]) == "leave out"
    assert leave_out_word(["Leave out", "(leave out)"]) == "((leave out))"


def test_nothing_to_review_or_another_ending_is_said(redo: Redo, rows: Pairs, tmp_path: Path) -> None:
    for name, items in (("review.xlsx", []), ("review.xlsx", [ReviewItem(999)]), ("review.csv", [ReviewItem(2)])):
        with pytest.raises(TlcoreError):
            write_review(tmp_path / name, redo(rows), items)
    assert list(tmp_path.iterdir()) == []
