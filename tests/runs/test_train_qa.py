"""A training on questions and passages on the command line: it learns, its report, its zip, its answers to a sheet."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.conftest import Trained, _train
from tests.made_questions import rows_of, write
from tlcore.bundle.make import check_bundle
from tlcore.cli import main
from tlcore.predict.sheet import read_csv
from tlcore.runs.scored import Scored, keep_scored


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("answered")
    rows = [*rows_of(28), ("Who cleans it?", "The press is dry.", "Nobody knows")]
    roles = [word for pair in ("question=Asked", "context=Read", "answer=Said") for word in ("--role", pair)]
    recipe = ["--strategy", "full_finetune", "--set", "epochs=9", "--set", "max_length=64", "--seed", "1"]
    return _train(folder / "home", str(write(folder / "asked.csv", rows)), "--task", "qa", *roles, *recipe)


def test_it_learns_more_than_the_nearest_sentence(answered: Trained) -> None:
    report = answered.report
    assert (report["metric"], report["baseline"], set(report["baselines"])) == ("token_f1", "nearest", {"nearest"})
    test, beside = report["test"], report["baselines"]["nearest"]
    assert test["token_f1"] > beside["token_f1"] + 0.2
    assert test["token_f1_low"] <= test["token_f1"] <= test["token_f1_high"]
    assert test["exact_match_low"] <= test["exact_match"] <= test["exact_match_high"]
    assert report["difference"]["real"] is True
    assert any("row 86 (“Nobody knows”)" in warning for warning in report["warnings"])
    assert report["split"]["how"] == "group"
    assert report["validation"]["token_f1"] > 0.3


def test_what_is_said_on_the_way_is_of_this_task(answered: Trained) -> None:
    assert "token F1" in answered.stderr
    assert "macro-F1" not in answered.stderr
    about = answered.about
    assert about["answer"]["kind"] == "passage"
    assert about["reads"] == {"question": ["Asked"], "context": ["Read"]}
    assert about["output_columns"] == ["prediction", "confidence", "start"]


def test_answers_to_the_test_rows_stand_in_their_passages(answered: Trained) -> None:
    kept = pq.read_table(answered.folder / "predictions.parquet").to_pydict()
    for text, said, start in zip(kept["text"], kept["prediction"], kept["start"], strict=True):
        assert text.split("\x1f")[1][start:].startswith(said)


def test_the_zip_was_checked_and_says_what_it_does(answered: Trained) -> None:
    checked = check_bundle(answered.folder / "model.zip")
    assert checked["checked"]
    assert checked["golden_rows"] >= 20
    with zipfile.ZipFile(answered.folder / "model.zip") as archive:
        card, read_me, golden = (
            archive.read(name).decode("utf-8") for name in ("MODEL_CARD.md", "README.md", "golden_expected.csv")
        )
    assert "token F1" in card
    assert "the sentence most like the question" in card
    assert "a piece of the passage" in read_me
    assert golden.splitlines()[0].endswith("Asked,Read,prediction,confidence,start")


def test_run_and_zip_answer_a_sheet_alike(
    answered: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = " ".join(f"Shelf {i} is empty." for i in range(120))
    rows = [*rows_of(4, 70), ("", "The pump stands here.", ""), ("Where?", " ", ""), ("Where does the saw stand?", f"{long} The saw number 7 stands in the attic. {long}", "")]  # fmt: skip
    sheet = write(tmp_path / "new.csv", rows)
    for source, out in ((answered.folder, "run.csv"), (answered.folder / "model.zip", "zip.csv")):
        assert main(["predict", str(source), str(sheet), "--out", str(tmp_path / out)]) == 0
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["empty"] == 1
    ours = read_csv(tmp_path / "run.csv")
    assert ours == read_csv(tmp_path / "zip.csv")
    for passage, said, start in zip(ours["Read"][:12], ours["prediction"][:12], ours["start"][:12], strict=True):
        assert passage[int(start) :].startswith(said)
    assert [ours[name][12] + ours[name][13] for name in ("prediction", "confidence", "start")] == ["", "", ""]
    assert "attic" in ours["prediction"][14]  # far behind the first window
    keep_scored(tmp_path, ours, 3)
    found = Scored(tmp_path)
    assert found.has_confidence
    assert list(found.page(0, 3, unsure_first=True))[1:4] == ["prediction", "confidence", "start"]


def test_other_columns_are_named_by_their_role(
    answered: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.csv").write_text("Q,P\nWho bought it?,It was bought by Nadia Rahimi in May.\n", encoding="utf-8")
    command: list[Any] = [
        "predict",
        str(answered.folder),
        str(tmp_path / "other.csv"),
        "--out",
        str(tmp_path / "out.csv"),
    ]
    assert main(command) == 2
    assert "--role question=COLUMN" in json.loads(capsys.readouterr().out)["error"]["fix"]
    assert main([*command, "--role", "question=Q", "--role", "context=P"]) == 0
    assert read_csv(tmp_path / "out.csv")["prediction"][0] in "It was bought by Nadia Rahimi in May."
