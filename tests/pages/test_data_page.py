"""Step 2: upload, reading, columns; and every file that cannot be learned from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.helpers import TICKETS, new_project, opened, said, show
from tlcore.workspace import Workspace


def primary(app):
    return app.button(key="primary")


def test_an_upload_becomes_a_project_and_is_read(home: Path) -> None:
    app = show("data")
    app.file_uploader[0].upload("my_tickets.csv", TICKETS.encode(), "text/csv").run()
    assert not app.exception
    project = Workspace().projects()[0]
    assert project.name == "My tickets"
    assert project.upload().read_bytes() == TICKETS.encode()
    assert "60 rows and 2 columns" in said(app)
    assert project.draft()["roles"] == {"text": ["text"], "label": ["label"]}
    mapped = app.dataframe[1].value
    assert list(mapped["it should answer"])[:2] == ["Delivery", "Billing"]
    assert list(mapped["row"])[:2] == [2, 3]


def test_choices_are_kept_on_disk_and_after_a_reload(home: Path) -> None:
    project = new_project(
        "id,title,body,kind\n" + "".join(f"{i},t {i},some words {i},{'ab'[i % 2]}\n" for i in range(30))
    )
    app = show("data", project=project.id)
    app.multiselect[0].set_value(["title", "body"]).run()
    app.selectbox(key=f"{project.id}/roles.label").set_value("kind").run()
    assert project.draft()["roles"] == {"text": ["title", "body"], "label": ["kind"]}
    again = show("data", project=project.id)
    assert again.multiselect[0].value == ["title", "body"]
    assert again.selectbox(key=f"{project.id}/roles.label").value == "kind"


def test_reading_can_be_overruled(home: Path) -> None:
    project = new_project("text;label\n" + "good, really;yes\nbad, sadly;no\n" * 10)
    app = show("data", project=project.id)
    assert "semicolons" in said(app)
    app.selectbox(key=f"{project.id}/read.delimiter").set_value(",").run()
    assert project.draft()["read"] == {"delimiter": ","}
    assert "commas" in said(app)
    app.selectbox(key=f"{project.id}/read.delimiter").set_value("").run()
    assert project.draft()["read"] == {}


def test_a_workbook_with_several_sheets_can_be_switched(home: Path) -> None:
    import openpyxl

    book, path = openpyxl.Workbook(), home / "book.xlsx"
    for name, word in (("First", "one"), ("Second", "two")):
        sheet = book.active if name == "First" else book.create_sheet()
        sheet.title = name
        sheet.append([f"{word} text", f"{word} label"])
        for i in range(12):
            sheet.append([f"{word} words here {i}", "ab"[i % 2]])
    home.mkdir(exist_ok=True)
    book.save(path)
    project = new_project(path.read_bytes(), "book.xlsx")
    app = show("data", project=project.id)
    assert project.draft()["roles"]["text"] == ["one text"]
    app.selectbox(key=f"{project.id}/read.sheet").set_value("Second").run()
    assert project.draft()["read"] == {"sheet": "Second"}
    assert not app.exception
    assert "two text" in list(app.dataframe[0].value.columns)
    assert project.draft()["roles"] == {"text": ["two text"], "label": ["two label"]}


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("empty.csv", b"", "empty"),
        ("picture.pdf", b"%PDF-1.4 nothing", "pdf"),
        ("broken.xlsx", b"PK\x03\x04 not really", ""),
        ("binary.csv", bytes(range(256)) * 40, ""),
    ],
)
def test_files_that_cannot_be_read_are_problem_boxes_with_another_try(
    home: Path, name: str, content: bytes, word: str
) -> None:
    app = show("data")
    app.file_uploader[0].upload(name, content, "text/csv").run()
    assert not app.exception
    assert app.error
    assert word in app.error[0].value.lower()
    assert "What to do" in app.error[0].value
    app.file_uploader[0].upload("good.csv", TICKETS.encode(), "text/csv").run()
    assert not app.error
    assert "60 rows" in said(app)
    assert len(Workspace().projects()) == 1


def test_one_column_is_explained(home: Path) -> None:
    project = new_project("text\n" + "only words\n" * 20)
    app = show("data", project=project.id)
    assert "single column" in said(app)
    assert primary(app).disabled


def test_the_same_column_twice_is_explained(home: Path) -> None:
    project = opened()
    project.save_draft({"roles": {"text": ["text", "label"], "label": ["label"]}})
    app = show("data", project=project.id)
    assert "both the text and the label" in said(app)
    assert primary(app).disabled


def test_users_words_stay_words(home: Path) -> None:
    project = new_project(
        "![a](http://x.y/z.png),<b>kind</b>\n" + "".join(f"text {i} here,{'ab'[i % 2]}\n" for i in range(20))
    )
    app = show("data", project=project.id)
    assert not app.exception
    for box in [*app.markdown, *app.error, *app.warning, *app.caption]:
        assert "![a](" not in str(box.value)
