"""How the model will be tested, as the Data page asks for it: chance, groups, dates, a file; and how sure the score is to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.prepared import prepare, split_wish
from pages.parts.testing import sure_sentence
from tests.pages.helpers import new_project, said, show
from tlcore.datasets import load_dataset
from tlcore.splits import SplitWish
from tlcore.workspace import Project

ROWS = "text,label,customer,day\n" + "".join(
    f"my parcel number {i} never came,Delivery,c{i // 4},2024-01-{i % 28 + 1:02}\nthe invoice {i} is wrong,Billing,c{i // 4},2024-02-{i % 28 + 1:02}\n"
    for i in range(40)
)


def project_with(**split: object) -> Project:
    project = new_project(ROWS)
    project.save_draft({"roles": {"text": ["text"], "label": ["label"]}, "split": split or None})
    return project


def test_by_chance_unless_something_else_is_chosen(home: Path) -> None:
    project = project_with()
    app = show("data", project=project.id)
    assert app.radio(key=f"{project.id}/split.how").value == "chance"
    assert not app.button(key="primary").disabled
    prepare(project)
    assert load_dataset(project.dataset_folder).split_how == "chance"


def test_rows_of_a_group_stay_together(home: Path) -> None:
    project = project_with()
    app = show("data", project=project.id)
    app.radio(key=f"{project.id}/split.how").set_value("group").run()
    assert app.button(key="primary").disabled
    assert "No column is chosen for the test" in said(app)
    picker = app.selectbox(key=f"{project.id}/split.group")
    assert picker.options == ["(choose one)", "customer", "day"], "neither the text nor the label"
    picker.set_value("customer").run()
    assert not app.button(key="primary").disabled
    prepare(project)
    dataset = load_dataset(project.dataset_folder)
    sides: dict[int, set[str]] = {}
    for row, side in zip(dataset.rows["row"][:], dataset.rows["split"][:], strict=True):
        sides.setdefault((row - 2) // 8, set()).add(side)
    assert all(len(of_customer) == 1 for of_customer in sides.values())


def test_the_newest_rows_are_the_test(home: Path) -> None:
    project = project_with(how="date", date="day")
    prepare(project)
    dataset = load_dataset(project.dataset_folder)
    tested = [row for row, side in zip(dataset.rows["row"][:], dataset.rows["split"][:], strict=True) if side == "test"]
    assert tested
    assert all(row % 2 == 1 for row in tested), "the invoices are of February, the parcels of January"


def test_a_column_that_is_gone_is_asked_for_again(home: Path) -> None:
    project = project_with(how="group", group="shop")
    app = show("data", project=project.id)
    assert not app.exception
    assert "group" not in project.draft()["split"]
    assert app.button(key="primary").disabled


def place_for_it(app: AppTest) -> Any:
    """Where a test file is given; the page has other places for files."""
    return next(one for one in app.file_uploader if "test file" in one.label)


def test_a_test_file_of_ones_own(home: Path) -> None:
    project = project_with()
    app = show("data", project=project.id)
    app.radio(key=f"{project.id}/split.how").set_value("file").run()
    assert "No test file is there yet" in said(app)
    place_for_it(app).upload("wrong.csv", b"words,label\na b,Billing\nc d,Delivery\n", "text/csv").run()
    assert "The test file has no column “text”" in said(app)
    assert app.button(key="primary").disabled
    held_out = "text,label\n" + "where is my parcel now,Delivery\nthis bill is wrong,Billing\n" * 6
    place_for_it(app).upload("held out.csv", held_out.encode(), "text/csv").run()
    assert not app.exception
    assert "held out.csv: 12 rows" in said(app)
    assert not app.button(key="primary").disabled
    assert prepare(project).counts["test"] == 12
    project.save_draft({"split": {"how": "chance"}})
    assert prepare(project).counts["test"] == 16


def test_a_narrower_interval_takes_more_test_rows(home: Path) -> None:
    project = project_with()
    app = show("data", project=project.id)
    app.selectbox(key=f"{project.id}/split.points").set_value(10.0).run()
    assert project.draft()["split"]["points"] == 10.0
    assert "±10 points with" in said(app)
    before = prepare(project_with()).counts["test"]
    assert prepare(project).counts["test"] > before


@pytest.mark.parametrize(
    ("points", "rows", "words"),
    [
        (None, 1000, "About 200 test rows, which make a score sure to ±5 points."),
        (4.0, 3000, "±4 points with 306 test rows. The other 2,694 are learned from."),
        (4.0, 120, "at most a third is tested on, so that enough is left to learn from: 40 test rows"),
    ],
)
def test_what_a_wish_means(points: float | None, rows: int, words: str) -> None:
    assert words in sure_sentence(points, rows)


def test_the_draft_as_a_wish() -> None:
    assert split_wish({}) == SplitWish()
    assert split_wish({"split": {"how": "group", "group": "a", "date": "b", "points": 3.0}}) == SplitWish("a", "", 3.0)
    assert split_wish({"split": {"how": "date", "group": "a", "date": "b"}}) == SplitWish("", "b")
    assert split_wish({"split": {"how": "file", "group": "a", "points": 3.0}}) == SplitWish()
