"""A worker that dies is seen as such; bad files get an answer a person can use; the server starts quickly."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest
import steps
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tlcore.events import read_events
from tlcore.strategies import get_strategy

pytestmark = pytest.mark.browser
SHOWN_WITHIN_SECONDS = 5.0


def test_killed_worker_is_shown_within_five_seconds(server: Server, page: Page) -> None:
    page.goto(server.url)
    page.locator(".st-key-try-support_tickets button").click()
    steps.headline(page, "Which spreadsheet should it learn from?")
    steps.to_plan(page)
    run = steps.start(page)
    folder = next(server.home.glob(f"projects/*/runs/{run}"))
    expect(page.get_by_role("button", name="Stop and keep the best")).to_be_visible()
    _until_phase(folder, "encode")
    psutil.Process(json.loads((folder / "process.json").read_text())["pid"]).kill()
    begun = time.monotonic()
    expect(page.get_by_text("stopped unexpectedly").first).to_be_visible(timeout=10_000)
    assert time.monotonic() - begun < SHOWN_WITHIN_SECONDS
    steps.button(page, "Start again")
    expect(page.get_by_role("button", name="Stop and keep the best")).to_be_visible()
    steps.button(page, "Cancel")
    steps.button(page, "Yes, cancel it")
    expect(page.get_by_role("button", name="Stop and keep the best")).to_be_hidden(timeout=15_000)


@pytest.mark.slow
def test_a_paused_training_goes_on_and_so_does_a_killed_one(server: Server, page: Page) -> None:
    """Pause, go on, kill the worker, go on again: one run, with one line of steps, to its end."""
    page.goto(server.url)
    page.locator(".st-key-try-product_reviews button").click()
    steps.headline(page, "Which spreadsheet should it learn from?")
    steps.to_plan(page)
    steps.choose(page, get_strategy("lora").title)
    run = steps.start(page)
    folder = next(server.home.glob(f"projects/*/runs/{run}"))
    _until_phase(folder, "finetune")
    steps.button(page, "Pause")
    expect(page.get_by_text("Paused. Everything learned so far is kept.")).to_be_visible(timeout=60_000)
    checkpoint = json.loads((folder / "work" / "checkpoint" / "state.json").read_text())
    assert checkpoint["step"] > 0

    steps.button(page, "Go on")
    _until_event(folder, "resumed", 1)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    psutil.Process(json.loads((folder / "process.json").read_text())["pid"]).kill()
    expect(page.get_by_text("stopped unexpectedly").first).to_be_visible(timeout=10_000)
    steps.button(page, "Go on from where it stopped")
    _until_event(folder, "resumed", 2)
    steps.wait_for_model(page)
    assert [folder.name for folder in folder.parent.iterdir() if folder.is_dir()] == [run]
    steps_told = [event for event in read_events(folder)[0] if event["kind"] in ("step", "resumed")]
    assert steps_told[-1]["step"] <= steps_told[-1]["total_steps"]
    assert not (folder / "work").exists()


def _until_event(folder: Path, kind: str, count: int, seconds: float = 90.0) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if sum(event["kind"] == kind for event in read_events(folder)[0]) >= count:
            return
        time.sleep(0.02)
    raise AssertionError(f"the worker did not say {kind}")


def _until_phase(folder: Path, name: str, seconds: float = 90.0) -> None:
    """Wait for the worker, another process, to have reached a phase; bounded."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if any(event.get("name") == name for event in read_events(folder)[0] if event["kind"] == "phase"):
            return
        time.sleep(0.02)
    raise AssertionError(f"the worker did not reach {name}")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "empty"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 64, None),
        ("broken.xlsx", b"this is not a workbook at all", None),
    ],
)
def test_bad_files_are_answered_in_words(
    server: Server, page: Page, tmp_path: Path, name: str, content: bytes, said: str | None
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    page.goto(server.url)
    steps.button(page, "Start from a spreadsheet")
    steps.headline(page, "Which spreadsheet should it learn from?")
    page.set_input_files("input[type=file]", str(file))
    box = page.get_by_test_id("stAlert").or_(page.get_by_test_id("stFileUploaderFileErrorMessage")).first
    expect(box).to_be_visible()
    if said:
        expect(box).to_contain_text(said)
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_first_screen_after_a_cold_start(context: BrowserContext, tmp_path: Path) -> None:
    """Loose here (3 s on an idle machine; CI is not idle); `python -m bench` measures."""
    server = Server(tmp_path / "home")
    begun = time.monotonic()
    server.start()
    try:
        page = context.new_page()
        page.goto(server.url)
        steps.headline(page, "What would you like to work on?")
        assert time.monotonic() - begun < 10
    finally:
        server.stop()


def test_a_bookmark_opens_on_a_fresh_server(context: BrowserContext, tmp_path: Path) -> None:
    """Also where it names nothing: the page says so, and nothing outside the workspace is touched."""
    server = Server(tmp_path / "home")
    server.start()
    try:
        page = context.new_page()
        page.goto(f"{server.url}/results?run=../../etc")
        expect(page.get_by_text("Projects").first).to_be_visible()
        expect(page.get_by_text("does not name anything here").first).to_be_visible()
        expect(page.get_by_text("Page not found")).to_have_count(0)
    finally:
        server.stop()
