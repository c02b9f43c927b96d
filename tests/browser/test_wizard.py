"""The whole way in a real browser: a file of one's own becomes a model, and the zip answers elsewhere as it does here."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import steps
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tlcore.strategies import get_strategy

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
FULL = "Retrain the whole model on your rows"

pytestmark = pytest.mark.browser


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    """What somebody might bring: semicolons, cp1252, column names of their own."""
    with (SAMPLES / "support_tickets" / "support_tickets.csv").open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["department"]]
    path = tmp_path / "Anfragen März.csv"
    with path.open("w", encoding="cp1252", errors="replace", newline="") as target:
        writer = csv.writer(target, delimiter=";")
        writer.writerow(["Nr", "Customer wrote", "Team"])
        writer.writerows([row["ticket_id"], row["message"], row["department"]] for row in rows)
    return path


@pytest.mark.slow
def test_uploaded_file_to_zip(server: Server, context: BrowserContext, own_file: Path, tmp_path: Path) -> None:
    page = context.new_page()
    steps.upload(page, server.url, own_file)
    steps.to_plan(page)
    steps.choose(page, FULL)
    run = steps.start(page)

    expect(page.locator(".js-plotly-plot path.js-line").first).to_be_visible(timeout=120_000)
    before = steps.points(page)
    page.wait_for_function(f"() => ({POINTS}) > {before}", timeout=120_000)
    address = page.url
    page.reload()  # mid-training
    steps.headline(page, "How is it going?")
    assert run in page.url
    expect(page.get_by_role("button", name="Stop and keep the best")).to_be_visible()
    page.close()  # a closed tab changes nothing
    page = context.new_page()
    page.goto(address)
    steps.wait_for_model(page)

    expect(page.get_by_text("macro-F1").first).to_be_visible()
    expect(page.locator(".st-key-score")).to_be_visible()
    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    folder = _download_zip(page, tmp_path)
    _same_answers(folder, server.home, run, tmp_path)


POINTS = """[...document.querySelectorAll('.js-plotly-plot')]
  .reduce((n, plot) => n + (plot.data || []).reduce((m, trace) => m + (trace.x ? trace.x.length : 0), 0), 0)"""


def _download_zip(page: Page, tmp_path: Path) -> Path:
    page.get_by_text("Take it away", exact=True).click()
    with page.expect_download() as download:
        page.locator(".st-key-get-zip button").click()
    download.value.save_as(tmp_path / "model.zip")
    folder = tmp_path / "elsewhere"
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        archive.extractall(folder)
    return folder


def _same_answers(folder: Path, home: Path, run: str, tmp_path: Path) -> None:
    """predict.py of the unpacked zip, by a process that cannot import Nudge, against the command line on the run."""
    sheet = tmp_path / "new rows.csv"
    sheet.write_text(
        'id,Customer wrote\n1,"Where is my parcel?"\n2,\n3,"I was charged twice, again"\n', encoding="utf-8"
    )
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    run_folder = next(home.glob(f"projects/*/runs/{run}"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run(
        [sys.executable, "-I", str(folder / "predict.py"), str(sheet), str(there)],
        check=True,
        cwd=tmp_path,
        env=environment,
    )
    command = [sys.executable, "-m", "tlcore", "predict", str(run_folder), str(sheet), "--out", str(here)]
    subprocess.run(command, check=True, cwd=SAMPLES.parent)
    ours, theirs = steps.read(here), steps.read(there)
    assert [row["id"] for row in theirs] == ["1", "2", "3"]
    assert [row["prediction"] for row in ours] == [row["prediction"] for row in theirs]
    assert theirs[0]["prediction"]
    assert theirs[1]["prediction"] == "" == theirs[1]["confidence"]
    for a, b in zip(ours, theirs, strict=True):
        assert float(a["confidence"] or 0) == pytest.approx(float(b["confidence"] or 0), abs=1e-3)


@pytest.mark.parametrize(
    "strategy",
    ["few_shot", "top_layers", "lora", "bitfit", "ia3", "lokr", "prefix_tuning", "prompt_tuning", "zero_shot"],
)
def test_each_way_to_adapt_from_upload_to_zip(
    server: Server, page: Page, own_file: Path, tmp_path: Path, strategy: str
) -> None:
    steps.upload(page, server.url, own_file)
    steps.to_plan(page)
    steps.choose(page, get_strategy(strategy).title)
    run = steps.start(page)
    steps.wait_for_model(page)
    expect(page.locator(".st-key-score")).to_be_visible()
    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    _same_answers(_download_zip(page, tmp_path), server.home, run, tmp_path)


def test_example_with_the_recommended_way(server: Server, page: Page, tmp_path: Path) -> None:
    """An Excel example, the recommended strategy, then a typed text and a scored sheet."""
    page.goto(server.url)
    steps.headline(page, "What would you like to work on?")
    page.locator(".st-key-try-product_reviews button").click()
    steps.headline(page, "Which spreadsheet should it learn from?")
    steps.to_plan(page)
    expect(page.get_by_text("frozen features").first).to_be_attached()
    steps.start(page)
    steps.wait_for_model(page)
    page.get_by_text("macro-F1").first.wait_for()

    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    page.get_by_role("textbox").first.fill("I sent it straight back. What a waste of money, it broke on day one.")
    steps.button(page, "Ask")
    expect(page.locator(".st-key-answer")).to_contain_text("“negative”")

    sheet = tmp_path / "new reviews.csv"
    sheet.write_text('no,review\n007,"Lovely, best thing I bought all year"\n008,\n', encoding="utf-8")
    page.get_by_text("Score a spreadsheet", exact=True).first.click()
    page.set_input_files("input[type=file]", str(sheet))
    page.locator(".st-key-score button").click()
    page.locator(".st-key-get-csv button").wait_for(timeout=60_000)
    with page.expect_download() as download:
        page.locator(".st-key-get-csv button").click()
    download.value.save_as(tmp_path / "scored.csv")
    rows = steps.read(tmp_path / "scored.csv")
    assert [row["no"] for row in rows] == ["007", "008"]
    assert [row["prediction"] for row in rows] == ["positive", ""]
