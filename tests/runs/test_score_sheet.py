"""tlcore.runs.score_sheet: the sheet as it was with the answers beside it, blank rows left blank, and what came of it in numbers."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tlcore.errors import StopRequested, TlcoreError
from tlcore.events import read_events
from tlcore.files import read_json
from tlcore.jobs import create_job, job_state, request_stop
from tlcore.runs.score_sheet import UNSURE, score_sheet, score_table
from tlcore.tables import Table, read_table, write_table
from tlcore.worker import JobContext, run_job

MESSAGES = ["I cannot log in to my account", "", "my parcel has not arrived", "  ", "You charged my card twice"]
SHEET = {"id": ["1", "2", "3", "4", "5"], "message": MESSAGES, "note": ["a", "=1+1", "", "ü", "a,b"]}


@pytest.fixture
def job(trained: Any, tmp_path: Path) -> Callable[..., JobContext]:
    """A `predict` job for the trained run and a sheet."""

    def build(file: Path, **args: Any) -> JobContext:
        folder = create_job(tmp_path / "job", "predict", run=str(trained.folder), file=str(file), **args)
        return JobContext(folder, read_json(folder / "job.json")["args"])

    return build


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    write_table(tmp_path / "sheet.csv", SHEET)
    return tmp_path / "sheet.csv"


def test_columns_stay_as_they_were_and_in_their_order(make_table: Callable[..., Table], answered: Any) -> None:
    columns, _ = score_table(answered, make_table(**SHEET), {})
    assert list(columns) == ["id", "message", "note", "prediction", "confidence"]
    assert {name: list(columns[name]) for name in SHEET} == SHEET


def test_blank_rows_get_no_answer_and_the_others_what_the_model_says(
    make_table: Callable[..., Table], answered: Any
) -> None:
    columns, _ = score_table(answered, make_table(**SHEET), {})
    direct = answered.predict(MESSAGES)
    assert list(columns["prediction"]) == direct.predictions
    assert [bool(cell) for cell in columns["prediction"]] == [True, False, True, False, True]
    assert [cell == "" for cell in columns["confidence"]] == [False, True, False, True, False]
    for cell, value in zip(columns["confidence"], direct.confidence, strict=True):
        assert cell == "" or float(cell) == pytest.approx(value, abs=1e-3)
    assert columns["prediction"][0] == "Account"
    assert columns["prediction"][2] == "Delivery"


def test_the_summary_counts_what_is_in_the_sheet(make_table: Callable[..., Table], answered: Any) -> None:
    columns, summary = score_table(answered, make_table(**SHEET), {})
    assert (summary["rows"], summary["empty"]) == (5, 2)
    assert summary["answers"] == dict(Counter(cell for cell in columns["prediction"] if cell))
    assert list(summary["answers"].values()) == sorted(summary["answers"].values(), reverse=True)
    assert summary["unsure"] == sum(float(cell) < UNSURE for cell in columns["confidence"] if cell)
    assert summary["seconds"] >= 0
    assert summary["texts_per_second"] > 0


def test_a_column_called_prediction_is_not_written_over(make_table: Callable[..., Table], answered: Any) -> None:
    table = make_table(prediction=["mine"], message=["I want my money back"], confidence=["high"])
    columns, _ = score_table(answered, table, {})
    assert list(columns) == ["prediction", "message", "confidence", "prediction (2)", "confidence (2)"]
    assert list(columns["prediction"]) == ["mine"]
    assert columns["prediction (2)"][0] in answered.labels


def test_another_column_can_play_the_text(make_table: Callable[..., Table], answered: Any) -> None:
    table = make_table(mail=["my parcel has not arrived"], subject=["where is it?"])
    with pytest.raises(TlcoreError, match="no column “message”") as caught:
        score_table(answered, table, {})
    assert caught.value.where == "rows.csv"
    assert "mail, subject" in caught.value.fix
    columns, _ = score_table(answered, table, {"text": ["mail"]})
    assert columns["prediction"] == ["Delivery"]
    with pytest.raises(TlcoreError, match="no column “nope”"):
        score_table(answered, table, {"text": ["mail", "nope"]})
    both, _ = score_table(answered, table, {"text": ["subject", "mail"]})
    expected = answered.predict(["where is it? | my parcel has not arrived"])
    assert float(both["confidence"][0]) == pytest.approx(expected.confidence[0], abs=1e-3)


def test_progress_is_told_and_equal_texts_are_answered_once(make_table: Callable[..., Table], answered: Any) -> None:
    seen: list[tuple[int, int]] = []
    table = make_table(message=["late parcel"] * 40 + ["wrong bill"] * 10 + [""])
    columns, summary = score_table(answered, table, {}, lambda done, total: seen.append((done, total)))
    assert seen == [(51, 51)]  # rows, not the two texts that were answered
    assert len(set(columns["prediction"][:40])) == 1
    assert summary["rows"] == 51


def test_block_by_block_the_answers_are_the_same_and_progress_goes_on(
    make_table: Callable[..., Table], answered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    messages = ["late parcel", "", "wrong bill", "white screen", "late parcel", "", "how do I send it back"]
    table = make_table(message=messages, id=list("abcdefg"))
    whole, about = score_table(answered, table, {})
    monkeypatch.setattr("tlcore.runs.score_sheet.ROWS_AT_ONCE", 2)
    columns, summary = score_table(answered, table, {}, lambda done, total: seen.append((done, total)))
    assert list(columns["id"]) == list("abcdefg")
    assert columns["prediction"] == whole["prediction"]
    assert [float(one or 0) for one in columns["confidence"]] == pytest.approx(
        [float(one or 0) for one in whole["confidence"]], abs=1e-3
    )
    timed = ("seconds", "texts_per_second")
    assert {k: v for k, v in summary.items() if k not in timed} == {k: v for k, v in about.items() if k not in timed}
    assert (summary["rows"], summary["empty"]) == (7, 2)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (7, 7)


def test_the_job_leaves_the_sheet_in_both_formats_and_a_summary(job: Callable[..., JobContext], sheet: Path) -> None:
    context = job(sheet)
    assert run_job(context.folder, context) == 0
    assert job_state(context.folder).state == "done"
    with (context.folder / "scored.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["id", "message", "note", "prediction", "confidence"]
    assert [row[0] for row in rows] == SHEET["id"]
    assert [row[1] for row in rows] == MESSAGES
    assert rows[1][2] == "'=1+1"  # a spreadsheet must not run it
    book = openpyxl.load_workbook(context.folder / "scored.xlsx").active
    assert [[cell or "" for cell in row] for row in book.iter_rows(values_only=True)] == [header, *rows]
    assert read_json(context.folder / "summary.json")["rows"] == 5
    events = read_events(context.folder)[0]
    assert [event["name"] for event in events if event["kind"] == "phase"] == ["read", "answer", "write"]
    assert [event["done"] for event in events if event["kind"] == "progress"][-1] == 5


def test_a_sheet_of_a_workbook_is_read_as_asked_for(job: Callable[..., JobContext], tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["other"])
    book.active.append(["nothing here"])
    second = book.create_sheet("Mails")
    for row in (["subject", "body"], ["hello", "my parcel has not arrived"]):
        second.append(row)
    book.save(tmp_path / "book.xlsx")
    context = job(tmp_path / "book.xlsx", read={"sheet": "Mails"}, roles={"text": ["body"]})
    assert score_sheet(context) == "done"
    scored = read_table(context.folder / "scored.csv")
    assert scored.columns == ("subject", "body", "prediction", "confidence")
    assert scored.column("prediction") == ["Delivery"]


def test_a_sheet_without_the_column_fails_in_words(job: Callable[..., JobContext], tmp_path: Path) -> None:
    write_table(tmp_path / "other.csv", {"a": ["x"], "b": ["y"]})
    context = job(tmp_path / "other.csv")
    assert run_job(context.folder, context) == 2
    error = job_state(context.folder).error
    assert error is not None
    assert "“message”" in error.what
    assert error.where == "other.csv"
    assert "a, b" in error.fix
    assert not (context.folder / "summary.json").exists()


def test_a_run_without_a_model_cannot_score(sheet: Path, tmp_path: Path) -> None:
    folder = create_job(tmp_path / "job", "predict", run=str(tmp_path / "run"), file=str(sheet))
    assert run_job(folder, JobContext(folder, read_json(folder / "job.json")["args"])) == 2
    error = job_state(folder).error
    assert error is not None
    assert "no finished model" in error.what


def test_cancel_ends_it_and_leaves_no_half_sheet(job: Callable[..., JobContext], sheet: Path) -> None:
    context = job(sheet)
    request_stop(context.folder, "cancel")
    with pytest.raises(StopRequested):
        score_sheet(context)
    assert not list(context.folder.glob("scored.*"))


def test_a_cell_too_long_for_excel_costs_the_excel_file_and_nothing_else(
    job: Callable[..., JobContext], tmp_path: Path
) -> None:
    write_table(tmp_path / "long.csv", {"message": ["my parcel is late", "long " * 7_000]})
    context = job(tmp_path / "long.csv")
    assert run_job(context.folder, context) == 0
    summary = read_json(context.folder / "summary.json")
    assert summary["rows"] == 2
    assert summary["no_excel"]
    assert (context.folder / "scored.csv").exists()
    assert not (context.folder / "scored.xlsx").exists()
