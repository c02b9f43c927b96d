"""What the Projects page says about each project and each example. No Streamlit here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pages.parts.named import has_roles
from pages.parts.prepared import is_prepared, last_facts
from pages.parts.spreadsheet import spreadsheet
from pages.parts.words import ago, plural
from tlcore import jobs
from tlcore.workspace import Project

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
SHEETS = {".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".jsonl", ".json", ".zip"}
ENDS = {
    "done": "trained",
    "stopped": "trained, stopped early",
    "cancelled": "last training cancelled",
    "failed": "last training failed",
    "lost": "last training stopped unexpectedly",
    "paused": "training paused",
}


@dataclass(frozen=True)
class Example:
    title: str
    sentence: str
    file: Path


def examples(folder: Path = SAMPLES) -> list[Example]:
    """The sample sets that came with Nudge: a folder each, a spreadsheet and a page in it."""
    found = []
    for place in sorted(folder.iterdir()) if folder.is_dir() else []:
        sheets = [f for f in sorted(place.iterdir()) if f.suffix in SHEETS] if place.is_dir() else []
        if sheets:
            title = place.name.replace("_", " ").capitalize()
            found.append(Example(title, _first_sentence(place / "README.md"), sheets[0]))
    return found


def next_step(project: Project) -> str:
    """The page on which this project goes on."""
    runs = project.run_folders()
    if runs:
        last = jobs.job_state(runs[0])
        if (runs[0] / "report.json").exists() and not last.alive:
            return "results"
        if last.alive or last.resumable:
            return "train"
    if is_prepared(project):
        return "plan"
    draft = project.draft()
    return "check" if has_roles(draft) else "data"


def _kinds(classes: dict[str, int], labelled: int) -> str:
    """ " in 3 classes"; labels where a row may have several; "" where they are numbers."""
    several = sum(classes.values()) > labelled
    words = ("label", "labels") if several else ("class", "classes")
    return f" {'with' if several else 'in'} {plural(len(classes), *words)}" if classes else ""


def about(project: Project) -> str:
    """Rows, classes and what happened last, in a line."""
    facts, path, runs = last_facts(project), spreadsheet(project), project.run_folders()
    parts = [path.name] if path else ["no spreadsheet yet"]
    if facts:
        classes = _kinds(facts["classes"], facts["labelled"]) if facts["labelled"] else ", no labels"
        parts.append(plural(facts["rows"], "row") + classes)
    if runs:
        state = jobs.job_state(runs[0])
        word = "training now" if state.alive else ENDS.get(state.state, state.state)
        parts.append(word if state.alive or not state.ended else f"{word} {ago(state.ended)}")
    else:
        parts.append(f"started {ago(project.created)}, not trained yet")
    return " · ".join(parts)


def _first_sentence(page: Path) -> str:
    """The first sentence under the heading of a Markdown page, without its marks."""
    try:
        paragraphs = page.read_text(encoding="utf-8").split("\n\n")
    except OSError:
        return ""
    plain = [" ".join(text.split()) for text in paragraphs if text.strip() and not text.lstrip().startswith("#")]
    first = (plain or [""])[0].replace("`", "").replace("*", "")
    return re.split(r"(?<=[.:;])\s", first, maxsplit=1)[0].rstrip(".:;") + "." if first else ""
