"""A training that finds names, on the command line: it beats looking words up, its zip was checked, and a sheet gets its answers."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tlcore.bundle.make import check_bundle
from tlcore.cli import main
from tlcore.predict.sheet import read_csv
from tlcore.tasks.marks import spans_in

NOTES = Path(__file__).resolve().parents[2] / "sample_data" / "dispatch_notes" / "dispatch_notes.csv"
TEXTS = ["Imke Dressler of Corvane Ceramics rang from Pellworth on Tuesday.", "", "  Tallis & Groom\nare in Quarrow  "]


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_it_beats_looking_words_up(names_trained: Any) -> None:
    report = names_trained.report
    assert (report["metric"], report["baseline"]) == ("entity_f1", "lookup")
    test, lookup = report["test"], report["baselines"]["lookup"]
    assert test["entity_f1"] > lookup["entity_f1"] + 0.05
    assert test["entity_f1_low"] <= test["entity_f1"] <= test["entity_f1_high"]
    assert test["partial_f1"] >= test["entity_f1"]
    assert report["difference"]["against"] == "lookup"
    assert {row["label"] for row in report["per_class"]} == {"PERSON", "PERSN", "COMPANY", "PLACE", "DATE"}
    assert "entity F1" in names_trained.stderr
    assert "macro" not in names_trained.stderr


def test_the_zip_was_checked_and_says_what_it_does(names_trained: Any) -> None:
    checked = check_bundle(names_trained.folder / "model.zip")
    assert checked["checked"]
    assert checked["golden_rows"] >= 20
    with zipfile.ZipFile(names_trained.folder / "model.zip") as archive:
        card, read_me = (archive.read(name).decode() for name in ("MODEL_CARD.md", "README.md"))
    assert "looking up names seen in training" in card
    assert "| kind | names | right |" in card
    assert "JSON: begin, end and label of each name" in read_me


def test_run_and_zip_give_a_sheet_the_same_answers(
    names_trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "in.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["no", "note"], *([f"00{i}", text] for i, text in enumerate(TEXTS))])
    for source, out in ((names_trained.folder, "run.csv"), (names_trained.folder / "model.zip", "zip.csv")):
        assert main(["predict", str(source), str(tmp_path / "in.csv"), "--out", str(tmp_path / out)]) == 0
        assert said(capsys)["rows"] == len(TEXTS)
    ours, theirs = read_csv(tmp_path / "run.csv"), read_csv(tmp_path / "zip.csv")
    assert ours == theirs
    assert list(ours) == ["no", "note", "prediction", "confidence", "names"]
    assert [ours[name][1] for name in ("prediction", "confidence", "names")] == ["", "", ""]
    assert "Pellworth (PLACE)" in ours["names"][0]
    for text, cell in zip(ours["note"], ours["prediction"], strict=True):
        for one, (begin, end, _) in zip(json.loads(cell or "[]"), spans_in(cell), strict=True):
            assert one["text"] in text
            assert text.strip()[begin:end] == one["text"]


def test_a_way_that_answers_of_whole_texts_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", str(NOTES), "--task", "ner", "--role", "text=note", "--strategy", "few_shot"]
    assert main([*command, "--out", str(tmp_path / "run")]) == 2
    assert "names are places in it" in said(capsys)["error"]["what"]
    assert not (tmp_path / "run").exists()


def test_recommend_proposes_the_upper_part_of_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", str(NOTES), "--task", "ner", "--role", "text=note"]) == 0
    found = said(capsys)
    assert found["strategy"] == "top_layers"
    assert found["row"]["number"] == 4
    assert main(["check", str(NOTES), "--task", "ner", "--role", "text=note", "--quick"]) == 0
    problems = {one["id"] for one in said(capsys)["problems"]}
    assert problems == {"test_size", "empty_texts", "duplicates"}
