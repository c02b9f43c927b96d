"""Step 3: the answer, the fixes, the ways back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.parts.prepared import is_prepared, prepare
from tests.pages.helpers import TICKETS, opened, said, show
from tlcore.errors import TlcoreError
from tlcore.files import read_json

MESSY = TICKETS + "the bill is wrong,Billng\nlonely words,Odd\n"


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower checks are described, and never begin."""
    monkeypatch.setattr("tlcore.jobs.start_job", lambda folder: None)


def tables(app):
    return [frame.value for frame in app.dataframe]


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


def test_a_fix_is_shown_before_it_is_done_then_done_then_undone(home: Path) -> None:
    project = opened(TICKETS + "lonely *words*,Odd *one*\n")
    app = show("check", project=project.id)
    assert "1 class has a single row" in said(app)
    app.button(key="single_rows-0").click().run()
    assert "1 row changes" in said(app)
    assert [list(table["after"]) for table in tables(app) if "after" in table] == [["left out"]]
    assert project.mends() == []
    app.button(key="not-single_rows").click().run()
    assert not [table for table in tables(app) if "after" in table]
    app.button(key="single_rows-0").click().run()
    app.button(key="do-single_rows").click().run()
    assert not app.exception
    mend = project.mends()[0]
    assert (mend.kind, mend.check, mend.rows) == ("leave_out", "single_rows", 1)
    assert "What you changed: 1 step" in [box.label for box in app.expander]
    assert "Left out 1 row (" in said(app)
    assert "single row" not in said(app)
    assert prepare(project).counts["left_out"] == 1
    app.button(key=f"undo-{mend.id}").click().run()
    assert project.mends() == []
    assert "1 class has a single row" in said(app)


def test_an_earlier_step_can_be_undone_and_a_later_one_stays(home: Path) -> None:
    project = opened(MESSY)
    app = show("check", project=project.id)
    app.button(key="label_variants-0").click().run()
    app.button(key="do-label_variants").click().run()
    app.button(key="single_rows-0").click().run()
    app.button(key="do-single_rows").click().run()
    first, second = project.mends()
    app.button(key=f"undo-{first.id}").click().run()
    assert [mend.id for mend in project.mends()] == [second.id]
    assert "spelt in more than one way" in said(app)
    assert "single row" not in said(app)


def test_a_step_that_leaves_nothing_to_learn_can_be_undone(home: Path) -> None:
    from tlcore.checks import Fix
    from tlcore.datasets import load_dataset
    from tlcore.mend import make_mend

    project = opened()
    prepare(project)
    mend = make_mend(load_dataset(project.dataset_folder), Fix("leave_out", "Leave out", labels=("Billing",)))
    project.save_mends([mend])
    app = show("check", project=project.id)
    assert "What to do" in said(app)
    app.button(key=f"undo-{mend.id}").click().run()
    assert "Yes: 60 rows" in said(app)


def test_labels_left_out_in_an_older_project_can_be_taken_back(home: Path) -> None:
    project = opened(TICKETS + "lonely words,Odd\n", leave_out=["Odd"])
    app = show("check", project=project.id)
    assert "Left out “Odd”" in said(app)
    app.button(key="take-back").click().run()
    assert "leave_out" not in project.draft()
    assert "single row" in said(app)


def test_rows_of_a_problem_are_read_only_when_asked_for(home: Path) -> None:
    project = opened(TICKETS + "my parcel number 1 never came,Delivery\n")
    app = show("check", project=project.id)
    assert "1 row repeats" in said(app)
    assert not [table for table in tables(app) if "note" in table]
    app.session_state["rows-duplicates"] = True
    app.run()
    shown = next(table for table in tables(app) if "note" in table)
    assert list(shown["row"]) == [62]
    assert list(shown["note"]) == ["says the same as row 4"]


def test_users_words_stay_words(home: Path) -> None:
    rows = "".join(f"some text {i},{'![a](http://x.y/z.png)' if i % 2 else 'b'}\n" for i in range(40))
    project = opened("text,label\n" + rows + "alone,<b>once</b>\n")
    app = show("check", project=project.id)
    app.button(key="single_rows-0").click().run()
    assert not app.exception
    for box in [*app.markdown, *app.caption, *app.warning]:
        assert "![a](" not in str(box.value)
        assert "<b>once" not in str(box.value)


def test_rows_not_learned_from_are_listed_with_their_numbers(home: Path) -> None:
    project = opened(TICKETS + "no answer here,\n,Billing\n")
    app = show("check", project=project.id)
    assert any(list(table["row"]) == [62] for table in tables(app))
    assert any(list(table["row"]) == [63] and list(table["why"]) == ["no text"] for table in tables(app))


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
