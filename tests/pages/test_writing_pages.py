"""The screens of a model that rewrites texts: guessed on Data, an instruction on Plan, samples on Train, texts on Results, words on Use."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pages.parts import results_writing, writing_live
from pages.parts.live_events import reduce
from pages.parts.live_view import LiveView
from tests.pages.helpers import new_project, said, show
from tlcore import jobs
from tlcore.datasets import load_dataset
from tlcore.events import read_events
from tlcore.files import read_json
from tlcore.jobs import create_job, request_stop
from tlcore.plan import Plan
from tlcore.runs import create_run
from tlcore.runs.write_text import QUESTION, ask
from tlcore.worker import JobContext, run_job
from tlcore.workspace import Project

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data" / "polite_replies" / "polite_replies.csv"


def sheet(rows: int = 40) -> str:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        pairs = list(csv.reader(file))[: rows + 1]
    return "".join('"{}","{}"\n'.format(*(cell.replace('"', '""') for cell in pair)) for pair in pairs)


@pytest.fixture
def project(home: Path) -> Project:
    one = new_project(sheet())
    app = show("data", project=one.id)
    assert not app.exception
    return one


@pytest.fixture
def trained_run(project: Project, tiny_writer: Callable[..., Path]) -> Path:
    """A run of a tiny model in the project, ended, without its zip."""
    show("check", project=project.id)
    wishes = {"epochs": 1, "max_new_tokens": 5, "learning_rate": 1e-3}
    plan = Plan("rewrite", "lora", str(tiny_writer("llama", True)), "", wishes)
    run = create_run(project.new_run_folder(), load_dataset(project.dataset_folder), plan, bundle=False)
    assert run_job(run, JobContext(run, {"bundle": False})) == 0
    project.save_draft({"run": run.name})
    return run


def test_the_columns_are_guessed_and_what_they_mean_is_said(project: Project) -> None:
    assert project.draft()["task"] == "rewrite"
    assert project.draft()["roles"] == {"source": ["casual"], "target": ["polite"]}
    app = show("check", project=project.id)
    assert not app.exception
    assert "40 rows, each with the text that it should become, to learn from and to test on" in said(app)
    assert "class" not in said(app)


def test_the_instruction_is_asked_where_nobody_overlooks_it_and_only_once(project: Project) -> None:
    show("check", project=project.id)
    app = show("plan", project=project.id)
    assert not app.exception
    boxes = [box for box in app.text_input if box.label == "What is it to do with every text?"]
    assert [box.value for box in boxes] == ["Rewrite the text."]
    boxes[0].set_value("Rewrite the message politely.").run()
    assert project.draft()["settings"]["lora"] == {"instruction": "Rewrite the message politely."}
    assert not [box for box in app.text_input if box.label == "Instruction"]
    assert "learn your texts" in said(app)


def test_samples_take_the_place_of_older_ones() -> None:
    events = [
        {"kind": "sample", "id": 3, "source": "hi", "right": "Good day", "before": "hi hi", "after": after}
        for after in ("a", "b")
    ]
    view = reduce(LiveView(), [*events, {"kind": "sample", "id": 4, "source": "x", "after": "y"}])
    assert [(one["source"], one["after"]) for one in view.samples] == [("hi", "b"), ("x", "y")]
    assert view.samples[1]["before"] == ""


def test_train_results_and_use_show_the_texts(project: Project, trained_run: Path) -> None:
    train = show("train", project=project.id, run=trained_run.name)
    assert not train.exception
    assert {"before it learned", "now", "right"} <= {one.value for one in train.caption}
    results = show("results", project=project.id, run=trained_run.name)
    assert not results.exception
    assert "right texts than the model as it came: chrF" in said(results)
    assert {"as it came", "your model", "right"} <= {one.value for one in results.caption}
    frame = results_writing.rows_by_score(trained_run)
    assert frame["chrf"].is_monotonic_increasing
    assert frame["untuned"].notna().all()
    use = show("use", project=project.id, run=trained_run.name)
    assert not use.exception
    assert writing_live.is_written(trained_run)
    assert "word by word" in said(use)
    assert {one.label for one in use.number_input} == {one[0] for one in writing_parts_titles()}


def writing_parts_titles() -> list[Any]:
    from pages.parts.writing_parts import WRITING

    return list(WRITING.values())


def test_questions_are_answered_one_after_the_other_in_one_process(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlcore.runs.write_text.SECONDS_WITHOUT_A_QUESTION", 0.5)
    monkeypatch.setattr("tlcore.runs.write_text.SECONDS_BETWEEN_WORDS", 0.0)
    folder = create_job(tmp_path / "job", "write", run=str(trained_run))
    ask(folder, 1, "where is it")
    context = JobContext(folder, read_json(folder / "job.json")["args"])
    emit = context.emit

    def emit_and_ask(kind: str, **fields: Any) -> None:
        emit(kind, **fields)
        if kind == "words" and fields["done"] and fields["number"] == 1:
            ask(folder, 2, "when", {"max_new_tokens": 2})

    monkeypatch.setattr(context, "emit", emit_and_ask)
    assert run_job(folder, context) == 0
    words = [one for one in read_events(folder)[0] if one["kind"] == "words"]
    first, second = ([one for one in words if one["number"] == number] for number in (1, 2))
    assert first[-1]["done"]
    assert len(first) > 2  # as they come
    assert first[-1]["text"].startswith(first[0]["text"])
    assert second[-1]["done"]
    assert len([one for one in second if not one["done"]]) <= 2  # as it was wished for this question
    assert read_json(folder / QUESTION)["number"] == 2


def test_whoever_waits_can_end_it(trained_run: Path, tmp_path: Path) -> None:
    folder = create_job(tmp_path / "job", "write", run=str(trained_run))
    request_stop(folder, jobs.CANCEL)
    context = JobContext(folder, read_json(folder / "job.json")["args"])
    assert run_job(folder, context) == 0
    assert read_json(folder / "status.json")["state"] == "cancelled"
