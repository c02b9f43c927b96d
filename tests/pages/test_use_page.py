"""The Use screen: ask, score a spreadsheet, take the zip away."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import scored_parts, zip_parts
from pages.parts import use_parts as parts
from tests.pages import fake_run
from tests.pages.helpers import said, show
from tlcore import jobs
from tlcore.files import read_json, write_json
from tlcore.predict.predictor import Answers
from tlcore.runs.scored import keep_scored
from tlcore.workspace import Project

VIEWS = {"ask": "Ask it", "sheet": "Score a spreadsheet", "zip": "Take it away"}


class FakeModel:
    labels: ClassVar = ["<b>x</b>", "![x](http://a.b/c.png)", "[[]]()"]
    answer: ClassVar = None

    def predict(self, texts: list[str]) -> Answers:
        sure = np.array([[0.2, 0.7, 0.1]] * len(texts), dtype=np.float32)
        return Answers([self.labels[1]] * len(texts), [0.7] * len(texts), sure)


@pytest.fixture
def project(home: Path) -> Project:
    return fake_run.make_project(home)


def look(project: Project, run: Path, view: str) -> AppTest:
    project.save_draft({"use": VIEWS[view]})
    app = show("use", run=run.name)
    assert not app.exception
    return app


def test_a_text_is_answered_and_kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "predictor", lambda run: FakeModel())
    run = fake_run.make_run(project)
    app = look(project, run, "ask")
    assert "The answer appears here" in said(app)
    app.text_area[0].input("where is my parcel?").run()
    assert not app.exception
    assert "“![x](http://a.b/c.png)”, 70 % sure" in said(app)
    assert not any("![x](http" in str(box.value) for box in app.markdown)
    assert len(app.get("plotly_chart")) == 1
    assert look(project, run, "ask").text_area[0].value == "where is my parcel?"


def test_a_model_that_cannot_be_opened_is_explained(project: Project) -> None:
    run = fake_run.make_run(project)
    app = look(project, run, "ask")
    app.text_area[0].input("hello").run()
    assert "no finished model" in said(app)
    write_json(run / "model" / "nudge.json", {"labels": []})
    app.run()
    assert "cannot be opened" in said(app)


def test_one_box_for_each_column_of_text(project: Project) -> None:
    run = fake_run.make_run(project)
    write_json(run / "dataset" / "dataset.json", {"roles": {"text": ["title", "![x](http://a.b)"], "label": ["y"]}})
    boxes = look(project, run, "ask").text_area
    assert len(boxes) == 2
    assert "![x](http" not in boxes[1].label


def test_a_spreadsheet_is_scored_by_a_job_and_found_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Path] = []
    monkeypatch.setattr(jobs, "start_job", started.append)
    run = fake_run.make_run(project)
    app = look(project, run, "sheet")
    app.file_uploader(key="score-file").upload(
        "my <b>sheet</b>.csv", b"id,text\n1,hello there\n2,where is it\n", "text/csv"
    )
    app.run()
    assert not app.exception
    assert app.selectbox(key="score-column-0").value == "text"
    again = look(project, run, "sheet")
    assert again.button(key="score").label == "Score 2 rows"
    again.button(key="score").click().run()
    (folder,) = started
    job = json.loads((folder / "job.json").read_text())
    assert (job["kind"], job["args"]["roles"], job["args"]["run"]) == ("predict", {"text": ["text"]}, str(run))
    assert Path(job["args"]["file"]).parent.parent == folder
    assert "Scoring." in said(look(project, run, "sheet"))


def test_a_long_spreadsheet_may_be_scored_by_the_quick_version(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(jobs, "start_job", started.append)
    monkeypatch.setattr(parts, "LONG_SHEET", 2)
    run = fake_run.make_run(project)
    app = look(project, run, "sheet")
    app.file_uploader(key="score-file").upload("in.csv", b"id,text\n1,hello there\n2,where is it\n", "text/csv").run()
    assert not app.toggle  # this model has no quick version
    quick = {"rows": 300, "same_answers": 0.9933, "accuracy": 0.84, "exact_accuracy": 0.8433, "times": 2.13}
    write_json(run / "report.json", {**read_json(run / "report.json"), "quick": quick})
    app = look(project, run, "sheet")
    assert "2.1 times as fast" in app.toggle[0].label
    assert app.toggle[0].value is False
    assert "on 300 rows: 99.3% of its answers were the same, and 1 fewer was right." in said(app)
    app.toggle[0].set_value(True).run()
    app = look_again(run)
    assert app.toggle[0].value is True  # it is kept over a reload
    app.button(key="score").click().run()
    assert json.loads((started[0] / "job.json").read_text())["args"]["quick"] is True
    monkeypatch.setattr(parts, "LONG_SHEET", 3)
    app = look(project, run, "sheet")
    assert not app.toggle  # too few rows for it to matter


def look_again(run: Path) -> AppTest:
    app = show("use", run=run.name)
    assert not app.exception
    return app


def scored(project: Project, run: Path, state: str) -> Path:
    folder = jobs.create_job(project.new_job_folder("predict"), "predict", run=str(run))
    keep_scored(folder, {"text": ["![x](http://a.b/c.png)"], "prediction": ["<b>x</b>"], "confidence": ["0.9"]})
    (folder / "scored.csv").write_bytes(b"text")
    (folder / "scored.xlsx").write_bytes(b"PK")
    summary: dict[str, Any] = {"rows": 1000, "empty": 3, "answers": {"<b>x</b>": 997}, "seconds": 12.2, "unsure": 41}
    write_json(folder / "summary.json", summary)
    fake_run.set_state(folder, state)
    project.save_draft({"score": {"run": run.name, "job": folder.name, "name": "sheet.csv"}})
    return folder


def test_what_was_scored_is_shown_and_offered(project: Project) -> None:
    run = fake_run.make_run(project)
    scored(project, run, "done")
    app = look(project, run, "sheet")
    assert "quick version" not in said(app)
    assert "997 rows answered in 12 seconds; for 41 the model is less than half sure; 3 had no text" in said(app)
    assert app.dataframe[-1].value["prediction"][0] == "<b>x</b>"
    assert [button.label for button in app.get("download_button")] == ["Download the Excel file", "Download the CSV"]
    app.button(key="score-other").click().run()
    assert not app.exception
    assert app.get("file_uploader")


def test_a_long_scored_sheet_is_looked_through_page_by_page(project: Project) -> None:
    run = fake_run.make_run(project)
    folder = scored(project, run, "done")
    sure = ["" if i == 7 else f"{(i * 37 % 1000) / 1000:.4f}" for i in range(250)]
    keep_scored(folder, {"id": [f"n{i}" for i in range(250)], "prediction": ["x"] * 250, "confidence": sure})
    app = look(project, run, "sheet")
    assert list(app.dataframe[-1].value) == ["row", "prediction", "confidence", "id"]
    assert app.dataframe[-1].value["id"].tolist() == [f"n{i}" for i in range(100)]
    assert "Rows 1 to 100 of 250, answers in front" in said(app)
    app.number_input(key=f"scored-page-{folder.name}").set_value(3).run()
    assert app.dataframe[-1].value["row"].tolist() == list(range(201, 251))
    assert "Rows 201 to 250 of 250" in said(app)
    app.segmented_control(key="scored-order").set_value("Least sure first").run()
    assert app.dataframe[-1].value["id"].tolist()[-1] == "n7"  # without an answer: last
    app.number_input(key=f"scored-page-{folder.name}").set_value(1).run()
    first = app.dataframe[-1].value
    assert [float(one) for one in first["confidence"]] == sorted(float(one) for one in sure if one)[:100]
    assert not app.exception


def test_a_sheet_scored_before_rows_were_kept_can_still_be_downloaded(project: Project) -> None:
    run = fake_run.make_run(project)
    (scored(project, run, "done") / "scored.arrow").write_bytes(b"none")
    app = look(project, run, "sheet")
    assert not app.dataframe[1:]
    assert len(app.get("download_button")) == 2


@pytest.mark.parametrize(
    ("state", "expected"),
    [("failed", "The disk is full"), ("lost", "stopped unexpectedly"), ("cancelled", "You ended the scoring")],
)
def test_a_scoring_that_did_not_end_well(project: Project, state: str, expected: str) -> None:
    run = fake_run.make_run(project)
    scored(project, run, state)
    app = look(project, run, "sheet")
    assert expected in said(app)
    assert not app.get("download_button")


def test_a_broken_spreadsheet_is_explained(project: Project) -> None:
    run = fake_run.make_run(project)
    app = look(project, run, "sheet")
    app.file_uploader(key="score-file").upload("x.csv", b"", "text/csv").run()
    assert not app.exception
    assert app.error
    app.button(key="score-other").click().run()
    assert not app.exception
    assert os.listdir(project.folder / "jobs") == []


def test_the_zip_is_offered_only_when_it_was_checked(project: Project) -> None:
    app = look(project, fake_run.make_run(project), "zip")
    assert "gave the same answers on 20 rows" in app.success[0].value
    assert "--quick" not in said(app)
    assert len(app.get("download_button")) == 1
    app = look(project, fake_run.make_run(project, checked=False), "zip")
    assert "no checked zip" in said(app)
    assert not app.get("download_button")


def test_a_zip_with_a_quick_version_says_how_to_ask_it(project: Project) -> None:
    run = fake_run.make_run(project)
    write_json(run / "report.json", {**read_json(run / "report.json"), "quick": {"times": 2.0}})
    assert "For a long file, add --quick." in said(look(project, run, "zip"))


def test_a_missing_zip_is_not_offered(project: Project) -> None:
    run = fake_run.make_run(project)
    (run / "model.zip").unlink()
    assert not look(project, run, "zip").get("download_button")


def test_a_missing_zip_is_packed_once_more(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Path] = []
    monkeypatch.setattr(jobs, "start_job", started.append)
    run = fake_run.make_run(project, checked=False)
    look(project, run, "zip").button(key="make-zip").click().run()
    (folder,) = started
    job = json.loads((folder / "job.json").read_text())
    assert (job["kind"], job["args"]) == ("bundle", {"run": str(run)})
    app = look(project, run, "zip")
    assert "being packed and checked" in app.info[0].value
    assert not app.button
    fake_run.set_state(folder, "failed")
    app = look(project, run, "zip")
    assert "The disk is full" in said(app)
    assert app.button(key="make-zip")


@pytest.mark.parametrize("state", ["running", "lost", "failed"])
def test_without_a_report_it_leads_to_train(project: Project, state: str) -> None:
    run = fake_run.make_run(project, state=state, events=9)
    lock = fake_run.held(run) if state == "running" else None
    app = show("use", run=run.name)
    assert not app.exception
    assert app.button(key="primary").label == "Go to Train"
    if lock:
        lock.release()


def test_small_things(tmp_path: Path) -> None:
    assert zip_parts.slug("My <b> Tickets! ") == "my-b-tickets"
    assert zip_parts.slug("//") == "model"
    assert scored_parts.scored_sentence({}) == "The spreadsheet is scored."
