"""tlcore.predict.main: a CSV file in, the same rows with answers out, or a sentence and exit code 2."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tlcore.predict.main import main, score
from tlcore.predict.predictor import Predictor
from tlcore.predict.sheet import SheetError, read_csv
from tlcore.runs.score_sheet import score_table
from tlcore.tables import read_table, write_table

BILLING = "I was charged twice for one order, please refund one of them."
TECHNICAL = "The app shows a white screen after the update."


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A sheet with columns around the text, in an order of its own, and one row without a text."""
    path = tmp_path / "in.csv"
    rows = [["id", "message", "note"], ["7", BILLING, "=1+1"], ["3", "", "-5"], ["5", TECHNICAL, "Grüße"]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture
def command(trained: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """predict.py with these arguments, on the trained run unless told otherwise; its exit code."""

    def call(*arguments: object, run: Any = trained) -> int:
        monkeypatch.setattr("sys.argv", ["predict.py", *map(str, arguments)])
        return main(run.folder / "model")

    return call


def test_rows_and_columns_stay_in_order_and_answers_stand_beside_them(
    command: Callable[..., int], sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(sheet, tmp_path / "out.csv") == 0
    assert "3 rows scored" in capsys.readouterr().out
    columns = read_csv(tmp_path / "out.csv")
    assert list(columns) == ["id", "message", "note", "prediction", "confidence"]
    assert columns["id"] == ["7", "3", "5"]
    assert columns["message"] == [BILLING, "", TECHNICAL]
    assert columns["note"] == ["'=1+1", "-5", "Grüße"]
    assert columns["prediction"] == ["Billing", "", "Technical"]
    assert columns["confidence"][1] == ""
    assert all(0.2 < float(columns["confidence"][i]) <= 1 for i in (0, 2))


def test_an_excel_file_from_europe_is_read(command: Callable[..., int], sheet: Path, tmp_path: Path) -> None:
    sheet.write_bytes(f"id;message;Straße\n1;{BILLING};5 €\n2;{TECHNICAL};\n".encode("cp1252"))
    assert command(sheet, tmp_path / "out.csv") == 0
    columns = read_csv(tmp_path / "out.csv")
    assert (columns["Straße"], columns["prediction"]) == (["5 €", ""], ["Billing", "Technical"])


def test_the_answers_are_those_of_the_app(answered: Predictor, sheet: Path, tmp_path: Path) -> None:
    assert score(answered, sheet, tmp_path / "out.csv") == 3
    expected, summary = score_table(answered, read_table(sheet), {})
    found = read_csv(tmp_path / "out.csv")
    assert list(found) == list(expected)
    assert found["prediction"] == list(expected["prediction"])
    assert [float(v) for v in found["confidence"] if v] == pytest.approx(
        [float(v) for v in expected["confidence"] if v], abs=1e-3
    )
    assert (summary["rows"], summary["empty"]) == (3, 1)


def test_a_missing_text_column_is_named_with_the_columns_there_are(
    command: Callable[..., int], sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet.write_text("id,complaint\n1,late\n", encoding="utf-8")
    assert command(sheet, tmp_path / "out.csv") == 2
    said = capsys.readouterr().err
    assert "in.csv has no column “message”. It has: id, complaint." in said
    assert "--text" in said
    assert not (tmp_path / "out.csv").exists()


def test_another_column_may_be_named(command: Callable[..., int], sheet: Path, tmp_path: Path) -> None:
    sheet.write_text(f"id,message,complaint\n1,{TECHNICAL},{BILLING}\n", encoding="utf-8")
    assert command(sheet, tmp_path / "out.csv", "--text", "complaint") == 0
    assert read_csv(tmp_path / "out.csv")["prediction"] == ["Billing"]


def test_a_model_of_two_text_columns_reads_both(
    command: Callable[..., int], tiny_trained: Any, sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet.write_text("review,product\nIt leaks.,Kettle\nIt leaks.,\n,\n", encoding="utf-8")
    assert command(sheet, tmp_path / "out.csv", run=tiny_trained) == 0
    found = read_csv(tmp_path / "out.csv")
    expected = Predictor.load(tiny_trained.folder / "model").predict(["Kettle | It leaks.", "It leaks.", ""])
    assert found["prediction"] == expected.predictions
    assert [float(v) for v in found["confidence"][:2]] == pytest.approx(expected.confidence[:2], abs=1e-3)
    assert command(sheet, tmp_path / "again.csv", "--text", "product", "--text", "colour", run=tiny_trained) == 2
    assert "“colour”" in capsys.readouterr().err


def test_a_sheet_without_rows_stays_one(command: Callable[..., int], sheet: Path, tmp_path: Path) -> None:
    sheet.write_text("id,message\n", encoding="utf-8")
    assert command(sheet, tmp_path / "out.csv") == 0
    assert read_csv(tmp_path / "out.csv") == {"id": [], "message": [], "prediction": [], "confidence": []}


def test_files_that_are_absent_or_empty_or_cannot_be_written_are_said_without_a_traceback(
    command: Callable[..., int], sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path / "absent.csv", tmp_path / "out.csv") == 2
    assert "absent.csv" in capsys.readouterr().err
    assert command(sheet, tmp_path / "no folder" / "out.csv") == 2
    assert "no folder" in capsys.readouterr().err
    sheet.write_bytes(b"")
    assert command(sheet, tmp_path / "out.csv") == 2
    assert "in.csv is empty" in capsys.readouterr().err


def test_a_workbook_is_said_to_be_one(
    command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(tmp_path / "in.xlsx", {"message": [BILLING]})
    assert command(tmp_path / "in.xlsx", tmp_path / "out.csv") == 2
    assert "in.xlsx is a workbook, not a CSV file. Save it as CSV first" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["nudge.json", "tokenizer.json", "model.onnx", "model.safetensors", "head.safetensors"]
)
def test_a_damaged_model_is_said_without_a_traceback(
    command: Callable[..., int],
    tiny_trained: Any,
    sheet: Path,
    tmp_path: Path,
    name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = SimpleNamespace(folder=tmp_path / "run")
    shutil.copytree(tiny_trained.folder / "model", run.folder / "model")
    (run.folder / "model" / name).unlink()
    (run.folder / "model" / name).write_text("", encoding="utf-8")
    assert command(sheet, tmp_path / "out.csv", run=run) == 2
    assert "Unpack or download it again." in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("named", ["@message", "'@message"])
@pytest.mark.parametrize("asked", ["@message", "'@message"])
def test_a_column_that_looks_like_a_formula_is_found_with_and_without_its_apostrophe(
    answered: Predictor, sheet: Path, tmp_path: Path, named: str, asked: str
) -> None:
    sheet.write_text(f"id,{named}\n1,{BILLING.replace(',', '')}\n", encoding="utf-8")
    assert score(answered, sheet, tmp_path / "out.csv", [asked]) == 1
    assert read_csv(tmp_path / "out.csv")["prediction"] == ["Billing"]


def test_score_raises_what_main_says(answered: Predictor, sheet: Path, tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="no column “subject”"):
        score(answered, sheet, tmp_path / "out.csv", ["message", "subject"])


def test_block_by_block_the_sheet_is_scored_whole_with_progress(
    answered: Predictor, sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(answered, sheet, tmp_path / "whole.csv")
    monkeypatch.setattr("tlcore.predict.main.ROWS_AT_ONCE", 1)
    said: list[tuple[int, int]] = []
    assert score(answered, sheet, tmp_path / "out.csv", None, lambda done, rows: said.append((done, rows))) == 3
    assert said == [(1, 3), (2, 3), (3, 3)]
    whole, found = read_csv(tmp_path / "whole.csv"), read_csv(tmp_path / "out.csv")
    assert {name: found[name] for name in list(found)[:-1]} == {name: whole[name] for name in list(whole)[:-1]}


def test_a_sheet_may_be_written_over_itself(command: Callable[..., int], sheet: Path) -> None:
    """Not before all of it was read."""
    assert command(sheet, sheet) == 0
    assert read_csv(sheet)["prediction"] == ["Billing", "", "Technical"]


def test_the_quick_version_answers_if_asked_for_and_it_is_said_where_there_is_none(
    trained: Any, sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tlcore.models.quick import write_quick

    folder = tmp_path / "model"
    shutil.copytree(trained.folder / "model", folder)
    (folder / "quick.onnx").unlink(missing_ok=True)
    monkeypatch.setattr("sys.argv", ["predict.py", str(sheet), str(tmp_path / "out.csv"), "--quick"])
    assert main(folder) == 0
    assert "answered exactly" in capsys.readouterr().err
    exact = read_csv(tmp_path / "out.csv")
    write_quick(folder)
    assert main(folder) == 0
    assert capsys.readouterr().err == ""
    quick = read_csv(tmp_path / "out.csv")
    assert quick["prediction"] == exact["prediction"]
    assert quick["confidence"] != exact["confidence"]
