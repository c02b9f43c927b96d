"""Step 2 without right answers: labels typed or from a file, kept in the draft, and what opens by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pages.parts import listing
from pages.parts.named import KEPT, edited, kept_rows, named_labels, refusal, with_rows
from pages.parts.prepared import dataset_key, prepare
from tests.pages.helpers import new_project, opened, said, show
from tlcore.workspace import Project

PLAIN = "no,message\n" + "".join(f"{i},my parcel number {i} never came to this street\n" for i in range(40))
ROWS = [{"label": "Delivery", "description": "A parcel is late."}, {"label": "Billing", "description": ""}]


def unlabelled(**draft: Any) -> Project:
    project = new_project(PLAIN)
    project.save_draft({"roles": {"text": ["message"], "label": []}, **draft})
    return project


def test_a_grid_asks_for_labels_and_nothing_goes_on_before_two_are_named(home: Path) -> None:
    project = unlabelled()
    app = show("data", project=project.id)
    assert "Which labels are there?" in said(app)
    assert app.button(key="primary").disabled
    assert not app.error
    project.save_draft({KEPT: {"": ROWS}})
    app = show("data", project=project.id)
    assert "2 labels named. 1 label without a sentence" in said(app)
    assert not app.button(key="primary").disabled
    app.button(key="primary").click().run()
    assert "40 rows to sort into 2 labels; none has a label yet" in said(app)


def test_labels_from_a_file_fill_the_grid(home: Path) -> None:
    project = unlabelled()
    app = show("data", project=project.id)
    file = b"Label,Description\nDelivery,A parcel is late.\nBilling,An invoice is wrong.\n"
    picker = next(one for one in app.file_uploader if "description" in one.label)
    picker.upload("labels.csv", file, "text/csv").run()
    assert not app.exception
    assert [row["label"] for row in kept_rows(project.draft(), "")] == ["Delivery", "Billing"]
    assert "2 labels named. Ready." in said(app)


def test_a_file_that_names_a_label_twice_is_refused_and_what_was_typed_stays(home: Path) -> None:
    project = unlabelled(**{KEPT: {"": ROWS}})
    app = show("data", project=project.id)
    picker = next(one for one in app.file_uploader if "description" in one.label)
    picker.upload("labels.csv", b"label,description\na,x\na,y\n", "text/csv").run()
    assert "named twice, in rows 2 and 3" in said(app)
    assert kept_rows(project.draft(), "") == ROWS


def test_with_a_label_column_the_names_are_known_and_descriptions_may_be_added(home: Path) -> None:
    project = opened()
    assert "Say what each label means (optional)" in [box.label for box in show("data", project=project.id).expander]
    assert named_labels(project.draft()) == []
    rows = [{"label": "Billing", "description": "An invoice."}, {"label": "Delivery", "description": ""}]
    project.save_draft({KEPT: {"label": rows}})
    assert [row["label"] for row in named_labels(project.draft())] == ["Billing", "Delivery"]
    found = prepare(project)
    assert found.named == ("Billing", "Delivery")
    assert found.learned_from == 60
    project.save_draft({KEPT: {"label": [{**row, "description": ""} for row in rows]}})
    assert named_labels(project.draft()) == []


def test_another_description_makes_the_rows_anew(home: Path) -> None:
    project = unlabelled(**{KEPT: {"": ROWS}})
    before = dataset_key(project)
    project.save_draft({KEPT: {"": [ROWS[0], {"label": "Billing", "description": "An invoice."}]}})
    assert dataset_key(project) != before


def test_steps_open_and_the_project_goes_on_where_labels_are_named(home: Path) -> None:
    project = unlabelled()
    assert listing.next_step(project) == "data"
    assert "labels are named" in said(show("check", project=project.id))
    project.save_draft({KEPT: {"": ROWS}})
    assert listing.next_step(project) == "check"
    prepare(project)
    assert "40 rows, no labels" in listing.about(project)
    app = show("plan", project=project.id)
    assert not app.exception
    assert "no labelled row is needed" in said(app)
    assert "Not for these rows" in said(app)
    assert len(app.radio[0].options) == 1


def test_a_single_column_of_texts_is_enough(home: Path) -> None:
    project = new_project("message\n" + "".join(f"my parcel number {i} never came\n" for i in range(40)))
    app = show("data", project=project.id)
    assert "single column" in said(app)
    project.save_draft({KEPT: {"": ROWS}})
    assert not show("data", project=project.id).button(key="primary").disabled


def test_what_a_grid_tells_becomes_rows() -> None:
    told = {
        "edited_rows": {"0": {"description": "Late."}, 1: {"label": None}},
        "added_rows": [{"label": "Other"}, {}],
        "deleted_rows": [],
    }
    rows = edited(ROWS, told)
    assert rows[0] == {"label": "Delivery", "description": "Late."}
    assert rows[1] == {"label": "", "description": ""}
    assert with_rows({KEPT: {"x": ROWS}}, "", rows) == {
        "x": ROWS, "": [rows[0], {"label": "Other", "description": ""}],
    }  # fmt: skip
    assert edited(ROWS, {"deleted_rows": [0]}) == [ROWS[1]]
    assert edited(ROWS, {}) == ROWS
    assert refusal(ROWS) is None
    assert refusal(ROWS[:1]) is not None
