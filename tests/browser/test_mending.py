"""A file as people have them, read, mended by clicks and trained, in a real browser."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import openpyxl
import pytest
import steps
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
TEAMS, ROWS_A_TEAM = ("Billing", "Delivery", "Technical"), 40
READING_SECONDS = 180_000

pytestmark = pytest.mark.browser


@pytest.fixture
def messy_file(tmp_path: Path) -> Path:
    """126 rows: 40 of each team; then 3 repeats, 2 contradictions, a team with one row. Two rows are of the team “Delivry”."""
    with (SAMPLES / "support_tickets" / "support_tickets.csv").open(encoding="utf-8", newline="") as source:
        all_rows = [(row["message"], row["department"]) for row in csv.DictReader(source) if row["message"].strip()]
    good = [row for team in TEAMS for row in [row for row in all_rows if row[1] == team][:ROWS_A_TEAM]]
    rows = [(text, "Delivry" if i in (45, 46) else team) for i, (text, team) in enumerate(good)]
    rows += [rows[0], rows[41], rows[81]]
    rows += [(rows[2][0], "Technical"), (rows[83][0], "Billing")]
    rows += [("Je voudrais réserver une table près de la fenêtre, s'il vous plaît.", "Réception")]
    path = tmp_path / "Kundenpost März.csv"
    with path.open("w", encoding="cp1252", errors="replace", newline="") as target:
        writer = csv.writer(target, delimiter=";")
        writer.writerow(["Nr", "Customer wrote", "Team"])
        writer.writerows([i, text, team] for i, (text, team) in enumerate(rows, start=1))
    return path


def test_a_messy_file_is_understood_mended_by_clicks_and_trained(
    server: Server, page: Page, messy_file: Path, tmp_path: Path
) -> None:
    steps.upload(page, server.url, messy_file)
    answer = page.locator(".st-key-answer")
    expect(answer).to_contain_text("126 rows and 3 columns")
    expect(answer).to_contain_text("cells parted by semicolons, letters stored as cp1252, column names in row 1")
    steps.button(page, "Check the data")
    expect(page.get_by_text("Yes: 126 rows in 5 classes")).to_be_visible()
    for words in ("1 label seems", "2 texts have different labels", "1 class has a single row", "5 rows repeat"):
        expect(page.get_by_text(re.compile(words))).to_be_visible()

    steps.mend(page, "label_variants-0", "2 rows")
    expect(page.get_by_text("Gave 2 rows the label “Delivery”.")).to_be_visible()
    expect(page.get_by_text("Yes: 126 rows in 4 classes")).to_be_visible()
    steps.mend(page, "single_rows-0", "1 row")
    expect(page.get_by_text("Yes: 125 rows in 3 classes")).to_be_visible()
    steps.mend(page, "contradictions-0", "4 rows")
    expect(page.get_by_text("Yes: 121 rows in 3 classes")).to_be_visible()

    page.get_by_text("What you changed: 3 steps").wait_for()
    _undo(page, "Left out 1 row (127).")
    expect(page.get_by_text("Yes: 122 rows in 4 classes")).to_be_visible()
    steps.mend(page, "single_rows-0", "1 row")
    steps.mend(page, "duplicates-0", "3 rows")
    expect(page.get_by_text("Yes: 118 rows in 3 classes")).to_be_visible()
    page.reload()  # what was mended is on the disk
    expect(page.get_by_text("Yes: 118 rows in 3 classes")).to_be_visible()
    expect(page.get_by_text("What you changed: 4 steps")).to_be_visible()
    expect(page.locator(".st-key-closer")).to_have_count(0, timeout=READING_SECONDS)

    _report_tells_all(page, tmp_path)
    about = page.get_by_text(re.compile("rows to learn from, .* to test on")).inner_text()
    tested = re.search(r"(\d+) to test on", about)
    assert tested
    page.locator(".st-key-primary button").click()
    steps.headline(page, "How should it be trained?")
    steps.start(page)
    steps.wait_for_model(page)
    expect(page.get_by_text(re.compile(rf"of {tested.group(1)}\b")).first).to_be_visible()
    expect(page.get_by_text("macro-F1").first).to_be_visible()


def _undo(page: Page, sentence: str) -> None:
    """The step with this sentence, whichever it is."""
    steps.settled(page)
    line = page.locator('[data-testid="stHorizontalBlock"]', has_text=sentence).last
    line.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(sentence)).to_have_count(0)


def _report_tells_all(page: Page, folder: Path) -> None:
    """Every row that was left out or changed stands in the list that is downloaded, by its number in the file."""
    with page.expect_download() as download:
        page.locator(".st-key-get-report button").click()
    download.value.save_as(folder / "report.xlsx")
    sheet = openpyxl.load_workbook(folder / "report.xlsx")["Rows"]
    lines = [(line[0], line[3], line[4]) for line in sheet.iter_rows(min_row=2, values_only=True)]
    changed = {row for row, what, _ in lines if what == "label changed"}
    gone = {row for row, what, why in lines if what == "not learned from" and "left out by you" in why}
    assert changed == {47, 48}
    assert gone == {4, 85, 122, 123, 124, 125, 126, 127}
