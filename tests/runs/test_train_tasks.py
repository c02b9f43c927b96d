"""A training of several labels a text, and of a number a text, on the command line: report, answers, zip, refusals."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tlcore.bundle.make import Golden, check_bundle
from tlcore.cli import main
from tlcore.predict.predictor import Predictor
from tlcore.predict.sheet import read_csv
from tlcore.runs.score_sheet import score_table
from tlcore.runs.scored import Scored, keep_scored
from tlcore.tables import read_table

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
COMMENTS = SAMPLES / "guest_comments" / "guest_comments.csv"
REVIEWS = SAMPLES / "product_reviews" / "product_reviews.xlsx"


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def in_zip(run: Path, name: str) -> str:
    with zipfile.ZipFile(run / "model.zip") as archive:
        return archive.read(name).decode("utf-8")


def test_several_labels_beat_what_they_stand_beside(several_trained: Any) -> None:
    report = several_trained.report
    assert report["metric"] == "micro_f1"
    test, baselines = report["test"], report["baselines"]
    assert set(baselines) == {"majority", "tfidf", "tfidf_tuned"}
    assert test["micro_f1"] > max(one["micro_f1"] for one in baselines.values()) + 0.05
    assert test["micro_f1_low"] <= test["micro_f1"] <= test["micro_f1_high"]
    assert report["difference"]["against"] in ("tfidf", "tfidf_tuned")
    assert {row["label"] for row in report["per_class"]} == set(several_trained.about["labels"])
    assert len(several_trained.about["answer"]["thresholds"]) == 8
    assert "micro-F1" in several_trained.stderr
    assert "macro-F1" not in several_trained.stderr


def test_a_number_beats_what_it_stands_beside(number_trained: Any) -> None:
    report = number_trained.report
    assert report["metric"] == "mae"
    test, baselines = report["test"], report["baselines"]
    assert test["mae"] < min(one["mae"] for one in baselines.values()) - 0.2
    assert test["spearman"] > 0.5
    assert test["within"] >= 0.75
    assert report["difference"]["mae"] < 0
    assert (number_trained.about["labels"], number_trained.about["output_columns"]) == (
        [],
        ["prediction", "low", "high"],
    )
    assert "mean absolute error" in number_trained.stderr


def test_the_answers_to_the_test_rows_are_kept(several_trained: Any, number_trained: Any) -> None:
    sets = pq.read_table(several_trained.folder / "predictions.parquet").to_pydict()
    known = set(several_trained.about["labels"]) | {"(none)"}
    assert all(set(cell.split(";")) <= known for cell in sets["prediction"])
    numbers = pq.read_table(number_trained.folder / "predictions.parquet").to_pydict()
    for value, low, high in zip(numbers["prediction"], numbers["low"], numbers["high"], strict=True):
        assert 1 <= low <= float(value) <= high <= 5


@pytest.mark.parametrize("which", ["several_trained", "number_trained"])
def test_the_zip_was_checked_and_says_what_it_does(which: str, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(which).folder
    checked = check_bundle(run / "model.zip")
    assert checked["checked"]
    assert checked["golden_rows"] >= 20
    card, read_me = in_zip(run, "MODEL_CARD.md"), in_zip(run, "README.md")
    if which == "several_trained":
        assert "every one of 8 labels that fits" in card
        assert "micro-F1" in card
        assert "thresholds tuned" in card
        assert "joined by `;`" in read_me
    else:
        assert "a number between 1 and 5" in card
        assert "mean absolute error" in card
        assert "`low` and `high`" in read_me
        assert "| label |" not in card


@pytest.mark.parametrize(
    ("which", "file", "column"), [("several_trained", COMMENTS, "comment"), ("number_trained", REVIEWS, "review")]
)
def test_run_and_zip_give_a_sheet_the_same_answers(
    which: str,
    file: Path,
    column: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = request.getfixturevalue(which).folder
    for source, out in ((run, "run.csv"), (run / "model.zip", "zip.csv")):
        assert main(["predict", str(source), str(file), "--out", str(tmp_path / out)]) == 0
        assert said(capsys)["rows"] == read_table(file).rows
    ours, theirs = read_csv(tmp_path / "run.csv"), read_csv(tmp_path / "zip.csv")
    assert ours == theirs
    added = json.loads((run / "model" / "nudge.json").read_text(encoding="utf-8"))["output_columns"]
    assert list(ours)[-len(added) :] == added
    blank = [i for i, text in enumerate(ours[column]) if not text]
    assert all(ours[name][i] == "" for i in blank for name in added)


def test_what_was_scored_can_be_looked_through(several_trained: Any, number_trained: Any, tmp_path: Path) -> None:
    for run, file, answers in ((several_trained, COMMENTS, 2), (number_trained, REVIEWS, 3)):
        table = read_table(file)
        columns, summary = score_table(Predictor.load(run.folder / "model"), table, {})
        keep_scored(tmp_path, columns, len(columns) - len(table.columns))
        found = Scored(tmp_path)
        first = list(found.page(0, 5))
        assert first[1 : 1 + answers] == list(columns)[-answers:]
        assert found.has_confidence is (answers == 2)
        if answers == 2:
            assert set(summary["answers"]) <= {*run.about["labels"], "(none)"}
            assert sum(summary["answers"].values()) >= summary["rows"] - summary["empty"]
        else:
            assert (summary["answers"], summary["unsure"]) == ({}, 0)


def test_a_zip_whose_numbers_are_off_is_not_offered(number_trained: Any) -> None:
    answer = number_trained.about["answer"]
    golden = Golden(
        {"prediction": ["3", ""], "low": ["1", ""], "high": ["5", ""]}, ["prediction", "low", "high"], answer
    )
    same = {"prediction": ["3.001", ""], "low": ["1", ""], "high": ["5", ""]}
    assert golden.far("prediction", same) == pytest.approx(0.001 / 4)
    assert golden.far("prediction", {"prediction": ["4", ""]}) == pytest.approx(0.25)
    assert golden.far("prediction", {"prediction": ["3", "2"]}) == float("inf")
    assert golden.far("prediction", {}) == float("inf")


def test_comparing_single_labels_is_refused_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "train",
        str(COMMENTS),
        "--task",
        "multilabel",
        "--text",
        "comment",
        "--label",
        "topics",
        "--strategy",
        "few_shot",
    ]
    assert main([*command, "--out", str(tmp_path / "run")]) == 2
    assert "exactly one label" in said(capsys)["error"]["what"]
    assert not (tmp_path / "run").exists()


def test_recommend_and_check_know_the_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    for task, file, text, label in (
        ("multilabel", COMMENTS, "comment", "topics"),
        ("score", REVIEWS, "review", "stars"),
    ):
        columns = ["--task", task, "--text", text, "--label", label]
        assert main(["recommend", str(file), *columns]) == 0
        found = said(capsys)
        (few_shot,) = (one for one in found["alternatives"] if one["strategy"] == "few_shot")
        assert not few_shot["available"]
        assert found["plan"]["task"] == task
        assert main(["check", str(file), *columns, "--quick"]) == 0
        problems = {one["id"] for one in said(capsys)["problems"]}
        assert not problems & {"label_column", "label_variants", "imbalance", "small_classes", "single_rows"}


def test_several_columns_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = read_table(COMMENTS)
    names = ("staff", "food", "noise")
    lines = ["comment,staff,food,noise"]
    for text, topics in zip(table.column("comment"), table.column("topics"), strict=True):
        lines.append(",".join(['"' + text.replace('"', "") + '"', *(str(int(name in topics)) for name in names)]))
    (tmp_path / "ticked.csv").write_text("\n".join(lines), encoding="utf-8")
    labels = [word for name in names for word in ("--label", name)]
    assert (
        main(["check", str(tmp_path / "ticked.csv"), "--task", "multilabel", "--text", "comment", *labels, "--quick"])
        == 0
    )
    found = said(capsys)
    assert set(found["facts"]["classes"]) == set(names)
    assert found["facts"]["labelled"] == 118
    assert main(["check", str(tmp_path / "ticked.csv"), "--text", "comment", *labels, "--quick"]) == 2
