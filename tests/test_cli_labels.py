"""tlcore.cli with --labels: rows without labels, from the spreadsheet to the zip; and scored by a test file."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tlcore import cli
from tlcore.files import read_json
from tlcore.runs import read_report

ITEMS = {
    "Delivery": "my parcel number {} never came, the courier is late",
    "Billing": "the invoice number {} is wrong, I was charged too much money",
    "Account": "I cannot log in with password number {}, it is rejected",
}
LABELS = [
    ("Delivery", "A parcel is late or lost."),
    ("Billing", "An invoice or a payment is wrong."),
    ("Account", "Trouble with the login or the password."),
]


def _write(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def _rows(start: int, count: int, labelled: bool) -> list[list[str]]:
    found = [[text.format(start + i), label] for i in range(count) for label, text in ITEMS.items()]
    return found if labelled else [[text, ""] for text, _ in found]


def _say(*arguments: str | Path) -> tuple[int, dict[str, Any], str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main([str(argument) for argument in arguments])
    return code, json.loads(out.getvalue().splitlines()[-1]), err.getvalue()


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run on 60 rows of a file that has no label column at all, and its report."""
    folder = tmp_path_factory.mktemp("unlabelled")
    sheet = _write(folder / "rows.csv", [["message"], *[[text] for text, _ in _rows(0, 20, True)]])
    labels = _write(folder / "labels.csv", [["label", "description"], *LABELS])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUDGE_HOME", str(folder / "home"))
        code, report, said = _say("train", sheet, "--labels", labels, "--out", folder / "run")
    assert code == 0, report
    assert "zero_shot" in said  # recommended: nothing else can be done
    return folder, report


def test_without_any_label_there_is_no_score_and_it_is_said(unlabelled: tuple[Path, dict[str, Any]]) -> None:
    folder, report = unlabelled
    assert report["strategy"] == "zero_shot"
    assert report["rows"] == {"train": 0, "validation": 0, "test": 0}
    assert report["test"]["macro_f1"] is None
    assert all(scores["macro_f1"] is None for scores in report["baselines"].values())
    assert report["difference"]["macro_f1"] is None
    unscored = report["unscored"]
    assert (unscored["rows"], unscored["of"]) == (60, 60)
    assert unscored["answers"] == {"Delivery": 20, "Billing": 20, "Account": 20}
    assert read_report(folder / "run") == report
    about = read_json(folder / "run" / "dataset" / "dataset.json")
    assert about["label_infos"][0] == {"label": "Delivery", "description": "A parcel is late or lost."}


def test_the_zip_answers_and_its_card_says_that_nobody_knows(
    unlabelled: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _ = unlabelled
    sheet = _write(tmp_path / "new.csv", [["message"], ["where is my package"], ["your bill is too high"]])
    code, bundle, _ = _say("bundle", folder / "run", "--out", tmp_path / "model.zip")
    assert code == 0
    assert bundle["checked"]
    assert bundle["golden_rows"] == 25
    code, _, _ = _say("predict", tmp_path / "model.zip", sheet, "--out", tmp_path / "out.csv")
    assert code == 0
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["prediction"] for row in csv.DictReader(file)] == ["Delivery", "Billing"]
    import zipfile

    card = zipfile.ZipFile(tmp_path / "model.zip").read("MODEL_CARD.md").decode()
    assert "no row had a label, so nothing could be scored" in card
    assert "| Billing | 20 |" in card
    assert "macro-F1" not in card
    assert "None" not in card


def test_a_test_file_scores_it_beside_baselines_that_learn_no_label_either(
    unlabelled: tuple[Path, dict[str, Any]], tmp_path: Path, home: Path
) -> None:
    folder, _ = unlabelled
    test = _write(tmp_path / "test.csv", [["message", "team"], *_rows(500, 8, True)])
    code, report, _ = _say(
        "train", folder / "rows.csv", "--labels", folder / "labels.csv", "--test", test, "--label", "team",
        "--strategy", "zero_shot", "--out", tmp_path / "run",
    )  # fmt: skip
    assert code == 0, report
    assert report["rows"] == {"train": 0, "validation": 0, "test": 24}
    assert report["test"]["macro_f1"] > report["baselines"]["majority"]["macro_f1"] + 0.3
    assert report["baselines"]["tfidf"]["macro_f1"] > report["baselines"]["majority"]["macro_f1"]
    assert report["baselines_learned"] is False
    assert report["unscored"] is None


def test_labelled_rows_teach_the_baselines_and_not_the_model(
    unlabelled: tuple[Path, dict[str, Any]], tmp_path: Path, home: Path
) -> None:
    folder, _ = unlabelled
    sheet = _write(tmp_path / "rows.csv", [["message", "team"], *_rows(0, 20, True), *_rows(100, 10, False)])
    code, report, _ = _say(
        "train", sheet, "--text", "message", "--label", "team", "--labels", folder / "labels.csv",
        "--strategy", "zero_shot", "--out", tmp_path / "run",
    )  # fmt: skip
    assert code == 0, report
    assert report["rows"]["train"] > 0
    assert report["rows"]["test"] > 0
    assert report["baselines_learned"] is True
    assert report["test"]["macro_f1"] is not None
    assert report["validation"]["macro_f1"] is not None


def test_what_learns_from_labels_is_refused_where_there_are_none(
    unlabelled: tuple[Path, dict[str, Any]], tmp_path: Path, home: Path
) -> None:
    folder, _ = unlabelled
    wishes = ["--labels", folder / "labels.csv", "--strategy", "frozen_features", "--out", tmp_path / "run"]
    code, found, _ = _say("train", folder / "rows.csv", *wishes)
    assert code == 2
    assert "too few rows have a label" in found["error"]["what"]
    assert "at least 10" in found["error"]["fix"]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["check", "recommend"])
def test_a_look_at_rows_without_labels(unlabelled: tuple[Path, dict[str, Any]], home: Path, command: str) -> None:
    folder, _ = unlabelled
    quick = ["--quick"] if command == "check" else []
    code, found, _ = _say(command, folder / "rows.csv", "--labels", folder / "labels.csv", *quick)
    assert code == 0, found
    if command == "check":
        assert found["facts"]["data_size"] == "none"
        assert "not_used" not in {problem["id"] for problem in found["problems"]}
    else:
        assert (found["strategy"], found["row"]["data"]) == ("zero_shot", "None")
        shut = [one for one in found["alternatives"] if one["strategy"] == "frozen_features"]
        assert [one["available"] for one in shut] == [False]
        assert "labelled rows" in shut[0]["why_not"]


def test_a_labels_file_with_a_mistake_is_refused_by_its_row(
    unlabelled: tuple[Path, dict[str, Any]], tmp_path: Path, home: Path
) -> None:
    folder, _ = unlabelled
    labels: Callable[..., Path] = lambda rows: _write(tmp_path / "bad.csv", [["label", "description"], *rows])  # noqa: E731
    code, found, _ = _say("check", folder / "rows.csv", "--labels", labels([*LABELS, ("billing", "Again.")]), "--quick")
    assert code == 2
    assert "rows 3 and 5" in found["error"]["what"]
