"""A file without a single label in a real browser: labels from a file, a model without a score, a zip that answers."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
DESCRIPTIONS = {
    "Account": "Trouble with the login, the password or the user's own data.",
    "Billing": "Invoices, payments, refunds and wrong charges.",
    "Delivery": "A parcel is late, lost, damaged or at the wrong door.",
    "Returns": "The customer wants to send something back.",
    "Technical": "The thing does not work: errors, faults, questions on how to use it.",
}


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    source = SAMPLES / "support_tickets" / "support_tickets.csv"
    with source.open(encoding="utf-8", newline="") as file:
        messages = [row["message"] for row in csv.DictReader(file)]
    path = tmp_path / "just messages.csv"
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([["no", "message"], *([i, text] for i, text in enumerate(messages))])
    return path


def test_from_a_file_without_labels_to_the_zip(server: Server, page: Page, tickets: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    with labels.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([["label", "description"], *DESCRIPTIONS.items()])
    steps.upload(page, server.url, tickets)
    expect(page.get_by_text("Which labels are there?")).to_be_visible()
    steps.settled(page)
    page.get_by_text("Or take them from a file").click()
    page.set_input_files("[data-testid=stPopoverBody] input[type=file]", str(labels))
    expect(page.get_by_text("5 labels named. Ready.")).to_be_visible()
    page.reload()  # nothing typed or taken is lost
    expect(page.get_by_text("5 labels named. Ready.")).to_be_visible()

    steps.button(page, "Check the data")
    expect(page.get_by_text(re.compile("rows to sort into 5 labels; none has a label yet"))).to_be_visible()
    page.locator(".st-key-primary button").click()
    steps.headline(page, "How should it be trained?")
    expect(page.locator(".st-key-answer")).to_contain_text("no labelled row is needed")
    steps.start(page)
    steps.wait_for_model(page)
    expect(page.locator(".st-key-answer")).to_contain_text("There is no score, because no row has a label.")
    expect(page.locator(".st-key-spread")).to_be_visible()
    expect(page.locator(".st-key-score")).to_have_count(0)

    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    model = steps.take_away(page, tmp_path)
    sheet = tmp_path / "new.csv"
    sheet.write_text("no,message\n1,Where is my parcel?\n2,The invoice charges me twice\n", encoding="utf-8")
    assert [row["prediction"] for row in steps.answers_elsewhere(model, sheet)] == ["Delivery", "Billing"]
