"""Late fusion from the command line to the zip, on the sample set; and what its plan says."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlcore.cli import main
from tlcore.files import read_json
from tlcore.strategies import get_strategy

LOST = Path(__file__).resolve().parents[2] / "sample_data" / "lost_property" / "lost_property.zip"
ROLES = ["--role", "text=note", "--role", "image=image", "--role", "label=shelf"]


def called(home: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, what was printed, what was said on stderr."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUDGE_HOME", str(home))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*arguments])
    return code, json.loads(out.getvalue().splitlines()[-1]), err.getvalue()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictured") / "home"


@pytest.fixture(scope="module")
def run(home: Path) -> Path:
    folder = home.parent / "run"
    wishes = ["--task", "image_text", *ROLES, "--images", str(LOST), "--seed", "1", "--out", str(folder)]
    code, found, said = called(home, "train", str(LOST), *wishes)
    assert code == 0, said
    assert found["strategy"] == "late_fusion"
    return folder


@pytest.fixture(scope="module")
def report(run: Path) -> dict[str, Any]:
    return read_json(run / "report.json")


@pytest.fixture(scope="module")
def unpacked(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere") / "model"
    with zipfile.ZipFile(run / "model.zip") as archive:
        archive.extractall(folder)
    return folder


def test_both_together_beat_counting_words_and_each_half_is_told(report: dict[str, Any]) -> None:
    test, beside = report["test"], report["baselines"]
    assert test["macro_f1"] > beside["tfidf"]["macro_f1"] + 0.1
    assert test["macro_f1"] >= 0.8
    assert test["text_alone"] > beside["majority"]["macro_f1"]
    assert test["image_alone"] > beside["tfidf"]["macro_f1"]
    assert beside["text_alone"]["macro_f1"] == test["text_alone"]
    assert (
        report["chosen"]["cross_validated_macro_f1"] >= max(report["chosen"]["cross_validated_alone"].values()) - 0.01
    )
    assert sum(report["chosen"]["weights"]) == pytest.approx(1, abs=0.01)


def test_broken_pictures_are_reported_and_the_run_has_its_own(run: Path, report: dict[str, Any]) -> None:
    said = " ".join(report["warnings"])
    assert "row 64 cannot be used: it is damaged" in said
    assert "row 89 cannot be used: it is not among the pictures" in said
    assert "row 18: animated" in said
    kept = {path.name for path in (run / "pictures").rglob("*.*")}
    assert "item-001.png" in kept
    assert "item-088.png" not in kept


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three rows whose pictures say what they are, and rows that lack one thing or both; the pictures in a folder beside it."""
    folder = tmp_path_factory.mktemp("sheet")
    with zipfile.ZipFile(LOST) as archive:
        archive.extractall(folder)
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open("lost_property.csv"), "utf-8")))
    plain = [rows[1], rows[6], rows[11]]  # an umbrella, keys, a phone
    (folder / "pictures" / "text.png").write_bytes(b"no picture at all")
    odd = [
        ("a telephone, its screen is cracked", "pictures/text.png"),
        ("", "gone.png"),
        ("", ""),
        ("", rows[1]["image"]),
    ]
    with (folder / "new.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["no", "note", "image", "truth"])
        writer.writerows([[f"N-{i}", row["note"], row["image"], row["shelf"]] for i, row in enumerate(plain)])
        writer.writerows([[f"O-{i}", note, image, "?"] for i, (note, image) in enumerate(odd)])
    return folder / "new.csv"


def answers(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def check(found: list[dict[str, str]]) -> None:
    assert (
        [row["prediction"] for row in found[:3]]
        == [row["truth"] for row in found[:3]]
        == ["umbrella", "keys", "electronics"]
    )
    assert found[0]["picture"] == ""
    assert found[3]["prediction"] == "electronics"
    assert found[3]["picture"] == "not used: it is no picture that can be read; answered from the text alone"
    assert (found[4]["prediction"], found[4]["picture"]) == ("", "not used: it is not among the pictures")
    assert (found[5]["prediction"], found[5]["confidence"], found[5]["picture"]) == ("", "", "")
    assert found[6]["prediction"] == "umbrella"


def test_the_command_line_answers_a_sheet_with_pictures(home: Path, run: Path, sheet: Path) -> None:
    out = home.parent / "scored.csv"
    code, summary, _ = called(home, "predict", str(run), str(sheet), "--images", str(sheet.parent), "--out", str(out))
    assert (code, summary["rows"]) == (0, 7)
    check(answers(out))
    code, _, _ = called(
        home, "predict", str(run / "model.zip"), str(sheet), "--out", str(out)
    )  # pictures beside the sheet
    assert code == 0
    check(answers(out))


def test_the_zip_answers_alike_without_nudge(unpacked: Path, sheet: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, "-I", str(unpacked / "predict.py"), str(sheet), str(tmp_path / "out.csv")]
    subprocess.run([*command, "--images", str(LOST)], check=True, cwd=tmp_path, env=environment)
    found = answers(tmp_path / "out.csv")
    assert [row["prediction"] for row in found[:3]] == ["umbrella", "keys", "electronics"]
    assert found[3]["picture"].startswith(
        "not used: it is not among the pictures"
    )  # it lies in the folder, not in the zip
    subprocess.run(command, check=True, cwd=tmp_path, env=environment)
    check(answers(tmp_path / "out.csv"))
    broken = subprocess.run(
        [*command, "--images", "nowhere"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert broken.returncode == 2
    assert "no folder or zip of pictures" in broken.stderr


def test_the_zip_holds_what_it_needs_and_a_few_pictures_to_try_it_on(unpacked: Path, run: Path) -> None:
    assert any(line.startswith("pillow==") for line in (unpacked / "requirements.txt").read_text().splitlines())
    assert 1 <= len(list((unpacked / "golden_pictures").rglob("*.*"))) <= 6
    expected = answers(unpacked / "golden_expected.csv")
    assert any(not row["picture"] and row["prediction"] for row in expected)
    assert any("not among the pictures" in row["picture"] for row in expected)
    card = (unpacked / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "its picture half alone" in card
    assert read_json(run / "bundle.json")["checked"]


def test_pictures_are_refused_where_nobody_looks_at_them(home: Path, run: Path, sheet: Path, trained: Any) -> None:
    code, found, _ = called(
        home, "predict", str(trained.folder), str(sheet), "--images", str(LOST), "--out", str(home / "x.csv")
    )
    assert (code, found["error"]["what"]) == (2, "--images was given, and no picture would be looked at.")
    wishes = ["--task", "image_text", *ROLES, "--out", str(home / "none")]
    code, found, _ = called(home, "train", str(LOST), *wishes, "--strategy", "full_finetune", "--images", str(LOST))
    assert code == 2
    assert "would not look at your pictures" in found["error"]["what"]
    sheet_alone = sheet.parent / "lost_property.csv"
    code, found, _ = called(home, "train", str(sheet_alone), *wishes)
    assert (code, found["error"]["what"]) == (2, "No pictures were given, only their names.")


def test_the_plan_says_that_both_models_stay_as_they_are() -> None:
    moving = [block.name for block in get_strategy("late_fusion").blocks(6) if block.moves]
    assert moving == ["classifiers"]


def test_the_same_seed_gives_the_same_answers(home: Path, run: Path, report: dict[str, Any], tmp_path: Path) -> None:
    from tlcore.predict.text import beside
    from tlcore.runs import open_model

    model = open_model(run / "model").look_in(run / "pictures")
    texts = [beside(["left on the bus", "pictures/item-002.png"]), beside(["", "pictures/item-002.png"])]
    one, two = model.predict(texts), model.predict([*texts, beside(["three keys on a ring", ""])])
    assert np.allclose(one.probabilities, two.probabilities[:2], atol=1e-5)
