"""What only a browser does on the Data page: it holds what it shows, also when the file is another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server

ROWS = [(f"Die Prämie {i} ist zu hoch", "Prämie") for i in range(20)] + [
    (f"Niemand rief mich {i} zurück", "Kundendienst") for i in range(20)
]

pytestmark = pytest.mark.browser


def written(path: Path, mark: str, encoding: str, above: str = "") -> Path:
    lines = [f"Text{mark}Art", *(f"{text}{mark}{label}" for text, label in ROWS)]
    path.write_text(above + "\n".join(lines) + "\n", encoding=encoding)
    return path


def test_another_file_is_read_as_it_is_and_not_as_the_one_before(server: Server, page: Page, tmp_path: Path) -> None:
    steps.upload(page, server.url, written(tmp_path / "first.csv", ",", "utf-8"))
    steps.settled(page)
    page.locator("summary", has_text="Use another file").click()
    other = written(tmp_path / "second.csv", ";", "cp1252", above="Ein Titel\n\n")
    page.set_input_files("input[type=file]", str(other))
    answer = page.locator(".st-key-answer")
    expect(answer).to_contain_text("read from second.csv as text, cells parted by semicolons, letters stored as cp1252")
    steps.button(page, "Check the data")
    expect(page.get_by_text("Yes: 40 rows in 2 classes")).to_be_visible(timeout=steps.STEP_SECONDS)
    page.get_by_role("link", name="Data").click()
    expect(answer).to_contain_text("40 rows and 2 columns, read from second.csv as text, cells parted by semicolons")


def test_a_typed_path_is_there_after_a_reload_and_opens(server: Server, page: Page, tmp_path: Path) -> None:
    file = written(tmp_path / "far away.csv", ";", "utf-8")
    page.goto(f"{server.url}/data")
    _type_path(page).fill(str(file))
    page.wait_for_url(re.compile("path="))
    page.reload()
    box = _type_path(page)
    expect(box).to_have_value(str(file))
    steps.button(page, "Open it")
    expect(page.locator(".st-key-answer")).to_contain_text("read from far away.csv")
    page.wait_for_url(re.compile("project="))


def test_a_file_can_be_dropped_while_a_path_is_typed(server: Server, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server.url}/data")
    _type_path(page).fill("/half/a/path")
    page.wait_for_url(re.compile("path="))
    page.set_input_files("input[type=file]", str(written(tmp_path / "near.csv", ",", "utf-8")))
    expect(page.locator(".st-key-answer")).to_contain_text("read from near.csv")


def _type_path(page: Page) -> Locator:
    steps.headline(page, "Which spreadsheet should it learn from?")
    steps.settled(page)
    page.get_by_text("A file larger than 100 MB?").click()
    return page.get_by_label("Path of the file")
