"""A service that takes pictures, in a real browser: nothing is sent before a yes, a model that needs no service, a zip."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.llm.fake_api import KEY, Act, Asked, FakeApi, reply
from tlcore.strategies import get_strategy

LOST = Path(__file__).resolve().parents[2] / "sample_data" / "lost_property" / "lost_property.zip"
LABELS = ("bag", "clothing", "electronics", "keys", "toy", "umbrella")

pytestmark = pytest.mark.browser
expect.set_options(timeout=steps.STEP_SECONDS)


def _rows() -> list[dict[str, str]]:
    with zipfile.ZipFile(LOST) as archive:
        return list(csv.DictReader(io.TextIOWrapper(archive.open("lost_property.csv"), "utf-8")))


TRUTH = {row["note"].strip(): row["shelf"] or "bag" for row in _rows()}


@pytest.fixture
def api() -> Iterator[FakeApi]:
    def knowing(asked: Asked, before: int) -> Act:
        return Act(body=reply(asked, "spoon" if len(asked.text) % 9 == 3 else TRUTH[asked.text]))

    one = FakeApi(knowing)
    yield one
    one.close()


def _agree_and_start(page: Page, api: FakeApi) -> None:
    """The box on Plan, from the model's name to the start."""
    expect(page.get_by_text("A service is asked. Nothing is sent before you agree.")).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_be_disabled()
    steps.tell_service(page, "Which model", "model-x")
    steps.tell_service(page, "Its address", api.url)
    steps.tell_service(page, "Your key for 127.0.0.1", KEY)
    expect(page.get_by_text("pictures would be sent to model-x at 127.0.0.1")).to_be_visible()
    page.get_by_text("The first rows, as they will be sent").click()
    expect(page.locator(".st-key-agree img")).to_have_count(3)
    assert api.asked == []
    page.locator(".st-key-agree").get_by_text("Send these").click()
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    steps.start(page)
    steps.wait_for_model(page)


def _pictures(page: Page, packed: Path) -> None:
    expect(page.get_by_text("Where are the pictures?")).to_be_visible()
    steps.settled(page)
    page.locator("input[type=file]").last.set_input_files(str(packed))
    expect(page.get_by_text(f"{packed.name}: ")).to_be_visible()
    steps.settled(page)


def test_from_upload_with_pictures_to_a_zip_that_asks_nobody(
    server: Server, page: Page, api: FakeApi, tmp_path: Path
) -> None:
    with zipfile.ZipFile(LOST) as archive:
        archive.extractall(tmp_path)
    steps.upload(page, server.url, tmp_path / "lost_property.csv")
    _pictures(page, LOST)
    steps.to_plan(page)
    steps.choose(page, get_strategy("ask_pictures").title)
    _agree_and_start(page, api)
    expect(page.get_by_text("Your model learned from what model-x at 127.0.0.1 answered")).to_be_visible()
    expect(page.get_by_text("The language model itself is right for")).to_be_visible()
    assert sum(one.picture is not None for one in api.asked) > 60
    before = len(api.asked)

    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    model = steps.take_away(page, tmp_path)
    new = tmp_path / "new.csv"
    new.write_text(
        "note,image\nfound,pictures/item-002.png\nTag says cellar 4,pictures/item-001.png\n", encoding="utf-8"
    )
    found = steps.answers_elsewhere(model, new, "--images", str(tmp_path))
    assert [row["prediction"] for row in found] == ["umbrella", "keys"]
    assert len(api.asked) == before
    files = [path for path in [*server.home.rglob("*"), *tmp_path.rglob("*")] if path.is_file()]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_without_a_single_label(server: Server, page: Page, api: FakeApi, tmp_path: Path) -> None:
    """Label names from a file, a model without a score."""
    sheet, labels = tmp_path / "found.csv", tmp_path / "labels.csv"
    with sheet.open("w", encoding="utf-8", newline="") as target:
        rows = [[row["note"], row["image"]] for row in _rows()[:60]]
        csv.writer(target).writerows([["note", "image"], *rows])
    labels.write_text("label,description\n" + "".join(f"{one},\n" for one in LABELS), encoding="utf-8")
    steps.upload(page, server.url, sheet)
    expect(page.get_by_text("Which labels are there?")).to_be_visible()
    _pictures(page, LOST)
    page.get_by_text("Or take them from a file").click()
    page.set_input_files("[data-testid=stPopoverBody] input[type=file]", str(labels))
    expect(page.get_by_text("6 labels named.")).to_be_visible()
    steps.settled(page)
    steps.button(page, "Check the data")
    expect(page.get_by_text("rows to sort into 6 labels; none has a label yet")).to_be_visible()
    page.locator(".st-key-primary button").click()
    steps.headline(page, "How should it be trained?")
    expect(page.locator(".st-key-answer")).to_contain_text("No labelled row is needed")
    _agree_and_start(page, api)
    expect(page.locator(".st-key-answer")).to_contain_text("There is no score, because no row has a label.")
    expect(page.locator(".st-key-spread")).to_be_visible()
