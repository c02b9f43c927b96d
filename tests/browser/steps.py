"""What a person does in the wizard, step by step, in words the tests share."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

STEP_SECONDS = 30_000
TRAINING_SECONDS = 240_000


def headline(page: Page, text: str, timeout: int = STEP_SECONDS) -> None:
    expect(page.get_by_role("heading", name=text)).to_be_visible(timeout=timeout)


def settled(page: Page) -> None:
    """Until the page has been drawn: Streamlit drops a click that lands while a page just changed is still being drawn."""
    expect(page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_attached()


def button(page: Page, name: str) -> None:
    settled(page)
    page.get_by_role("button", name=name, exact=True).click()


def upload(page: Page, url: str, file: Path) -> None:
    """Projects -> Data with a file of one's own."""
    page.goto(url)
    headline(page, "What would you like to work on?")
    button(page, "Start from a spreadsheet")
    headline(page, "Which spreadsheet should it learn from?")
    page.set_input_files("input[type=file]", str(file))
    expect(page.get_by_text(f"read from {file.name}")).to_be_visible()


def to_plan(page: Page) -> None:
    """Data -> Check -> Plan."""
    button(page, "Check the data")
    expect(page.get_by_text(re.compile("to learn from and to test on"))).to_be_visible()
    page.locator(".st-key-primary button").click()
    headline(page, "How should it be trained?")
    expect(page.get_by_role("button", name="Start training")).to_be_visible(timeout=STEP_SECONDS)


def choose(page: Page, title: str) -> None:
    """Another way to train than the recommended one."""
    option, every = page.get_by_text(title, exact=True).first, page.get_by_text(re.compile(r"^Show all \d+ ways$"))
    expect(option.or_(every).first).to_be_visible()
    if not option.is_visible():
        every.click()
    option.click()
    expect(page.locator(".st-key-answer")).to_be_visible()


def start(page: Page) -> str:
    """Start training; the run's id, from the address."""
    button(page, "Start training")
    headline(page, "How is it going?")
    page.wait_for_url(re.compile(r"run=run-"))
    found = re.search(r"run=(run-[\w-]+)", page.url)
    assert found
    return found.group(1)


def wait_for_model(page: Page) -> None:
    """Until the training has ended with a model, then on to Results."""
    page.get_by_role("button", name="See how good it is").click(timeout=TRAINING_SECONDS)
    headline(page, "How good is it?")


def points(page: Page) -> int:
    """How many points the lines of all charts have now."""
    return int(
        page.evaluate(
            """() => [...document.querySelectorAll('.js-plotly-plot')]
                 .reduce((n, plot) => n + (plot.data || []).reduce((m, trace) => m + (trace.x ? trace.x.length : 0), 0), 0)"""
        )
    )


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def mend(page: Page, fix: str, rows: str) -> None:
    """Click a fix by its key ("duplicates-0"), see what it would change, do it."""
    settled(page)
    page.locator(f".st-key-{fix} button").click()
    card = page.locator(f".st-key-problem-{fix.rsplit('-', 1)[0]}")
    expect(card.get_by_text(re.compile(rf": {rows} changes?\."))).to_be_visible()
    expect(card.get_by_test_id("stDataFrame").first).to_be_visible()
    button(page, "Do it")
    expect(page.get_by_role("button", name="Do it", exact=True)).to_have_count(0, timeout=STEP_SECONDS)
    settled(page)


def take_away(page: Page, folder: Path) -> Path:
    """Put it to work -> Take it away: the zip, downloaded and unpacked in a folder below this one, which comes back."""
    page.get_by_text("Take it away", exact=True).click()
    with page.expect_download() as download:
        page.locator(".st-key-get-zip button").click()
    download.value.save_as(folder / "model.zip")
    with zipfile.ZipFile(folder / "model.zip") as archive:
        archive.extractall(folder / "elsewhere")
    return folder / "elsewhere"


def answers_elsewhere(model: Path, sheet: Path, *more: str) -> list[dict[str, str]]:
    """What predict.py of an unpacked zip says of a sheet, in a process that cannot import Nudge."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    out = model.with_name("answers.csv")
    command = [sys.executable, "-I", str(model / "predict.py"), str(sheet), str(out), *more]
    subprocess.run(command, check=True, cwd=model.parent, env=environment)
    return read(out)


def tell_service(page: Page, label: str, value: str) -> None:
    """Fill in a box of what is said of a service on Plan."""
    settled(page)
    box = page.locator(".st-key-agree").get_by_label(label, exact=True)
    box.fill(value)
    box.press("Enter")
    settled(page)
