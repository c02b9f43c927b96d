"""Questions answered from passages in a real browser: from a file of one's own to the zip, which answers elsewhere."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.made_questions import passage_of, rows_of, write

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=alert(1)> **bold** $x$ [link](http://example.org)"


def shot(page: Page, name: str) -> None:
    """A picture of the screen, where somebody asks for pictures."""
    if folder := os.environ.get("NUDGE_SHOTS"):
        steps.settled(page)
        page.wait_for_timeout(400)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_from_questions_in_a_file_to_the_zip(server: Server, page: Page, tmp_path: Path) -> None:
    rows = rows_of(24)
    rows += [
        ("Who cleans it?", f"{passage_of(30)[0]} {HOSTILE}", ""),
        ("Which mark does it bear?", f"{passage_of(31)[0]} {HOSTILE}", "None here"),
    ]
    steps.upload(page, server.url, write(tmp_path / "asked.csv", rows))
    expect(page.get_by_text("What should be learned?")).to_be_visible()  # guessed, by what is in the columns
    expect(page.get_by_text("the answer is a piece of the passage")).to_be_visible()
    expect(page.get_by_text("is kept as unlabelled: nobody has answered it yet")).to_be_visible()
    shot(page, "data")
    steps.settled(page)
    page.get_by_text("An empty answer means").click()
    expect(page.get_by_text("The model learns to say that a passage does not hold the answer")).to_be_visible()
    steps.settled(page)
    page.get_by_text("An empty answer means").click()
    expect(page.get_by_text("is kept as unlabelled: nobody has answered it yet")).to_be_visible()

    steps.to_plan(page)
    shot(page, "plan")
    expect(page.locator(".st-key-answer")).to_contain_text("upper")
    page.go_back()
    expect(page.get_by_text("each with an answer")).to_be_visible()
    page.get_by_text("How your rows were taken").click()
    expect(page.get_by_text(re.compile("does not stand in the passage.*row 75"))).to_be_visible()
    shot(page, "check")
    page.locator(".st-key-primary button").click()
    steps.headline(page, "How should it be trained?")
    steps.choose(page, "Retrain the whole model on your rows")
    steps.start(page)
    expect(page.get_by_text("token F1").first).to_be_visible(timeout=steps.TRAINING_SECONDS)
    shot(page, "train")
    steps.wait_for_model(page)
    expect(page.locator(".st-key-answer")).to_contain_text("word for word for")
    expect(page.locator(".st-key-answer")).to_contain_text("token F1")
    expect(page.locator(".st-key-score")).to_be_visible()
    page.get_by_text("All answers", exact=True).click()
    expect(page.locator(".st-key-passage mark").first).to_be_visible()
    shot(page, "results")

    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    passage = f"{passage_of(40)[0]} {HOSTILE}"
    page.get_by_role("textbox", name="Question").fill("Who bought the trolley?")
    page.get_by_role("textbox", name="Passage").fill(passage)
    steps.button(page, "Ask")
    marked = page.locator(".st-key-passage mark")
    expect(marked.first).to_be_visible()
    assert marked.first.inner_text() in passage
    expect(page.locator(".st-key-answer")).to_contain_text("sure")
    expect(page.locator(".st-key-passage")).to_contain_text(HOSTILE)  # as it was typed, and nothing of it done
    assert page.locator(".st-key-passage img, .st-key-passage a, .st-key-passage strong").count() == 0
    shot(page, "ask")

    found = zip_answers(
        page,
        tmp_path,
        [("007", "Who bought the lamp?", passage_of(50)[0]), ("008", "", passage_of(51)[0]), ("009", "Where?", "")],
    )
    assert [row["no"] for row in found] == ["007", "008", "009"]
    assert found[0]["prediction"] in passage_of(50)[0]
    assert passage_of(50)[0][int(found[0]["start"]) :].startswith(found[0]["prediction"])
    assert 0 < float(found[0]["confidence"]) <= 1
    assert [found[1][name] for name in ("prediction", "confidence", "start")] == ["", "", ""]
    assert found[2]["prediction"] == ""


def zip_answers(page: Page, tmp_path: Path, rows: list[tuple[str, str, str]]) -> list[dict[str, str]]:
    """What predict.py of the downloaded zip says, in a process that cannot import Nudge."""
    model = steps.take_away(page, tmp_path)
    sheet = tmp_path / "new.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("no", "Asked", "Read"), *rows])
    return steps.answers_elsewhere(model, sheet)
