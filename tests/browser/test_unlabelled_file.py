"""A second file of texts without a label, read first, from upload to zip."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect
from test_wizard import SAMPLES, _download_zip, _same_answers

from tests.browser.conftest import Server
from tlcore.strategies import get_strategy

pytestmark = pytest.mark.browser
LABELLED, READ = 100, 80


@pytest.fixture
def two_files(tmp_path: Path) -> tuple[Path, Path]:
    """Labelled tickets, and others without a label."""
    with (SAMPLES / "support_tickets" / "support_tickets.csv").open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["department"]]
    labelled, others = tmp_path / "tickets.csv", tmp_path / "old tickets.csv"
    with labelled.open("w", encoding="utf-8", newline="") as file:
        wanted = [[row["message"], row["department"]] for row in rows[:LABELLED]]
        csv.writer(file).writerows([["Customer wrote", "Team"], *wanted])
    with others.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["Customer wrote"], *([row["message"]] for row in rows[LABELLED : LABELLED + READ])]
        )
    return labelled, others


@pytest.mark.slow
def test_texts_without_a_label_are_read_first(
    server: Server, page: Page, two_files: tuple[Path, Path], tmp_path: Path
) -> None:
    steps.upload(page, server.url, two_files[0])
    page.get_by_text("More texts without a label? (optional)").click()
    page.locator("input[type=file]").last.set_input_files(str(two_files[1]))
    expect(page.get_by_text("from the column “Customer wrote”")).to_be_visible()
    steps.to_plan(page)
    strategy = get_strategy("mlm_then_finetune")
    steps.choose(page, strategy.title)
    expect(page.get_by_text("And then", exact=True)).to_be_visible()
    _few_steps(server.home)
    run = steps.start(page)

    expect(page.get_by_text("perplexity, lower is better")).to_be_visible(timeout=steps.TRAINING_SECONDS)
    steps.wait_for_model(page)
    expect(page.get_by_text("Reading your texts first: perplexity")).to_be_visible()
    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    folder = _download_zip(page, tmp_path)
    assert "Reading your texts first" in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    _same_answers(folder, server.home, run, tmp_path)


def _few_steps(home: Path) -> None:
    """As if it had been set under Advanced; the disk is the truth, and Plan reads it again when it starts."""
    (draft,) = (file for file in home.glob("projects/*/draft.json") if "mlm_then_finetune" in file.read_text())
    settings = {"mlm_then_finetune": {"epochs": 1, "most_texts": 60}}
    draft.write_text(json.dumps({**json.loads(draft.read_text()), "then": "frozen_features", "settings": settings}))
