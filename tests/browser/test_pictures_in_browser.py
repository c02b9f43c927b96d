"""Texts with pictures in a real browser: from the upload of a table and of a zip of pictures to the zip of the model."""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

LOST = Path(__file__).resolve().parents[2] / "sample_data" / "lost_property" / "lost_property.zip"

pytestmark = pytest.mark.browser
expect.set_options(timeout=steps.STEP_SECONDS)  # pictures are drawn slower than words


@pytest.fixture
def parted(tmp_path: Path) -> tuple[Path, Path, Path]:
    """The sample as people have it: a table, a zip of its pictures, and the folder of them."""
    folder = tmp_path / "lost"
    with zipfile.ZipFile(LOST) as archive:
        archive.extractall(folder)
    table = tmp_path / "found things.csv"
    (folder / "lost_property.csv").rename(table)
    packed = tmp_path / "pictures.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted((folder / "pictures").iterdir()):
            archive.write(path, path.name)  # no folder in the zip, though the table names one
    return table, packed, folder


def sheet_of(table: Path, target: Path) -> Path:
    """Five rows with their pictures, one with nothing to read, one whose picture is gone."""
    rows = steps.read(table)[:5]
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["no", "note", "image"])
        writer.writerows([[row["item_id"], row["note"], row["image"]] for row in rows])
        writer.writerows([["X-2", "", ""], ["X-1", "a folding umbrella with a loose rib", "gone.png"]])
    return target


def test_pictures_from_upload_to_zip(
    server: Server, page: Page, tmp_path: Path, parted: tuple[Path, Path, Path]
) -> None:
    table, packed, folder = parted
    steps.upload(page, server.url, table)
    expect(page.get_by_text("Where are the pictures?")).to_be_visible()  # guessed from the column of file names
    expect(page.get_by_role("button", name="Check the data")).to_be_disabled()
    steps.settled(page)
    page.locator("input[type=file]").last.set_input_files(str(packed))
    expect(page.get_by_text("pictures.zip: 119 files.")).to_be_visible()
    expect(page.locator(".stMain img")).to_have_count(6)
    steps.settled(page)
    expect(page.get_by_role("button", name="Check the data")).to_be_enabled()
    steps.button(page, "Check the data")
    expect(page.get_by_text("2 rows have no picture that can be used")).to_be_visible()
    page.locator(".st-key-primary button").click()
    steps.headline(page, "How should it be trained?")
    expect(page.get_by_text("CLIP-like models")).to_be_visible()
    page.get_by_text(re.compile(r"Ways that cannot learn this \(")).click()
    expect(page.locator(".st-key-unfit-ways")).to_contain_text("would not look at your pictures")
    steps.start(page)
    expect(page.get_by_text("Look at the pictures")).to_be_visible(timeout=steps.STEP_SECONDS)
    steps.wait_for_model(page)
    expect(
        page.get_by_text(re.compile(r"The text alone would have scored 0\.\d\d, the picture alone \d\.\d\d"))
    ).to_be_visible()
    expect(page.locator(".st-key-score").get_by_text("Your model, picture alone")).to_be_visible()

    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    page.set_input_files("input[type=file]", str(folder / "pictures" / "item-002.png"))
    expect(page.locator(".st-key-answer")).to_contain_text("umbrella")
    expect(page.get_by_text("From the picture alone")).to_be_visible()
    page.get_by_role("textbox").first.fill("three keys on a ring")
    steps.button(page, "Ask")
    expect(page.get_by_text("From the text alone")).to_be_visible()

    sheet = sheet_of(table, tmp_path / "new.csv")
    page.get_by_text("Score a spreadsheet", exact=True).first.click()
    expect(page.get_by_text("A spreadsheet to score")).to_be_visible()
    page.set_input_files("input[type=file]", str(sheet))
    expect(page.get_by_text("A zip of the pictures that it names")).to_be_visible()
    steps.settled(page)
    page.set_input_files("input[type=file]", str(packed))
    expect(page.get_by_text("Pictures: 119 files in a zip.")).to_be_visible()
    steps.settled(page)
    page.locator(".st-key-score button").click()
    with page.expect_download() as scored:
        page.locator(".st-key-get-csv button").click(timeout=60_000)
    scored.value.save_as(tmp_path / "scored.csv")
    check(steps.read(tmp_path / "scored.csv"))

    model = steps.take_away(page, tmp_path)
    expect(page.get_by_text("--images FOLDER")).to_be_visible()
    found = steps.answers_elsewhere(model, sheet, "--images", str(folder))
    check(found)
    assert found == steps.read(tmp_path / "scored.csv")


def check(found: list[dict[str, str]]) -> None:
    assert [row["prediction"] for row in found[:2]] == ["keys", "umbrella"]
    assert [row["picture"] for row in found[:5]] == [""] * 5
    assert (found[5]["prediction"], found[5]["picture"]) == ("", "")
    assert found[6]["prediction"]
    assert found[6]["picture"] == "not used: it is not among the pictures; answered from the text alone"
