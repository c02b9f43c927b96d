"""Step 3: the answer, the fixes, the ways back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.parts.prepared import is_prepared, prepare
from tests.pages.helpers import TICKETS, opened, said, show
from tlcore.errors import TlcoreError
from tlcore.files import read_json


def test_the_answer_comes_first_and_the_dataset_is_kept(home: Path) -> None:
    project = opened()
    app = show("check", project=project.id)
    assert not app.exception
    assert "Yes: 60 rows in 2 classes" in said(app)
    assert (project.dataset_folder / "dataset.json").exists()
    assert is_prepared(project)
    stamp = (project.dataset_folder / "prepared.json").stat().st_mtime_ns
    show("check", project=project.id)
    assert (project.dataset_folder / "prepared.json").stat().st_mtime_ns == stamp, "made once"
    app.button(key="primary").click().run()
    assert "How should it be trained" in app.title[0].value


def test_a_class_with_one_row_is_left_out_and_taken_back(home: Path) -> None:
    project = opened(TICKETS + "lonely *words*,Odd *one*\n")
    app = show("check", project=project.id)
    assert "1 class has a single row" in said(app)
    app.button(key="leave-out").click().run()
    assert project.draft()["leave_out"] == ["Odd *one*"]
    assert "You left out 1 class" in said(app)
    assert prepare(project).counts["left_out"] == 1
    app.button(key="take-back").click().run()
    assert "leave_out" not in project.draft()
    assert "single row" in said(app)


def test_rows_not_learned_from_are_listed_with_their_numbers(home: Path) -> None:
    project = opened(TICKETS + "no answer here,\n,Billing\n")
    app = show("check", project=project.id)
    tables = [frame.value for frame in app.dataframe]
    assert any(list(table["row"]) == [62] for table in tables)
    assert any(list(table["row"]) == [63] and list(table["why"]) == ["no text"] for table in tables)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("text,label\n" + "some words,yes\n" * 30, "same label"),
        ("text,label\na b,yes\nc d,no\ne f,no\n", "Only 3 rows"),
        ("text,label\n" + "".join(f"text number {i},{i * 37 + 11}\n" for i in range(5000)), "5,000 different numbers"),
        ("text,label\n" + "some words,\n" * 30, "No row has a label"),
        ("text,label\n" + " ,yes\n ,no\n" * 15, "no text"),
    ],
)
def test_what_cannot_be_learned_is_a_problem_box_with_the_way_back(home: Path, content: str, word: str) -> None:
    project = opened(content)
    app = show("check", project=project.id)
    assert not app.exception
    assert word in said(app)
    assert "What to do" in said(app)
    app.button(key="back").click().run()
    assert "Which spreadsheet" in app.title[0].value


def test_a_changed_choice_makes_the_dataset_anew(home: Path) -> None:
    project = opened()
    prepare(project)
    project.save_draft({"seed": 7})
    assert not is_prepared(project)
    prepare(project)
    assert read_json(project.dataset_folder / "dataset.json")["seed"] == 7
    project.save_draft({"roles": {"text": ["label"], "label": ["text"]}})
    with pytest.raises(TlcoreError):
        prepare(project)
    assert [f.name for f in project.folder.iterdir() if f.name.startswith("dataset-")] == []
