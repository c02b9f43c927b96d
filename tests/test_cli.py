"""tlcore.cli: JSON on the last line of stdout, the rest on stderr; 0, or 2 with what happened, where, and what to do."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tlcore import cli
from tlcore.datasets import Dataset, load_dataset
from tlcore.files import read_json, sha256
from tlcore.runs import load_plan

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("--text", "review", "--label", "sentiment")


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, the last line of stdout as JSON, stderr."""

    code: int
    json: dict[str, Any]
    stderr: str

    @property
    def error(self) -> dict[str, str]:
        """What went wrong, told in three parts that are no program's own words."""
        assert self.code == 2, self
        error = self.json["error"]
        assert set(error) == {"what", "where", "fix"}
        told = " ".join(error.values()) + self.stderr
        assert error["what"].endswith((".", "!", "?")), error
        assert error["fix"], error
        assert "Traceback" not in told
        assert "Nudge did not foresee" not in told
        return error


@pytest.fixture
def say(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command in this process."""

    def run(*arguments: str | Path) -> Said:
        capsys.readouterr()
        code = cli.main([str(argument) for argument in arguments])
        found = capsys.readouterr()
        return Said(code, json.loads(found.out.splitlines()[-1]), found.err)

    return run


@pytest.fixture
def rows(reviews: dict[str, list[str]]) -> list[tuple[str, str]]:
    """30 positive and 30 negative reviews."""
    return [(text, label) for label in ("positive", "negative") for text in reviews[label][:30]]


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., Path]:
    """Rows -> a CSV file."""

    def write(rows: Sequence[Sequence[str]], name: str = "rows.csv", header: Sequence[str] = COLUMNS[1::2]) -> Path:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return tmp_path / name

    return write


@pytest.fixture
def laid_out(say: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Dataset]:
    """The rows of the run that `train` lays out; the training itself is left out."""
    monkeypatch.setattr(cli, "_work", lambda run: 1)

    def train(*arguments: str | Path, out: str = "run") -> Dataset:
        said = say("train", *arguments, "--out", tmp_path / out)
        assert said.code == 2
        assert "ended without a model" in said.error["what"]
        return load_dataset(tmp_path / out / "dataset")

    return train


def test_python_m_tlcore_is_the_same_command(sheet: Callable[..., Path], rows: Any, home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tlcore", "read", str(sheet(rows))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["rows"] == 60
    done = subprocess.run(
        [sys.executable, "-m", "tlcore", "read", "nope.csv"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no such file" in json.loads(done.stdout.splitlines()[-1])["error"]["what"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["read"], ["sing"], ["train", "rows.csv"], ["train", "a.csv", "--rows", "many"]]
)
def test_what_is_no_command_is_answered_with_its_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    found = capsys.readouterr()
    assert found.err.startswith("usage: python -m tlcore")
    assert "error:" in found.err


def test_read_says_how_a_file_was_read(say: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_bytes("review;sentiment\nTrès bien;good\nnaja;bad\n".encode("cp1252"))
    said = say("read", tmp_path / "odd.csv")
    assert said.code == 0
    assert said.json["rows"] == 2
    assert said.json["columns"] == ["review", "sentiment"]
    assert (said.json["format"], said.json["delimiter"]) == ("csv", ";")
    assert said.json["encoding"].lower().replace("-", "") not in ("utf8", "ascii")
    assert said.json["header_row"] == 1
    assert set(said.json["guess"]) == {"text", "label"}


def test_check_also_asks_the_base_model_unless_it_is_to_be_quick(
    say: Callable[..., Said], sheet: Callable[..., Path], rows: Any
) -> None:
    good, bad = (
        ["The meal was wonderful", "I loved this lovely place"],
        ["The meal was awful", "I hated this horrible place"],
    )
    table = [(f"{text}, visit {word}", label) for word in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
             for texts, label in ((good, "positive"), (bad, "negative")) for text in texts]  # fmt: skip
    wrong = ("The meal was wonderful and I loved it, truly great", "negative")
    file = sheet([*table, wrong])
    ids = {problem["id"]: problem for problem in say("check", file, *COLUMNS).json["problems"]}
    assert len(table) + 2 in ids["likely_wrong"]["rows"]
    assert "likely_wrong" not in {problem["id"] for problem in say("check", file, *COLUMNS, "--quick").json["problems"]}


def test_check_says_what_the_data_looks_like_and_what_will_hurt(
    say: Callable[..., Said], sheet: Callable[..., Path], rows: Any
) -> None:
    said = say("check", sheet([*rows, ("odd one", "neutral"), ("", "positive"), ("no label", "")]), *COLUMNS)
    assert said.code == 0
    assert said.json["facts"]["classes"] == {"positive": 30, "negative": 30, "neutral": 1}
    assert said.json["facts"]["unlabelled"] == 1
    problems = {problem["id"]: problem for problem in said.json["problems"]}
    assert "neutral" in problems["single_rows"]["title"]
    assert problems["single_rows"]["rows"] == [62]
    assert problems["test_size"]["severity"] == "warning"
    assert any("no text (row 63)" in note for note in said.json["warnings"])
    assert sum(said.json["rows"].values()) == 63


def test_recommend_gives_a_plan_with_reasons_and_alternatives(
    say: Callable[..., Said], sheet: Callable[..., Path], rows: Any
) -> None:
    file = sheet(rows)
    said = say("recommend", file, *COLUMNS, "--compute", "low")
    assert said.code == 0
    assert said.json["strategy"] == said.json["plan"]["strategy"] == "frozen_features"
    assert said.json["row"]["number"] == 1
    assert said.json["sentence"]
    assert 2 <= len(said.json["why"]) <= 4
    assert 0 < said.json["estimate"]["seconds_low"] < said.json["estimate"]["seconds_high"]
    assert "full_finetune" in {other["strategy"] for other in said.json["alternatives"] if other["available"]}
    other = say("recommend", file, *COLUMNS, "--compute", "api")
    assert other.json["row"]["number"] != 1
    assert other.json["strategy"] == "zero_shot"
    pressed = say("recommend", file, *COLUMNS, "--compute", "low", "--minutes", "0.05")
    assert pressed.json["strategy"] == "frozen_features"
    assert "longer than you have" in pressed.json["substituted"]


def test_columns_not_named_are_guessed_and_that_is_said(
    say: Callable[..., Said], sheet: Callable[..., Path], rows: Any
) -> None:
    said = say("check", sheet(rows), "--quick")
    assert said.code == 0
    assert "“review” for the text" in said.stderr
    assert "“sentiment” for the label" in said.stderr
    named = say("check", sheet(rows), "--role", "text=review", "--role", "label=sentiment", "--quick")
    assert named.stderr == ""
    assert named.json == said.json


REFUSED = ["check", "recommend", "train"]


@pytest.mark.parametrize("command", REFUSED)
@pytest.mark.parametrize(
    ("name", "lines", "what"),
    [
        ("empty.csv", "", "empty"),
        ("header.csv", "review,sentiment\n", "no rows"),
        ("one_column.csv", "review\n" + "a good text\na bad text\n" * 10, 'no column "sentiment"'),
        ("one_class.csv", "review,sentiment\n" + "a good text,positive\n" * 20, "same label, “positive”"),
        ("three.csv", "review,sentiment\ngood,a\nbad,b\nfine,a\n", "Only 3 rows"),
        ("no_text.csv", "review,sentiment\n" + ",positive\n ,negative\n" * 20, "no text in any row"),
        ("no_label.csv", "review,sentiment\n" + "good,\nbad,\n" * 20, "No row has a label"),
        ("rows.pdf", "review,sentiment\n" + "good,a\nbad,b\n" * 20, "end in .pdf cannot be read"),
        ("missing.csv", None, "no such file"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_in_words(
    say: Callable[..., Said], tmp_path: Path, command: str, name: str, lines: str | None, what: str
) -> None:
    if lines is not None:
        (tmp_path / name).write_text(lines, encoding="utf-8")
    out = ["--out", tmp_path / "run"] if command == "train" else []
    error = say(command, tmp_path / name, *COLUMNS, *out).error
    assert what in error["what"]
    assert error["where"]
    assert not (tmp_path / "run").exists()


def test_one_column_and_no_wish_is_told_that_it_takes_two(say: Callable[..., Said], sheet: Callable[..., Path]) -> None:
    file = sheet([("a good text that was written",), ("a bad text of some length",)] * 10, header=["review"])
    error = say("check", file).error
    assert "single column" in error["what"]
    assert "review" in error["fix"]


@pytest.mark.parametrize("command", REFUSED)
def test_a_label_column_of_amounts_is_refused(
    say: Callable[..., Said], sheet: Callable[..., Path], tmp_path: Path, command: str
) -> None:
    file = sheet([(f"order number {i} came", str(i * 7)) for i in range(5_000)])
    out = ["--out", tmp_path / "run"] if command == "train" else []
    error = say(command, file, *COLUMNS, *out).error
    assert "5,000 different numbers" in error["what"]
    assert "label column" in error["where"]
    assert "low, middle, high" in error["fix"]


def test_a_cell_of_50_MB_is_refused_with_its_place(say: Callable[..., Said], tmp_path: Path) -> None:
    with (tmp_path / "big.csv").open("w", encoding="utf-8") as file:
        file.write("review,sentiment\nfine,good\n")
        file.write("word " * (10 * 2**20) + ",bad\n")
    error = say("check", tmp_path / "big.csv", *COLUMNS).error
    assert "A cell holds 52,428" in error["what"]
    assert "row 3" in error["where"]
    assert "review" in error["where"]
    assert len(json.dumps(error)) < 1_000


@pytest.mark.parametrize(
    ("wishes", "what", "fix"),
    [
        (["--text", "nope"], 'no column "nope"', "review, sentiment"),
        (["--label", "nope"], 'no column "nope"', "review, sentiment"),
        (["--text", "sentiment"], "both the text and the label", "another column"),
        (["--role", "text"], "not NAME=VALUE", "--role name=value"),
        (["--strategy", "nope"], "no strategy called “nope”", "frozen_features"),
        (["--strategy", "clip"], "cannot learn this: it is for texts with pictures", "full_finetune"),
        (["--task", "nope"], "no task called “nope”", "classify"),
        (["--task", "ner"], "No column can play “label” here.", "text, entities, sentence"),
        (["--set", "nope=1"], "no setting called “nope”", "max_length"),
        (["--set", "folds"], "not NAME=VALUE", "--set name=value"),
        (["--set", "folds=many"], "“many” is not a value", "split"),
        (["--set", "folds=99"], "99 is out of range", "between 2 and 10"),
        (["--set", "layers=some"], "not one of its choices", "auto, last, thirds, all"),
        (["--rows", "0"], "--rows 0 is not a number of rows", "from 1"),
        (["--shots", "-3"], "--shots -3 is not a number of rows", "from 1"),
        (["--seed", "-1"], "-1 is not a seed", "from 0"),
        (["--role", "lable=review"], "No column can play “lable”", "text, label"),
        (["--test", "nope.csv"], "no such file", "Check the name"),
        (["--then", "full_finetune"], "is not followed by another way", "mlm_then_finetune"),
        (["--strategy", "mlm_then_finetune", "--then", "mlm_then_finetune"], "cannot come then", "frozen_features"),
        (["--strategy", "mlm_then_finetune", "--then", "nope"], "no strategy called “nope”", "frozen_features"),
        (["--strategy", "mlm_then_finetune", "--set", "then.nope=1"], "no setting called “nope”", "max_length"),
        (["--set", "then.head=svm"], "no setting called “then.head”", "Leave it out"),
        (["--images", "pictures"], "no picture would be looked at", "Leave it out"),
        (["--labels", "labels.txt"], "no such file", "Check the name"),
        (["--unlabelled", "more.csv"], "no such file", "Check the name"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_before_anything_runs(
    say: Callable[..., Said],
    sheet: Callable[..., Path],
    rows: Any,
    tmp_path: Path,
    wishes: list[str],
    what: str,
    fix: str,
) -> None:
    base = [] if "--text" in wishes else ["--text", "review"]
    base += [] if "--label" in wishes else ["--label", "sentiment"]
    base += [] if "--strategy" in wishes else ["--strategy", "frozen_features"]
    error = say("train", sheet(rows), *base, *wishes, "--out", tmp_path / "run").error
    assert what in error["what"]
    assert fix in error["fix"]
    assert not (tmp_path / "run").exists()


def test_a_base_that_is_no_base_is_refused(
    say: Callable[..., Said], sheet: Callable[..., Path], rows: Any, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    for base, what in (
        (tmp_path / "folder", "config.json is missing"),
        ("no such base", "no base model “no such base”"),
    ):
        error = say("train", sheet(rows), *COLUMNS, "--base", base, "--out", tmp_path / "run").error
        assert what in error["what"]
        assert not (tmp_path / "run").exists()


def test_a_run_is_not_written_over(
    say: Callable[..., Said], sheet: Callable[..., Path], rows: Any, trained: Any
) -> None:
    before = (trained.folder / "report.json").read_bytes(), (trained.folder / "plan.json").read_bytes()
    error = say("train", sheet(rows), *COLUMNS, "--out", trained.folder).error
    assert "already holds" in error["what"]
    assert error["where"] == str(trained.folder)
    assert ((trained.folder / "report.json").read_bytes(), (trained.folder / "plan.json").read_bytes()) == before


def test_train_says_all_that_was_asked_for(trained: Any) -> None:
    assert trained.code == 0
    report = trained.report
    assert (report["strategy"], report["base"], report["task"]) == ("frozen_features", "minilm", "classify")
    assert set(report["rows"]) == {"train", "validation", "test"}
    assert set(report["test"]) >= {"macro_f1", "macro_f1_low", "macro_f1_high", "accuracy", "auroc"}
    assert {"macro_f1", "accuracy"} <= set(report["validation"])
    assert {"majority", "tfidf"} <= set(report["baselines"])
    for name in ("seconds", "epochs", "trainable_parameters", "total_parameters", "peak_memory_mb"):
        assert name in report
    assert Path(report["run"]) == trained.folder
    assert report["plan"]["seed"] == 3


def test_progress_goes_to_stderr_and_stdout_holds_the_json_alone(trained: Any, tiny_trained: Any) -> None:
    for run in (trained, tiny_trained):
        assert len(run.stdout.splitlines()) == 1
        for line in ("Getting your rows ready", "Looking at the test rows, once", "tfidf: macro-F1", "no label"):
            assert line in run.stderr
        assert "Traceback" not in run.stderr
    assert "labels: macro-F1" in trained.stderr
    assert "round 1: loss" in tiny_trained.stderr


def test_rows_are_as_many_as_asked_for_and_the_test_is_as_large_as_ever(
    laid_out: Callable[..., Dataset], sheet: Callable[..., Path], rows: Any
) -> None:
    every = laid_out(sheet(rows), *COLUMNS, out="every").counts()
    counts = laid_out(sheet(rows), *COLUMNS, "--rows", "20").counts()
    assert counts["train"] + counts["validation"] == 20
    assert counts["test"] == every["test"] == 12
    assert sum(counts.values()) == sum(every.values()) == 60


@pytest.mark.parametrize("shots", [4, 8])
def test_shots_are_as_many_as_asked_for_in_each_class(
    laid_out: Callable[..., Dataset], sheet: Callable[..., Path], rows: Any, shots: int
) -> None:
    dataset = laid_out(sheet(rows), *COLUMNS, "--shots", str(shots))
    learned = dataset.targets("train") + dataset.targets("validation")
    assert {label: learned.count(label) for label in dataset.labels} == {"negative": shots, "positive": shots}


def test_the_same_seed_makes_the_same_split_and_another_one_another(
    laid_out: Callable[..., Dataset], sheet: Callable[..., Path], rows: Any, tmp_path: Path
) -> None:
    file = sheet(rows)
    sides = [laid_out(file, *COLUMNS, "--seed", seed, out=f"run{i}").rows["split"][:] for i, seed in enumerate("774")]
    assert sides[0] == sides[1]
    assert sides[0] != sides[2]
    assert [load_plan(tmp_path / f"run{i}").seed for i in range(3)] == [7, 7, 4]


def test_the_plan_is_the_one_asked_for_and_auto_is_the_recommended(
    say: Callable[..., Said], laid_out: Callable[..., Dataset], sheet: Callable[..., Path], rows: Any, tmp_path: Path
) -> None:
    laid_out(sheet(rows), *COLUMNS, out="auto")
    assert load_plan(tmp_path / "auto").strategy == say("recommend", sheet(rows), *COLUMNS).json["strategy"]
    wishes = ["--strategy", "full_finetune", "--set", "epochs=2", "--set", "learning_rate=0.0002"]
    laid_out(sheet(rows), *COLUMNS, *wishes, out="mine")
    plan = load_plan(tmp_path / "mine")
    assert plan.strategy == "full_finetune"
    assert (plan.settings["epochs"], plan.settings["learning_rate"]) == (2, 0.0002)
    assert plan.versions["torch"]


def test_several_text_columns_are_read_in_their_order(
    laid_out: Callable[..., Dataset], sheet: Callable[..., Path], rows: Any
) -> None:
    file = sheet([(f"item {i}", *row) for i, row in enumerate(rows)], header=["product", "review", "sentiment"])
    wishes = ["--text", "review", "--role", "text=product", "--label", "sentiment"]
    assert laid_out(file, *wishes).rows["text"][0] == f"{rows[0][0]} | item 0"


def test_a_test_file_is_what_is_scored(
    say: Callable[..., Said],
    sheet: Callable[..., Path],
    rows: Any,
    reviews: dict[str, list[str]],
    tiny_base: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    unseen = [(text, label) for label in ("positive", "negative") for text in reviews[label][40:47]]
    test = sheet([*unseen, ("a label nobody knows", "puzzled")], "test.csv")
    wishes = ["--strategy", "frozen_features", "--base", tiny_base("distilbert"), "--set", "layers=last"]
    said = say("train", sheet(rows), *COLUMNS, *wishes, "--test", test, "--shots", "6", "--out", tmp_path / "run")
    assert said.code == 0, said
    assert said.json["rows"]["test"] == said.json["test"]["rows"] == 15
    assert said.json["rows"]["train"] + said.json["rows"]["validation"] == 12
    assert said.json["chosen"]["layers"] == [2]
    assert said.json["test_looks"] == 1
    assert any("“puzzled” (1)" in note for note in said.json["warnings"])
    assert "puzzled" in said.stderr
    assert load_dataset(tmp_path / "run" / "dataset").texts("test") == [text for text, _ in unseen] + [
        "a label nobody knows"
    ]


def test_a_training_that_fails_says_why(
    say: Callable[..., Said], sheet: Callable[..., Path], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    file = sheet([("?!", "a"), ("...", "b")] * 15)
    error = say("train", file, *COLUMNS, "--base", tiny_base("bert"), "--out", tmp_path / "run").error
    assert "no words" in error["what"]
    assert error["where"]


@pytest.fixture
def mails(sheet: Callable[..., Path]) -> Path:
    """Three mails, one of them empty, between columns that the model does not read."""
    lines = [("9", "my parcel has not arrived", "x"), ("8", "", "y"), ("7", "You charged my card twice", "é,1")]
    return sheet(lines, "mails.csv", ["number", "message", "note"])


def test_predict_keeps_the_columns_and_their_order_and_adds_the_answers(
    say: Callable[..., Said], trained: Any, mails: Path, tmp_path: Path
) -> None:
    said = say("predict", trained.folder, mails, "--out", tmp_path / "out.csv")
    assert said.code == 0
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    assert header == ["number", "message", "note", "prediction", "confidence"]
    with mails.open(encoding="utf-8", newline="") as file:
        assert [line[:3] for line in lines] == list(csv.reader(file))[1:]
    assert [line[3] for line in lines] == ["Delivery", "", "Billing"]
    assert lines[1][4] == ""
    assert all(0 < float(lines[i][4]) <= 1 for i in (0, 2))
    assert (said.json["rows"], said.json["empty"]) == (3, 1)
    assert said.json["answers"] == {"Delivery": 1, "Billing": 1}
    assert said.json["out"] == str(tmp_path / "out.csv")


def test_predict_writes_a_workbook_too(say: Callable[..., Said], trained: Any, mails: Path, tmp_path: Path) -> None:
    assert say("predict", trained.folder, mails, "--out", tmp_path / "out.xlsx").code == 0
    first, second, *_ = openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(values_only=True)
    assert first == ("number", "message", "note", "prediction", "confidence")
    assert second[3] == "Delivery"


def test_the_run_and_its_zip_answer_alike(say: Callable[..., Said], trained: Any, mails: Path, tmp_path: Path) -> None:
    said = say("bundle", trained.folder, "--out", tmp_path / "new" / "model.zip")
    assert said.code == 0
    assert said.json["checked"] is True
    assert sha256(tmp_path / "new" / "model.zip") == said.json["sha256"] == sha256(trained.folder / "model.zip")
    assert said.json["out"] == str(tmp_path / "new" / "model.zip")
    say("predict", trained.folder, mails, "--out", tmp_path / "a.csv")
    say("predict", tmp_path / "new" / "model.zip", mails, "--out", tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig") == (tmp_path / "b.csv").read_text(encoding="utf-8-sig")


def test_bundle_makes_the_zip_of_a_run_that_has_none(
    say: Callable[..., Said], tiny_trained: Any, tmp_path: Path
) -> None:
    shutil.copytree(
        tiny_trained.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("model.zip", "bundle.json", ".lock")
    )
    said = say("bundle", tmp_path / "copy", "--out", tmp_path / "model.zip")
    assert said.code == 0
    assert said.json["checked"] is True
    assert said.json["golden_rows"] > 5
    assert read_json(tmp_path / "copy" / "bundle.json")["sha256"] == sha256(tmp_path / "model.zip")


def test_another_column_can_be_read(
    say: Callable[..., Said], trained: Any, sheet: Callable[..., Path], tmp_path: Path
) -> None:
    file = sheet([("my parcel has not arrived", "x")], "other.csv", ["mail", "note"])
    error = say("predict", trained.folder, file, "--out", tmp_path / "out.csv").error
    assert "“message”" in error["what"]
    assert "--role text=COLUMN" in error["fix"]
    assert not (tmp_path / "out.csv").exists()
    assert say("predict", trained.folder, file, "--role", "text=mail", "--out", tmp_path / "out.csv").json[
        "answers"
    ] == {"Delivery": 1}


def test_predict_and_bundle_refuse_what_they_cannot_use(
    say: Callable[..., Said], trained: Any, mails: Path, tmp_path: Path
) -> None:
    out = ["--out", tmp_path / "out.csv"]
    assert "no finished model" in say("predict", tmp_path / "nope", mails, *out).error["what"]
    assert "not a zip" in say("predict", mails, mails, *out).error["what"]
    assert "no such file" in say("predict", trained.folder, tmp_path / "nope.csv", *out).error["what"]
    assert "“nope”" in say("predict", trained.folder, mails, "--role", "text=nope", *out).error["what"]
    assert ".csv or .xlsx" in say("predict", trained.folder, mails, "--out", tmp_path / "out.txt").error["what"]
    assert (
        "cannot be written" in say("predict", trained.folder, mails, "--out", tmp_path / "no" / "o.csv").error["what"]
    )
    assert (
        "no picture would be looked at"
        in say("predict", trained.folder, mails, "--images", "folder", *out).error["what"]
    )
    assert "no finished model" in say("bundle", tmp_path / "nope", "--out", tmp_path / "m.zip").error["what"]
    assert sorted(tmp_path.glob("*.zip")) == []
    assert sorted(tmp_path.glob("out*")) == []


def test_places_that_cannot_be_written_to_are_refused(
    say: Callable[..., Said], trained: Any, sheet: Callable[..., Path], rows: Any, tmp_path: Path
) -> None:
    file = sheet(rows)
    assert "cannot be made" in say("train", file, *COLUMNS, "--out", file).error["what"]
    for out in (tmp_path, trained.folder / "model.zip", file / "model.zip"):
        assert "could not be written" in say("bundle", trained.folder, "--out", out).error["what"]
    assert (trained.folder / "model.zip").stat().st_size > 1_000
    error = say("predict", trained.folder, file, "--role", "label=review", "--out", tmp_path / "out.csv").error
    assert "reads no “label”" in error["what"]


def test_one_shot_a_class_makes_a_model(
    say: Callable[..., Said], sheet: Callable[..., Path], rows: Any, tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    wishes = ["--shots", "1", "--base", tiny_base("bert"), "--out", tmp_path / "run"]
    said = say("train", sheet(rows), *COLUMNS, "--strategy", "frozen_features", *wishes)
    assert said.code == 0, said
    assert said.json["rows"]["train"] == 2


def test_a_damaged_model_is_told_of(say: Callable[..., Said], trained: Any, mails: Path, tmp_path: Path) -> None:
    shutil.copytree(trained.folder / "model", tmp_path / "run" / "model")
    (tmp_path / "run" / "model" / "tokenizer.json").write_text("{", encoding="utf-8")
    error = say("predict", tmp_path / "run", mails, "--out", tmp_path / "out.csv").error
    assert "cannot be opened" in error["what"]


def test_texts_without_a_label_are_read_first_and_the_base_that_read_them_is_a_base(
    say: Callable[..., Said], sheet: Callable[..., Path], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    from tests.made_domain import sentences

    texts, kinds = sentences(90)
    table = sheet(list(zip(texts[:50], kinds, strict=False)))
    more = tmp_path / "more.csv"
    more.write_text("\n".join(["review", *(f'"{text}"' for text in texts[:3] + texts[50:])]), encoding="utf-8")
    run, tiny = tmp_path / "run", str(tiny_base("bert"))
    wishes = ["--strategy", "mlm_then_finetune", "--then", "top_layers", "--set", "epochs=2", "--set", "then.epochs=2"]
    said = say("train", table, *COLUMNS, "--unlabelled", more, "--base", tiny, *wishes, "--out", run)
    about = said.json["pretraining"]
    assert "more.csv: 43 texts without a label, from “review”" in said.stderr
    assert "perplexity" in said.stderr
    assert load_plan(run).then == about["then"] == "top_layers"
    assert load_plan(run).then_settings["epochs"] == 2
    assert about["after"] < about["before"]
    assert about["without_reading"]["rows"] == said.json["test"]["rows"]
    assert set(about["difference"]) == {"macro_f1", "low", "high", "real"}
    assert (run / "adapted" / "model.safetensors").exists()
    with zipfile.ZipFile(run / "model.zip") as archive:
        assert "Reading your texts first: perplexity" in archive.read("MODEL_CARD.md").decode()
    held_out = {text for side in ("validation", "test") for text in load_dataset(run / "dataset").texts(side)}
    read = set(texts[:3] + texts[50:]) - held_out
    assert about["texts"] + about["held_out"] <= len(read) + len(load_dataset(run / "dataset").texts("train"))

    second = say("train", table, *COLUMNS, "--base", run, "--strategy", "frozen_features", "--out", tmp_path / "next")
    assert second.code == 0, second
    assert (
        load_plan(tmp_path / "next").base_revision
        == f"sha256:{read_json(run / 'adapted' / 'pretraining.json')['sha256']}"
    )
    assert second.json["pretraining"] is None


def test_a_way_that_reads_no_unlabelled_texts_says_so(
    say: Callable[..., Said], sheet: Callable[..., Path], rows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_trained", lambda run: {})
    more = tmp_path / "more.csv"
    more.write_text("review\none text\nanother text\n", encoding="utf-8")
    said = say("train", sheet(rows), *COLUMNS, "--strategy", "lora", "--unlabelled", more, "--out", tmp_path / "run")
    assert "more.csv is left out: lora does not read texts without a label." in said.stderr
    assert not (tmp_path / "run" / "unlabelled").exists()
