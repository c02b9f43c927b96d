"""The shelf of small parts in a real browser: put there, asked with and without what was learned, taken away as a small zip."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tlcore.strategies import get_strategy

pytestmark = pytest.mark.browser


def test_a_small_part_is_shelved_asked_and_taken_away(server: Server, page: Page, tmp_path: Path) -> None:
    page.goto(server.url)
    steps.headline(page, "What would you like to work on?")
    page.locator(".st-key-try-product_reviews button").click()
    steps.headline(page, "Which spreadsheet should it learn from?")
    steps.to_plan(page)
    steps.choose(page, get_strategy("bitfit").title)
    steps.start(page)
    steps.wait_for_model(page)
    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")

    page.get_by_text("Shelf of small parts", exact=True).click()
    expect(page.get_by_text("The shelf is empty.")).to_be_visible()
    steps.settled(page)
    page.locator(".st-key-shelve button").click()
    expect(page.get_by_text("Which one answers?")).to_be_visible()
    box = page.get_by_label("Your text")
    box.fill("What a waste of money, it broke on day one.")
    steps.settled(page)
    page.locator(".st-key-shelf-ask button").click()
    with_it = page.locator(".st-key-answer")
    expect(with_it).to_contain_text(re.compile(r"% sure"))
    steps.settled(page)
    page.get_by_text("With what it learned").click()
    expect(page.get_by_text("With nothing added:")).to_be_visible()
    page.reload()  # what is shelved, chosen and typed is kept
    expect(page.get_by_text("With nothing added:")).to_be_visible()

    steps.settled(page)
    page.get_by_text("Take it away", exact=True).click()
    steps.settled(page)
    page.locator(".st-key-make-small-zip button").click()
    expect(page.get_by_text(re.compile("a fresh process put it together with its base"))).to_be_visible(timeout=120_000)
    with page.expect_download() as download:
        page.locator(".st-key-get-small-zip button").click()
    download.value.save_as(tmp_path / "adapter.zip")
    with zipfile.ZipFile(tmp_path / "adapter.zip") as archive:
        names = archive.namelist()
    assert not [name for name in names if name.endswith("model/model.safetensors")]
    assert (tmp_path / "adapter.zip").stat().st_size < 3_000_000
