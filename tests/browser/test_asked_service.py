"""A service that is asked, in a real browser: closed until agreed, the key in no file, a model that needs no service, a zip."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.llm.fake_api import KEY, Act, Asked, FakeApi, reply
from tests.strategies.made_teacher import tickets
from tlcore.strategies import get_strategy

pytestmark = pytest.mark.browser
ROWS = tickets()
TRUTH = dict(ROWS)
ZERO, SHOWN = "zero_shot", "few_shot_prompt"
UNLABELLED = 90
"""Rows, of the first 120, whose label is left out where examples are shown: those are asked about."""


def _rough(asked: Asked, before: int) -> Act:
    if before == 0 and len(asked.text) % 5 == 1:
        return Act((429, 500)[len(asked.text) % 2], {"error": {"message": "not now"}}, {"retry-after": "0"})
    return Act(body=reply(asked, "Weather" if len(asked.text) % 9 == 3 else TRUTH[asked.text.strip()]))


@pytest.fixture
def api() -> Iterator[FakeApi]:
    one = FakeApi(_rough)
    yield one
    one.close()


@pytest.mark.parametrize("strategy", [ZERO, SHOWN])
def test_from_the_spreadsheet_to_a_zip_that_asks_nobody(
    server: Server, page: Page, api: FakeApi, tmp_path: Path, strategy: str
) -> None:
    sheet = tmp_path / "tickets.csv"
    blank = UNLABELLED if strategy == SHOWN else 0
    rows = [(text, "" if i < blank else label) for i, (text, label) in enumerate(ROWS[:120])]
    with sheet.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([["message", "department"], *rows])
    steps.upload(page, server.url, sheet)
    steps.to_plan(page)
    steps.choose(page, get_strategy(strategy).title)
    steps.settled(page)
    page.get_by_text("A large language model, over an API").click()
    expect(page.get_by_text("A service is asked. Nothing is sent before you agree.")).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_be_disabled()
    steps.tell_service(page, "Which model", "model-x")
    steps.tell_service(page, "Its address", api.url)
    steps.tell_service(page, "Your key for 127.0.0.1", KEY)
    expect(page.get_by_text("texts would be sent to model-x at 127.0.0.1")).to_be_visible()
    page.get_by_text("The first rows, as they will be sent").click()
    expect(page.get_by_role("button", name="Start training")).to_be_disabled()
    assert api.asked == []
    page.locator(".st-key-agree").get_by_text("Send these").click()
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    steps.start(page)
    steps.wait_for_model(page)
    expect(page.get_by_text("The language model itself is right for")).to_be_visible()
    expect(page.get_by_text("Your model learned from what model-x at 127.0.0.1 answered")).to_be_visible()
    assert {one.headers.get("authorization") for one in api.asked} == {f"Bearer {KEY}"}
    before = len(api.asked)

    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    model = steps.take_away(page, tmp_path)
    new = tmp_path / "new.csv"
    new.write_text("message\nWhere is my parcel?\nThe invoice charges me twice\n", encoding="utf-8")
    assert [row["prediction"] for row in steps.answers_elsewhere(model, new)] == ["Delivery", "Billing"]
    assert len(api.asked) == before
    files = [path for path in [*server.home.rglob("*"), *tmp_path.rglob("*")] if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
