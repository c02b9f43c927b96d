"""From a file without labels to a trained model in a real browser: labels described, rows confirmed, the two compared."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect
from test_no_labels import DESCRIPTIONS, SAMPLES

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser


def test_confirmed_rows_are_trained_on_and_compared_with_describing(server: Server, page: Page, tmp_path: Path) -> None:
    labels, tickets = tmp_path / "labels.csv", tmp_path / "messages.csv"
    messages = [row["message"] for row in steps.read(SAMPLES / "support_tickets" / "support_tickets.csv")]
    with tickets.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([["message"], *([text] for text in messages)])
    with labels.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([["label", "description"], *DESCRIPTIONS.items()])
    steps.upload(page, server.url, tickets)
    steps.settled(page)
    page.get_by_text("Or take them from a file").click()
    page.set_input_files("[data-testid=stPopoverBody] input[type=file]", str(labels))
    expect(page.get_by_text("5 labels named. Ready.")).to_be_visible()
    steps.button(page, "Check the data")
    expect(page.get_by_text(re.compile("none has a label yet"))).to_be_visible()
    page.locator(".st-key-primary button").click()
    steps.headline(page, "How should it be trained?")
    described = steps.start(page)
    steps.wait_for_model(page)

    page.locator(".st-key-label-for-me button").click()
    steps.headline(page, "Is this the right label?")
    steps.settled(page)
    page.get_by_text("20", exact=True).click()
    expect(page.get_by_role("button", name="Confirm these 20 labels")).to_be_visible()
    choose_in_first_row(page, server, "Returns")
    page.reload()  # neither where one was nor what was chosen is lost
    steps.headline(page, "Is this the right label?")
    steps.button(page, "Confirm these 20 labels")
    expect(page.get_by_text(re.compile("You confirmed 20 rows, 16 of them drawn by chance"))).to_be_visible()
    (mends,) = server.home.glob("projects/*/mends.json")
    (mend,) = json.loads(mends.read_text(encoding="utf-8"))
    assert len(mend["changes"]["after"]) == 20
    assert mend["changes"]["after"][0] == "Returns"

    steps.button(page, "Train on these")
    steps.headline(page, "How should it be trained?")
    steps.choose(page, "Keep the model, teach a small classifier")
    trained = steps.start(page)
    assert trained != described
    steps.wait_for_model(page)
    expect(page.get_by_text(re.compile("Describing the labels alone was right for"))).to_be_visible()
    expect(page.locator(".st-key-label-for-me button")).to_be_visible()
    (report,) = server.home.glob(f"projects/*/runs/{trained}/report.json")
    earlier = json.loads(report.read_text(encoding="utf-8"))["earlier"]
    assert (earlier["run"], earlier["rows"]) == (described, earlier["of"])


def choose_in_first_row(page: Page, server: Server, label: str) -> None:
    """The grid is drawn on a canvas: a click on the cell, Enter opens the list, the label is typed, Enter. Until it is kept."""
    steps.settled(page)
    place = page.locator("[data-testid=stDataFrame]").first.bounding_box()
    assert place
    page.mouse.click(place["x"] + 400, place["y"] + 70)
    page.keyboard.press("Enter")
    expect(page.locator("#portal").get_by_text(label, exact=True)).to_be_visible()
    page.keyboard.type(label)
    page.keyboard.press("Enter")
    (draft,) = server.home.glob("projects/*/draft.json")
    for _ in range(100):
        if label in json.dumps(json.loads(draft.read_text(encoding="utf-8")).get("confirm", {})):
            return
        page.wait_for_timeout(100)
    raise AssertionError("what was chosen was not kept within 10 s")
