"""tlcore.mend.report: every row that was found, left out or changed is in the table, with its number, before and after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl

from tlcore.checks import Fix, Problem
from tlcore.datasets import Dataset
from tlcore.mend import make_mend
from tlcore.mend.report import HEADER, report_lines, write_report
from tlcore.splits import Sample
from tlcore.tables import Table

Pairs = list[tuple[str, str]]
Redo = Callable[..., Dataset]


def test_nothing_is_missing_from_it(redo: Redo, rows: Pairs, make_table: Callable[..., Table], tmp_path: Path) -> None:
    rows[0], rows[1] = ("", "bad"), ("=An unjudged lamp", "")
    plain = redo(rows)
    relabel = make_mend(plain, Fix("relabel", "Take the labels", rows=(3, 4, 5), values=("good", "good", "good")))
    retext = make_mend(plain, Fix("retext", "Mend the text", rows=(6,), values=("Mended",)))
    out = make_mend(plain, Fix("leave_out", "Leave out", rows=(9,)))
    del rows[3]  # row 5 is gone, what was below moved up
    test = make_table("test.csv", text=["unseen", "", "other"], label=["bad", "bad", "good"])
    data = redo(rows, mends=[relabel, retext, out], test=test)
    found = Problem("outliers", "1 row is unlike the rest.", "info", 0.9, "", (10,), (), ("says nothing",))
    lines = report_lines(data, [found])
    about = {(line[0], line[3]): line for line in lines}
    assert about[2, "not learned from"][4] == "no text"
    assert about[3, "label changed"][2:] == ("good", "label changed", "Take the labels", "(no label)", "good")
    assert about[4, "label changed"][5:] == ("bad", "good")
    assert about[5, "could not be changed"][4:] == ("Take the labels: not found any more", "bad", "good")
    assert about[5, "text changed"][1::4] == ("Mended", "The lamp has no manual")
    assert about[8, "not learned from"][4] == "left out by you (Leave out)"
    assert about[10, "found"][4] == "1 row is unlike the rest. says nothing"
    assert lines[-1][:1] + lines[-1][3:5] == (3, "not learned from", "in the test file: no text")
    assert [line[0] for line in lines[:-1]] == sorted(line[0] for line in lines[:-1])

    assert write_report(tmp_path / "report.xlsx", data, [found]) == len(lines)
    sheet = openpyxl.load_workbook(tmp_path / "report.xlsx").active
    assert sheet is not None
    written = list(sheet.iter_rows(values_only=True))
    assert written[0] == HEADER
    assert len(written) == len(lines) + 1
    assert ("'=An unjudged lamp", "good") in [line[1:3] for line in written]
    assert isinstance(written[1][0], int)


def test_rows_that_a_sample_passes_over_are_told(redo: Redo, rows: Pairs) -> None:
    data = redo(rows, sample=Sample(rows=20))
    passed = [line for line in report_lines(data) if line[4] == "more rows than you asked to learn from"]
    assert len(passed) == data.counts()["not_sampled"] > 0
    assert report_lines(redo(rows)) == []
