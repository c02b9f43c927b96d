"""Marking names by hand on Check: what is typed is kept at once, what is confirmed becomes labels, and is counted in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pages.parts import marking
from pages.parts.prepared import is_prepared
from tests.pages.helpers import new_project, said, show
from tlcore.datasets import load_dataset
from tlcore.workspace import Project

MARKED = "note\n" + "".join(
    f"[Ada Number{i}](PERSON) went to [{town}](PLACE) with a box of {i} lamps\n"
    for i, town in enumerate(["London", "Paris", "Rome", "Oslo"] * 4)
)
PLAIN = "note\n" + "".join(f"Ada and Bob came to Oslo on day {i}\n" for i in range(12))
JSON = 'text,marks\nAda met Bob in Oslo,\nNobody came at all,[]\n' + "".join(
    f'Ada came to town number {i} again,"[{{""start"": 0, ""end"": 3, ""label"": ""PERSON""}}]"\n' for i in range(12)
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower checks never begin."""
    monkeypatch.setattr("tlcore.jobs.start_job", lambda folder: None)


def made(content: str, **roles: list[str]) -> Project:
    project = new_project(content)
    project.save_draft({"task": "ner", "roles": roles, "columns_seen": content.splitlines()[0].split(",")})
    return project


def opened(project: Project) -> Any:
    project.save_draft({marking.PLACE: {**(project.draft().get(marking.PLACE) or {}), "of": marking.rows_key(project)}})
    return show("check", project=project.id)


def mark(app: Any, words: str, kind: str) -> Any:
    box = next(one for one in app.text_input if one.label == "Words to mark")
    box.set_value(words)
    kinds = app.selectbox(key=marking.CHOSEN)
    if kind not in kinds.options:  # AppTest knows nothing of boxes that take new values
        kinds.options.append(kind)
    kinds.set_value(kind)
    next(one for one in app.button if one.label == "Mark these words").click()
    return app.run()


def labels(project: Project) -> dict[int, str | None]:
    rows = load_dataset(project.dataset_folder).rows
    return dict(zip(rows["row"][:], rows["label"][:], strict=True))


def test_a_text_without_marks_is_marked_confirmed_and_learned_from(home: Path) -> None:
    project = made(JSON, text=["text"], entities=["marks"])
    app = opened(project)
    assert not app.exception
    assert "13 of 14 texts are marked, with 12 names in all." in said(app)
    assert "Row 2 of the file, text 1 of 1" in said(app)
    app = mark(app, "Ada", "PERSON")
    app = mark(app, "Oslo", "PLACE")
    assert not app.exception
    kept = json.loads(project.draft()[marking.PLACE]["marks"]["2"])
    assert [(one["start"], one["end"], one["label"]) for one in kept] == [(0, 3, "PERSON"), (15, 19, "PLACE")]
    assert project.mends() == []
    app.button(key="marks-done").click().run()
    assert "2 names marked in row 2." in said(app)
    assert labels(project)[2] == json.dumps(kept)
    assert "14 of 14 texts are marked, with 14 names in all." in said(app)
    assert "Names marked by hand: row 2" in said(app)
    assert "marks" not in project.draft()[marking.PLACE] or not project.draft()[marking.PLACE]["marks"]


def test_marks_that_are_not_confirmed_survive_a_reload(home: Path) -> None:
    project = made(JSON, text=["text"], entities=["marks"])
    mark(opened(project), "Bob", "PERSON")
    again = show("check", project=project.id)
    assert "Confirm 1 name" in [one.label for one in again.button]
    again.button(key="marks-drop").click().run()
    assert "Confirm: no name in this text" in [one.label for one in again.button]


def test_words_that_are_not_there_are_said(home: Path) -> None:
    app = mark(opened(made(JSON, text=["text"], entities=["marks"])), "oslo", "PLACE")
    assert any("is not in this text" in str(box.value) for box in app.warning)


def test_a_file_without_any_mark_can_be_begun_with(home: Path) -> None:
    project = made(PLAIN, text=["note"])
    data = show("data", project=project.id)
    assert not data.exception
    assert "No name is marked yet. Go on: on Check you can mark names by hand" in said(data)
    app = show("check", project=project.id)
    assert "No text has its names marked" in said(app)
    for _ in range(10):
        app = mark(app, "Ada", "PERSON")
        app.button(key="marks-done").click().run()
    assert not app.exception
    assert is_prepared(project)
    assert "10 rows with 1 kind of name to learn from" in said(app)
    assert len(project.mends()) == 1
    assert len(project.mends()[0].changes) == 10


def test_marks_in_the_texts_are_mended_and_the_step_can_be_undone(home: Path) -> None:
    project = made(MARKED, text=["note"])
    app = opened(project)
    app = mark(app, "lamps", "GOODS")
    app.button(key="marks-done").click().run()
    before = labels(project)[2]
    assert "GOODS" in str(before)
    mend = project.mends()[0]
    app.button(key=f"undo-{mend.id}").click().run()
    assert "GOODS" not in str(labels(project)[2])
    assert "PERSON" in str(labels(project)[2])


def test_going_on_and_back_and_finding(home: Path) -> None:
    app = opened(made(MARKED, text=["note"]))
    app.button(key="marks-next").click().run()
    assert "Row 3 of the file, text 2 of 16" in said(app)
    next(one for one in app.text_input if one.label == "Find").set_value("oslo").run()
    assert "Row 5 of the file, text 1 of 4" in said(app)
    next(one for one in app.text_input if one.label == "Find").set_value("no such word").run()
    assert "No text holds these words." in said(app)
