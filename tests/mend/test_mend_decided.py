"""tlcore.mend.decided: a reviewed sheet comes back sorted, cut, retyped, saved as CSV; the right rows change, the rest is said."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tlcore.checks import Fix
from tlcore.datasets import Dataset
from tlcore.errors import TlcoreError
from tlcore.mend import make_mend
from tlcore.mend.decided import ReviewResult, mend_from_review, read_review
from tlcore.mend.review import DECISION, HEADER, REVIEW, ReviewItem, write_review

Pairs = list[tuple[str, str]]
Redo = Callable[..., Dataset]
Line = dict[str, Any]


class Desk:
    """Writes a review, lets a person change its lines, and reads it back."""

    def __init__(self, folder: Path, data: Dataset, numbers: Sequence[int]) -> None:
        self.path, self.data = folder / "review.xlsx", data
        write_review(self.path, data, [ReviewItem(number, "good", "odd") for number in numbers])
        lines = openpyxl.load_workbook(self.path)[REVIEW].iter_rows(min_row=2, values_only=True)
        self.lines: list[Line] = [dict(zip(HEADER, line, strict=True)) for line in lines]

    def line(self, number: int) -> Line:
        return next(line for line in self.lines if line["row"] == number)

    def decide(self, **decisions: object) -> Desk:
        for name, value in decisions.items():
            self.line(int(name.removeprefix("row")))[DECISION] = value
        return self

    def back(self, header: Sequence[str] = HEADER, **more: Any) -> ReviewResult:
        book = openpyxl.load_workbook(self.path)
        sheet = book[REVIEW]
        sheet.delete_rows(1, sheet.max_row)
        sheet.append(list(header))
        for line in self.lines:
            sheet.append([line.get(name) for name in header])
        book.save(self.path)
        return read_review(self.path, self.data, **more)

    def back_as_csv(self, delimiter: str, encoding: str) -> ReviewResult:
        path = self.path.with_suffix(".csv")
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerow(HEADER)
            writer.writerows([line[name] for name in HEADER] for line in self.lines)
        return read_review(path, self.data)


def cells(result: ReviewResult) -> set[tuple[int, str, str]]:
    return {(change.row, change.part, change.after) for change in result.changes}


@pytest.fixture
def desk(redo: Redo, rows: Pairs, tmp_path: Path) -> Desk:
    return Desk(tmp_path, redo(rows), [3, 7, 9, 12, 20])


def test_decisions_become_changes_and_what_is_not_decided_changes_nothing(desk: Desk, redo: Redo, rows: Pairs) -> None:
    result = desk.decide(row3="good", row7="good", row9="leave out").back()
    assert cells(result) == {(3, "label", "good"), (9, "use", "no")}  # row 7 is good already
    assert (result.confirmed, result.undecided) == (1, 2)
    assert (result.unmatched, result.unknown_labels, result.notes) == ((), (), ())
    mend = mend_from_review(result)
    assert (mend.kind, mend.rows, mend.title) == ("review", 2, "Reviewed in a spreadsheet: 2 rows")
    data = redo(rows, mends=[mend])
    assert (data.rows["label"][1], data.rows["why"][7]) == ("good", "left out by you")


def test_rows_may_be_sorted_deleted_and_moved_to_other_numbers(desk: Desk) -> None:
    desk.decide(row3="good", row20="leave out")
    desk.lines = [line for line in desk.lines[::-1] if line["row"] != 9]
    for line in desk.lines:
        line["row"] = None
    assert cells(desk.back()) == {(3, "label", "good"), (20, "use", "no")}


def test_without_the_hidden_key_rows_are_found_by_their_text(desk: Desk) -> None:
    result = desk.decide(row3="good", row12="leave out").back(HEADER[:6])
    assert cells(result) == {(3, "label", "good"), (12, "use", "no")}


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-16")])
def test_saved_as_csv_it_says_the_same(desk: Desk, delimiter: str, encoding: str) -> None:
    result = desk.decide(row3="good", row12="Leave Out ").back_as_csv(delimiter, encoding)
    assert cells(result) == {(3, "label", "good"), (12, "use", "no")}
    assert result.notes == ()


def test_twins_are_told_apart_also_when_their_numbers_are_gone(redo: Redo, rows: Pairs, tmp_path: Path) -> None:
    rows += [("The same", "bad"), ("The same", "bad"), ("The same", "good")]  # 62, 63, 64
    numbered = Desk(tmp_path, redo(rows), [62, 63, 64]).decide(row63="leave out", row64="bad")
    assert cells(numbered.back()) == {(63, "use", "no"), (64, "label", "bad")}
    assert cells(numbered.back(HEADER[:6])) == {(63, "use", "no"), (64, "label", "bad")}
    for line in numbered.lines:
        line["row"] = None
    both = cells(numbered.back())
    assert (64, "label", "bad") in both
    assert len(both) == 2  # of two rows that hold the same, either one is left out


def test_a_key_and_a_text_of_different_rows_change_nothing(desk: Desk) -> None:
    desk.decide(row3="good")
    keys = [line["key"] for line in desk.lines]
    for line, key in zip(desk.lines, [*keys[1:], keys[0]], strict=True):  # one column sorted alone
        line["key"] = key
    result = desk.back()
    assert result.changes == ()
    assert [one.sheet_row for one in result.unmatched] == [2]
    assert "sorted alone" in result.unmatched[0].why


def test_what_is_not_in_the_file_any_more_is_said(desk: Desk, redo: Redo, rows: Pairs) -> None:
    desk.decide(row3="good", row9="good").back()
    result = read_review(desk.path, redo([*rows[:1], *rows[2:]]))
    assert cells(result) == {(8, "label", "good")}  # row 9 is row 8 now
    assert [one.sheet_row for one in result.unmatched] == [2]


def test_the_same_row_twice_with_two_decisions_is_said(desk: Desk) -> None:
    desk.decide(row3="good")
    desk.lines.append({**desk.line(3), DECISION: "leave out"})
    result = desk.back()
    assert cells(result) == {(3, "label", "good")}
    assert result.unmatched[0].sheet_row == 7
    assert "twice" in result.unmatched[0].why


def test_labels_typed_by_hand_are_asked_about_with_row_and_column(desk: Desk) -> None:
    desk.decide(row3="awful", row7="BAD", row9=" good ")
    result = desk.back()
    assert cells(result) == {(7, "label", "bad"), (9, "label", "good")}
    (unknown,) = result.unknown_labels
    assert (unknown.sheet_row, unknown.row, unknown.column, unknown.value) == (2, 3, DECISION, "awful")
    taken = desk.back(new_labels=True)
    assert cells(taken) == {(3, "label", "awful"), (7, "label", "bad"), (9, "label", "good")}
    assert taken.unknown_labels == ()


def test_other_edits_are_not_taken_over_but_said(desk: Desk) -> None:
    desk.line(3)["text"], desk.line(7)["label"] = "I mended this text here", "changed in the wrong column"
    result = desk.decide(row3="good").back()
    assert cells(result) == {(3, "label", "good")}
    assert len(result.notes) == 2
    assert "“text”, row 2 of the sheet is not" in result.notes[0]
    assert "“label”, row 3 of the sheet is not" in result.notes[1]


@pytest.mark.parametrize(
    ("labels", "decision", "meant"),
    [
        (("007", "008"), 7, "007"),
        (("1", "2"), 2.0, "2"),
        (("1", "2"), "2", "2"),
        (("TRUE", "FALSE"), True, "TRUE"),
        (("=1+1", "bad"), "'=1+1", "=1+1"),
        (("-5", "5"), "-5", "-5"),
        (("leave out", "bad"), "leave out", "leave out"),
        (("a\u00a0b", "bad"), "a b", "a\u00a0b"),
    ],
)
def test_labels_survive_what_spreadsheets_do_to_them(
    redo: Redo, rows: Pairs, tmp_path: Path, labels: tuple[str, str], decision: object, meant: str
) -> None:
    rows = [(text, labels[i % 2]) for i, (text, _) in enumerate(rows)]
    row = 2 if labels[1] == meant else 3
    rows[row - 2] = (rows[row - 2][0], labels[0] if labels[1] == meant else labels[1])
    result = Desk(tmp_path, redo(rows), [row, 10]).decide(**{f"row{row}": decision}).back()
    assert cells(result) == {(row, "label", meant)}


def test_texts_that_look_like_formulas_or_hold_line_breaks_are_found_again(
    redo: Redo, rows: Pairs, tmp_path: Path
) -> None:
    rows[1:4] = [("=SUM(A1:A9)", "bad"), ("Two\r\nlines &amp; more", "bad"), ("long " * 3000, "bad")]
    desk = Desk(tmp_path, redo(rows), [3, 4, 5]).decide(row3="good", row4="good", row5="good")
    for header in (HEADER, HEADER[:6]):
        result = desk.back(header)
        assert cells(result) == {(3, "label", "good"), (4, "label", "good"), (5, "label", "good")}
        assert result.notes == ()


def test_a_text_that_was_mended_since_is_still_found(desk: Desk, redo: Redo, rows: Pairs) -> None:
    mend = make_mend(desk.data, Fix("retext", "Mend", rows=(3,), values=("Another text",)))
    desk.data = redo(rows, mends=[mend])
    desk.decide(row3="good")
    for header in (HEADER, HEADER[:6]):
        result = desk.back(header)
        assert cells(result) == {(3, "label", "good")}
        assert result.notes == ()


def test_a_file_that_is_no_review_is_said(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    with pytest.raises(TlcoreError, match=DECISION) as caught:
        read_review(tmp_path / "other.csv", desk.data)
    assert caught.value.fix
    with pytest.raises(TlcoreError, match="text"):
        desk.back(("row", DECISION))
