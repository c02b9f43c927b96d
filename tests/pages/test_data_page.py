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


def test_what_was_guessed_is_said_and_shown_where_it_is_changed(home: Path) -> None:
    project = new_project(
        "Größe;Art\n".encode("cp1252") + "Der Käse ist für die Füße;gut\nso nicht;böse\n".encode("cp1252") * 12
    )
    app = show("data", project=project.id)
    assert not app.exception
    assert "letters stored as cp1252" in said(app)
    assert "semicolons" in said(app)
    assert "how letters are stored, what parts the cells and which row names the columns" in said(app)
    shown = app.selectbox(key=f"{project.id}/read.encoding")
    assert shown.options[0] == "Find out"
    assert shown.label.replace("\\", "") == "Letters are stored as (found: Western Europe, Windows (cp1252))"
    app.selectbox(key=f"{project.id}/read.header_row").set_value(0).run()
    assert "no column names" in said(app)
    assert "which row names" not in said(app)


def test_a_word_of_the_file_tells_the_encoding_and_a_click_takes_it(home: Path) -> None:
    project = new_project(b"Text;Art\n" + "přišel pozdě a špatně;zpoždění\nvše dobře;chvála\n".encode("cp1250") * 12)
    project.save_draft({"read": {"encoding": "latin-1"}})
    app = show("data", project=project.id)
    assert "“zpo\ufffddìní” now" in said(app)
    assert app.button(key="encoding-cp1250").label == "zpoždění"
    app.button(key="encoding-cp1250").click().run()
    assert project.draft()["read"] == {"encoding": "cp1250"}
    assert "přišel" in app.dataframe[0].value.to_string()
    app.button(key="encoding-guess").click().run()
    assert project.draft()["read"] == {}


def test_utf_8_leaves_nothing_to_ask(home: Path) -> None:
    project = new_project("text;label\n" + "Der Käse ist für die Füße;gut\nso nicht;böse\n" * 12)
    app = show("data", project=project.id)
    assert not [button for button in app.button if str(button.key).startswith("encoding-")]


def test_rows_under_the_table_can_be_taken_in(home: Path) -> None:
    rows = "".join(f"my parcel number {i} never came,Delivery\nthe invoice {i} is wrong,Billing\n" for i in range(30))
    project = new_project("text,label\n" + rows + "\nSource: our own desk\n")
    app = show("data", project=project.id)
    assert "60 rows" in said(app)
    app.button(key="rows-below").click().run()
    assert project.draft()["read"] == {"last_row": 63}
    assert "61 rows" in said(app)
    app.button(key="rows-below").click().run()
    assert "60 rows" in said(app)


def test_a_file_is_read_once_for_each_way_of_reading(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.parts import spreadsheet
    from pages.parts.prepared import prepare

    read: list[dict[str, object]] = []
    plain = spreadsheet.read_table
    monkeypatch.setattr(spreadsheet, "read_table", lambda path, **how: read.append(how) or plain(path, **how))
    project = opened()
    show("data", project=project.id)
    show("data", project=project.id)
    prepare(project)
    assert len(read) == 1
    app = show("data", project=project.id)
    app.selectbox(key=f"{project.id}/read.delimiter").set_value(";").run()
    assert len(read) == 2
    app.selectbox(key=f"{project.id}/read.delimiter").set_value("").run()
    assert len(read) == 2, "the first table is still kept"


def test_a_zip_with_two_tables_offers_both(home: Path) -> None:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("first.csv", TICKETS)
        archive.writestr("second.csv", "words,kind\n" + "one two,a\nthree four,b\n" * 20)
    project = new_project(packed.getvalue(), "both.zip")
    app = show("data", project=project.id)
    picker = app.selectbox(key=f"{project.id}/read.sheet")
    assert (picker.label, picker.options) == ("File in the archive", ["first.csv", "second.csv"])
    picker.set_value("second.csv").run()
    assert "the file “second.csv” in it" in said(app)
    assert project.draft()["roles"] == {"text": ["words"], "label": ["kind"]}


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
    assert "what the cells are parted by" in said(app)
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


def test_damaged_letters_are_a_warning_and_the_rest_is_not(home: Path) -> None:
    rows = "".join(
        f"my parcel number {i} never came,Delivery\nthe cafÃ© in street {i} is good,Praise\n" for i in range(20)
    )
    project = new_project("A title\n\ntext,label\n" + rows)
    app = show("data", project=project.id)
    warning = app.warning[0].value.replace("\\", "")
    assert "20 cells look garbled" in warning
    assert "Windows-1252" not in warning
    assert "Check turns back what is certain" in said(app)
    about = next(box for box in app.caption if "Check turns back" in box.value)
    assert "UTF-8 read as Windows-1252" in about.help.replace("\\", "")
    assert "title or notes" in app.info[0].value
