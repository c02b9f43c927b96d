"""Several labels a text, and a number a text, in a real browser: from a file of one's own to the zip and a scored sheet."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tlcore.tables import read_table

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
FROZEN = "Keep the model, teach a small classifier"

pytestmark = pytest.mark.browser


def written(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def brought(page: Page, url: str, file: Path) -> None:
    """Upload, until it is asked what should be learned."""
    steps.upload(page, url, file)
    expect(page.get_by_text("What should be learned?")).to_be_visible()


def to_results(page: Page) -> str:
    steps.to_plan(page)
    page.get_by_text(re.compile(r"Ways that cannot learn this \(")).click()
    expect(page.locator(".st-key-unfit-ways").get_by_text("Compare the few examples with each other")).to_be_visible()
    expect(page.locator(".st-key-unfit-ways input").first).to_be_disabled()
    steps.choose(page, FROZEN)
    run = steps.start(page)
    steps.wait_for_model(page)
    expect(page.locator(".st-key-score")).to_be_visible()
    return run


def ask(page: Page, text: str) -> None:
    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    page.get_by_role("textbox").first.fill(text)
    steps.button(page, "Ask")


def test_every_label_that_fits_from_upload_to_zip(server: Server, page: Page, tmp_path: Path) -> None:
    table = read_table(SAMPLES / "guest_comments" / "guest_comments.csv")
    pairs = zip(table.column("comment"), table.column("topics"), strict=True)
    rows = [[text, labels.replace(";", ", ")] for text, labels in pairs]
    brought(page, server.url, written(tmp_path / "comments.csv", ["What they wrote", "Topics"], rows))
    expect(page.get_by_text("several labels in a cell")).to_be_visible()  # guessed
    to_results(page)
    expect(page.get_by_text("micro-F1").first).to_be_visible()
    page.get_by_text("Labels", exact=True).last.click()
    expect(page.locator(".st-key-bars")).to_be_visible()
    ask(page, "The room was filthy and the receptionist was rude to us.")
    expect(page.locator(".st-key-answer")).to_contain_text(re.compile("cleanliness|staff"))

    sheet = written(
        tmp_path / "new.csv",
        ["no", "What they wrote"],
        [["007", "Cold eggs, and no bread left at breakfast"], ["008", ""]],
    )
    found = steps.answers_elsewhere(steps.take_away(page, tmp_path), sheet)
    assert [row["no"] for row in found] == ["007", "008"]
    assert "food" in found[0]["prediction"].split(";")
    assert 0 < float(found[0]["confidence"]) <= 1
    assert found[1]["prediction"] == "" == found[1]["confidence"]


def test_a_number_from_upload_to_zip(server: Server, page: Page, tmp_path: Path) -> None:
    table = read_table(SAMPLES / "product_reviews" / "product_reviews.xlsx")
    rows = [[text, stars] for text, stars in zip(table.column("review"), table.column("stars"), strict=True)]
    brought(page, server.url, written(tmp_path / "reviews.csv", ["Review", "Stars"], rows))
    page.get_by_text("Give each text a number", exact=True).click()
    expect(page.get_by_text("A number that is an amount")).to_be_visible()
    to_results(page)
    expect(page.locator(".st-key-answer")).to_contain_text("Off by")
    expect(page.locator(".st-key-scatter")).to_be_visible()
    page.get_by_text("Largest misses", exact=True).click()
    expect(page.get_by_role("region", name="Test rows whose number is farthest off")).to_be_visible()
    ask(page, "It broke on the first day and they will not give me my money back.")
    expect(page.locator(".st-key-answer")).to_contain_text(re.compile(r"\d.*between"))

    texts = ["Wonderful, the best thing I bought all year", "Terrible, broke at once, waste of money", ""]
    sheet = written(tmp_path / "new.csv", ["Review"], [[text] for text in texts])
    page.get_by_text("Score a spreadsheet", exact=True).first.click()
    page.set_input_files("input[type=file]", str(sheet))
    page.locator(".st-key-score button").click()
    page.locator(".st-key-get-csv button").wait_for(timeout=60_000)
    found = steps.answers_elsewhere(steps.take_away(page, tmp_path), sheet)
    assert float(found[0]["prediction"]) > float(found[1]["prediction"]) + 1
    for row in found[:2]:
        assert 1 <= float(row["low"]) <= float(row["prediction"]) <= float(row["high"]) <= 5
    assert found[2] == {"Review": "", "prediction": "", "low": "", "high": ""}
