"""Rewriting texts in a real browser: from a file of one's own to samples while it learns, a sheet with answers, and the zip."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data" / "polite_replies" / "polite_replies.csv"
ROWS = 60

pytestmark = pytest.mark.browser


def test_from_upload_to_zip(server: Server, page: Page, tmp_path: Path, tiny_writer: Callable[..., Path]) -> None:
    pairs = [(row["casual"], row["polite"]) for row in steps.read(SAMPLE)][:ROWS]
    file = tmp_path / "replies.csv"
    with file.open("w", encoding="utf-8", newline="") as sheet:
        csv.writer(sheet).writerows([("message", "reply"), *pairs])
    steps.upload(page, server.url, file)
    expect(page.get_by_text("It is written word by word")).to_be_visible()  # guessed from the names of the columns
    steps.to_plan(page)
    expect(page.locator(".st-key-answer")).to_contain_text("small parts")
    steps.settled(page)
    page.get_by_role("textbox", name="What is it to do with every text?").fill("Rewrite the message politely.")
    page.keyboard.press("Enter")
    steps.settled(page)
    page.get_by_text("Advanced: base model, settings, seed").click()
    page.get_by_role("textbox", name=re.compile("^Another base")).fill(str(tiny_writer("llama", True)))
    steps.button(page, "Use this base")
    chosen = page.get_by_role("combobox", name="Base model")
    expect(chosen).to_be_visible()
    page.wait_for_function("() => document.body.innerHTML.includes('tiny-llama')")
    steps.settled(page)
    steps.start(page)
    expect(page.get_by_text("before it learned").first).to_be_visible(timeout=steps.TRAINING_SECONDS)
    steps.wait_for_model(page)
    expect(page.locator(".st-key-answer")).to_contain_text("chrF")
    expect(page.get_by_text("as it came", exact=True).first).to_be_visible()

    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    for text in ("where is my parcel", "u r late"):
        page.get_by_role("textbox").first.fill(text)
        steps.button(page, "Ask")
        expect(page.get_by_text(re.compile("^Written on this computer"))).to_be_visible(timeout=60_000)

    model = steps.take_away(page, tmp_path)
    assert "torch==" in (model / "requirements.txt").read_text(encoding="utf-8")
    new = tmp_path / "new.csv"
    new.write_text("no,message\n007,where is my parcel\n008,\n", encoding="utf-8")
    found = steps.answers_elsewhere(model, new)
    assert [row["no"] for row in found] == ["007", "008"]
    assert found[0]["prediction"]
    assert not found[1]["prediction"]
