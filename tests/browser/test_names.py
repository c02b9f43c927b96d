"""Names in texts, in a real browser: from a file of one's own to the zip and a scored sheet; and names marked by hand."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import steps
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tlcore.tables import read_table
from tlcore.tasks.marks import read_inline, spans_in, target_of

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
FROZEN = "Keep the model, teach a small classifier"
ROWS = 84

pytestmark = pytest.mark.browser


def as_lists(path: Path) -> Path:
    """Notes with their marks beside them as JSON, as a spreadsheet program in Europe writes it: semicolons, cp1252."""
    table = read_table(SAMPLES / "dispatch_notes" / "dispatch_notes.csv")
    read = [read_inline(note) for note in table.column("note")[:ROWS] if note]
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Nr", "Notiz", "Namen"])
        writer.writerows([i, text, target_of(spans)] for i, (text, spans) in enumerate(read, start=1))
    return path


def table_said(page: Page, alt: str) -> str:
    """All cells of a table, as a screen reader has them."""
    return str(page.get_by_role("region", name=alt).locator("table").first.inner_text(timeout=steps.STEP_SECONDS))


def answers_of(zip_file: Path, sheet: Path, folder: Path) -> list[dict[str, str]]:
    """What predict.py of a downloaded zip says, in a process that cannot import Nudge."""
    with zipfile.ZipFile(zip_file) as archive:
        archive.extractall(folder / "elsewhere")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    out = folder / "answers.csv"
    command = [sys.executable, "-I", str(folder / "elsewhere" / "predict.py"), str(sheet), str(out)]
    subprocess.run(command, check=True, cwd=folder, env=environment)
    return steps.read(out)


def test_names_from_upload_to_zip(server: Server, page: Page, tmp_path: Path) -> None:
    steps.upload(page, server.url, as_lists(tmp_path / "notizen.csv"))
    expect(
        page.get_by_text("“Namen” lists the names of each text")
    ).to_be_visible()  # the task and its columns are guessed
    steps.button(page, "Check the data")
    expect(page.get_by_text(re.compile(r"with 4 kinds of names to learn from"))).to_be_visible()
    expect(page.get_by_text("Rarest kind of name")).to_be_visible()
    expect(page.get_by_text("Review rows in Excel")).to_have_count(0)
    page.locator(".st-key-primary button").click()
    steps.headline(page, "How should it be trained?")
    steps.settled(page)
    page.get_by_text(re.compile(r"^Ways that cannot learn this \(\d+\)$")).click()
    unfit = page.locator(".st-key-unfit-ways")
    expect(unfit).to_be_visible()
    expect(unfit).to_contain_text("names are places in it")
    expect(unfit.locator("input").first).to_be_disabled()
    expect(page.get_by_role("radio", name="Adjust the upper part of the model")).to_be_checked()
    steps.choose(page, FROZEN)
    steps.start(page)
    steps.wait_for_model(page)
    expect(page.locator(".st-key-answer")).to_contain_text(re.compile(r"Found \d+ of \d+ names; entity F1 0\.\d\d"))
    expect(page.locator(".st-key-score")).to_be_visible()
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_text("Kinds of names", exact=True).last.click()
    expect(page.locator(".st-key-bars")).to_be_visible()

    steps.button(page, "Put it to work")
    steps.headline(page, "Put it to work")
    asked = "Imke Dressler of Corvane Ceramics rang from Pellworth on Tuesday."
    page.get_by_role("textbox").first.fill(asked)
    steps.button(page, "Ask")
    expect(page.locator(".st-key-answer")).to_contain_text(re.compile(r"\d names found"))
    expect(page.locator("mark", has_text="Pellworth").first).to_be_visible()

    texts = [asked, "", "<b>Nothing</b> was sent & nobody called."]
    sheet = tmp_path / "new.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["no", "Notiz"], *([f"00{i}", text] for i, text in enumerate(texts))])
    page.get_by_text("Score a spreadsheet", exact=True).first.click()
    page.set_input_files("input[type=file]", str(sheet))
    page.locator(".st-key-score button").click()
    with page.expect_download() as download:
        page.locator(".st-key-get-csv button").click(timeout=90_000)
    download.value.save_as(tmp_path / "scored.csv")
    scored = steps.read(tmp_path / "scored.csv")
    found = {asked[begin:end] for begin, end, _ in spans_in(scored[0]["prediction"])}
    assert "Pellworth" in found
    assert "Pellworth (PLACE)" in scored[0]["names"]
    assert scored[1]["prediction"] == "" == scored[1]["confidence"]
    assert [row["no"] for row in scored] == ["000", "001", "002"]

    page.get_by_text("Take it away", exact=True).click()
    with page.expect_download() as download:
        page.locator(".st-key-get-zip button").click()
    download.value.save_as(tmp_path / "model.zip")
    elsewhere = answers_of(tmp_path / "model.zip", sheet, tmp_path)
    assert [row["prediction"] for row in elsewhere] == [row["prediction"] for row in scored]
    assert [row["names"] for row in elsewhere] == [row["names"] for row in scored]


def test_a_file_of_words_and_tags_is_understood(server: Server, page: Page, tmp_path: Path) -> None:
    names = ["Ada", "Bob", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo", "Kit", "Lou"]
    lines = [
        line
        for name in names
        for line in (f"{name} B-PER", "Lee I-PER", "went O", "to O", f"{name}ville B-LOC", ". O", "")
    ]
    file = tmp_path / "words.tsv"
    file.write_text("word\ttag\n" + "\n".join(line.replace(" ", "\t") for line in lines), encoding="utf-8")
    steps.upload(page, server.url, file)
    expect(page.get_by_text("Each row is one word with its tag.")).to_be_visible()
    seen = table_said(page, "Five rows as the model will see them")
    assert "Ada Lee went to Adaville." in seen
    assert "Ada Lee (PER); Adaville (LOC)" in seen
    steps.button(page, "Check the data")
    expect(page.get_by_text("Yes: 12 rows with 2 kinds of names to learn from")).to_be_visible()


def marked(page: Page, words: str, kind: str) -> None:
    """Type words and a kind into the form, by keyboard alone."""
    steps.settled(page)
    page.get_by_label("Words to mark").fill(words)
    page.keyboard.press("Tab")
    box = page.get_by_role("combobox", name=re.compile("As"))
    box.fill(kind)
    page.keyboard.press("Enter")
    steps.button(page, "Mark these words")
    expect(page.get_by_text(re.compile(f"“{words}” marked in 1 place of row"))).to_be_visible()


def choose_in_grid(page: Page, word: int, kind: str) -> None:
    """The kind of a word in the grid, by keyboard once its cell is chosen; "" takes it away."""
    steps.settled(page)
    grid = page.get_by_role("region", name="The words of this text, each with its kind")
    grid.scroll_into_view_if_needed()
    place = grid.bounding_box()
    assert place
    page.mouse.click(place["x"] + 60, place["y"] + 38 + 35 * word + 17)
    page.keyboard.press("ArrowRight")
    if not kind:
        page.keyboard.press("Delete")
        return
    page.keyboard.press("Enter")
    editor = page.locator("#portal input")
    for _ in range(5):  # a click that lands while the page is drawn leaves the cell beside it chosen
        try:
            expect(editor).to_be_visible(timeout=3_000)
            break
        except AssertionError:
            page.keyboard.press("Escape")
            steps.settled(page)
            page.mouse.click(place["x"] + 60, place["y"] + 38 + 35 * word + 17)
            page.keyboard.press("ArrowRight")
            page.keyboard.press("Enter")
    expect(editor).to_be_visible()
    editor.fill(kind)
    page.keyboard.press("Enter")


def test_names_marked_by_hand_are_counted(server: Server, page: Page, tmp_path: Path) -> None:
    towns = ["Oslo", "Rome", "Bonn", "Cork", "Nice", "Bath", "Lodz", "Graz", "Brno", "Linz", "Ghent", "Malmö"]
    file = tmp_path / "plain.csv"
    file.write_text("note\n" + "".join(f"Ada Lee went to {town} by train\n" for town in towns), encoding="utf-8")
    steps.upload(page, server.url, file)
    page.get_by_text("Find names in texts", exact=True).click()
    expect(page.get_by_text("No name is marked yet. Go on: on Check you can mark names by hand")).to_be_visible()
    steps.button(page, "Check the data")
    expect(page.get_by_text("None of 12 texts is marked yet.")).to_be_visible()
    marked(page, "Ada Lee", "PERSON")
    marked(page, "Oslo", "PLACE")
    expect(page.locator("mark", has_text="Oslo")).to_be_visible()

    choose_in_grid(page, 6, "PLACE")  # “train”
    expect(page.get_by_role("button", name="Confirm 3 names")).to_be_visible()
    expect(page.locator("mark", has_text="train")).to_be_visible()
    choose_in_grid(page, 6, "")
    expect(page.get_by_role("button", name="Confirm 2 names")).to_be_visible()

    page.reload()
    expect(page.get_by_role("button", name="Confirm 2 names")).to_be_visible()  # typed, not confirmed: still there
    steps.button(page, "Confirm 2 names")
    expect(page.get_by_text("2 names marked in row 2.")).to_be_visible()
    for row in range(3, 12):
        marked(page, "Ada Lee", "PERSON")
        steps.button(page, "Confirm 1 name")
        expect(page.get_by_text(f"1 name marked in row {row}.")).to_be_visible()
    expect(page.get_by_text("10 of 12 texts are marked, with 11 names in all.")).to_be_visible()
    steps.button(page, "Count the marks in")
    expect(page.get_by_text("Yes: 10 rows with 2 kinds of names to learn from")).to_be_visible()
    expect(page.get_by_text("Names marked by hand: rows 2, 3, 4 and 7 more")).to_be_visible()
    expect(page.locator(".st-key-closer")).to_have_count(0, timeout=90_000)  # the page is drawn anew when it ends
    steps.settled(page)
    page.locator(".st-key-primary button").click()
    steps.headline(page, "How should it be trained?")
    mends = [json.loads(path.read_text()) for path in server.home.rglob("mends.json")]
    assert any(one and len(one[0]["changes"]["row"]) == 10 for one in mends)
