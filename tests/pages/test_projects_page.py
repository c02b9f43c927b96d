"""Step 1: empty, continue, rename, delete, examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.parts import listing
from tests.pages import fake_run
from tests.pages.helpers import opened, said, show
from tlcore.workspace import Workspace


def test_an_empty_home_says_what_to_do(home: Path) -> None:
    app = show("projects")
    assert "Bring a spreadsheet" in said(app)
    assert [b.label for b in app.button if b.proto.type == "primary"] == ["Start from a spreadsheet"]


def test_starting_leads_to_data(home: Path) -> None:
    app = show("projects")
    app.button(key="primary").click().run()
    assert app.file_uploader
    assert Workspace().projects() == []


def test_projects_are_listed_continued_renamed(home: Path) -> None:
    project = opened()
    app = show("projects")
    assert "rows.csv" in said(app)
    assert "not trained yet" in said(app)
    app.text_input(key=f"name-{project.id}").set_value("![x](http://a.b/c.png) My *tickets*").run()
    app.button(key=f"rename-{project.id}").click().run()
    assert project.name == "![x](http://a.b/c.png) My *tickets*"
    assert any("\\!\\[x\\]" in m.value for m in app.markdown)
    app.button(key=f"continue-{project.id}").click().run()
    assert "fit to learn from" in app.title[0].value


def test_deleting_asks_first_and_goes_to_the_trash(home: Path) -> None:
    project = opened()
    app = show("projects")
    app.button(key=f"delete-{project.id}").click().run()
    assert project.folder.exists()
    app.button(key="delete-yes").click().run()
    assert not project.folder.exists()
    assert len(list((home / "trash").iterdir())) == 1
    assert "Bring a spreadsheet" in said(app)


def test_older_projects_are_folded_and_listed_when_asked_for(home: Path) -> None:
    for i in range(11):
        Workspace().create_project(f"Project {i}")
    app = show("projects")
    assert sum(str(button.key).startswith("continue-") for button in app.button) == 8
    assert "3 older projects" in [box.label for box in app.expander]
    app.session_state["older"] = True
    app.run()
    assert sum(str(button.key).startswith("continue-") for button in app.button) == 11


def test_the_examples_open_in_data(home: Path) -> None:
    found = listing.examples()
    assert {e.file.name for e in found} == {
        "support_tickets.csv",
        "product_reviews.xlsx",
        "job_adverts.csv",
        "short_news.csv",
        "guest_comments.csv",
        "polite_replies.csv",
        "dispatch_notes.csv",
        "handbook_questions.csv",
        "lost_property.zip",
    }
    assert all(e.sentence.endswith(".") and "`" not in e.sentence for e in found)
    app = show("projects")
    app.button(key="try-support_tickets").click().run()
    assert "Which spreadsheet" in app.title[0].value
    assert "240 rows" in said(app)
    project = Workspace().projects()[0]
    assert project.draft()["roles"] == {"text": ["message"], "label": ["department"]}
    assert listing.next_step(project) == "check"


@pytest.mark.parametrize(
    ("state", "report", "words", "step"),
    [
        ("paused", False, "training paused", "train"),
        ("lost", False, "last training stopped unexpectedly", "train"),
        ("failed", False, "last training failed", "train"),
        ("lost", True, "last training stopped unexpectedly", "results"),
        ("cancelled", False, "last training cancelled", "check"),
    ],
)
def test_where_one_continues_after_a_training(home: Path, state: str, report: bool, words: str, step: str) -> None:
    project = opened()
    fake_run.make_run(project, state=state, events=20, report=report)
    assert words in listing.about(project)
    assert listing.next_step(project) == step
