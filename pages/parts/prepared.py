"""From the draft to a saved Dataset and what was measured on it, made once. No Streamlit here."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json
from tlcore.workspace import Project

if TYPE_CHECKING:
    from tlcore.checks import Problem
    from tlcore.datasets import Dataset
    from tlcore.facts import Facts

PREPARED, SHOWN = "prepared.json", 500
OPTIONS = ("encoding", "delimiter", "sheet", "header_row")
BUCKETS = (5, 10, 20, 40, 80, 160, 320, 640)
"""Upper ends of the text lengths counted, in words; the last bucket is open."""


@dataclass(frozen=True)
class Prepared:
    """facts, warnings, counts and problems of the saved Dataset; the first rows that are not learned from; text lengths."""

    facts: Facts
    warnings: tuple[str, ...]
    counts: dict[str, int]
    left_out: list[dict[str, Any]]
    unlabelled: list[dict[str, Any]]
    lengths: list[int]
    problems: tuple[Problem, ...]

    @property
    def learned_from(self) -> int:
        return sum(self.counts.get(side, 0) for side in ("train", "validation", "test"))


def read_options(draft: dict[str, Any]) -> dict[str, Any]:
    """How the user wants the file read; what is not here is guessed."""
    wishes = draft.get("read") or {}
    return {name: wishes[name] for name in OPTIONS if wishes.get(name) is not None}


def is_prepared(project: Project) -> bool:
    """Whether the Dataset on disk is the one the draft describes."""
    about = read_json(project.dataset_folder / PREPARED)
    return bool(about) and about.get("key") == _key(project)


def prepare(project: Project) -> Prepared:
    """Read the spreadsheet, make the Dataset and measure it, unless that was done for this very draft.

    Raises TlcoreError where nothing can be learned.
    """
    key = _key(project)
    about = read_json(project.dataset_folder / PREPARED)
    if not about or about.get("key") != key:
        about = _make(project, key)
    from tlcore.checks import Problem
    from tlcore.facts import Facts

    return Prepared(
        Facts.from_json(about["facts"]),
        tuple(about["warnings"]),
        about["counts"],
        about["left_out"],
        about["unlabelled"],
        about["lengths"],
        tuple(Problem.from_json(problem) for problem in about["problems"]),
    )


def last_facts(project: Project) -> dict[str, Any] | None:
    """The facts measured last, current or not; for a line about the project."""
    about = read_json(project.dataset_folder / PREPARED)
    return about["facts"] if about else None


def _key(project: Project) -> str:
    path, draft = project.upload(), project.draft()
    stamp = [path.name, path.stat().st_size, path.stat().st_mtime_ns] if path else []
    wishes = [draft.get(name) for name in ("roles", "leave_out", "task", "seed")]
    return blake2b(json.dumps([stamp, read_options(draft), wishes]).encode(), digest_size=12).hexdigest()


def _make(project: Project, key: str) -> dict[str, Any]:
    from tlcore.checks import check_dataset
    from tlcore.datasets import make_dataset
    from tlcore.facts import measure_facts
    from tlcore.tables import read_table
    from tlcore.tasks import get_task

    path, draft = project.upload(), project.draft()
    if path is None:
        raise TlcoreError("No spreadsheet has been chosen yet.", "", "Choose one in Data.")
    roles = {name: tuple(columns) for name, columns in (draft.get("roles") or {}).items()}
    dataset = make_dataset(
        read_table(path, **read_options(draft)),
        get_task(draft.get("task", "classify")),
        roles,
        seed=int(draft.get("seed", 0)),
        leave_out=draft.get("leave_out") or (),
    )
    facts = measure_facts(dataset, _tokenizer())
    problems = [problem.to_json() for problem in check_dataset(dataset, facts)]
    about = {"key": key, "facts": facts.to_json(), "problems": problems, **_summary(dataset)}
    _replace(dataset, project.dataset_folder, about)
    return about


def _tokenizer() -> Path | None:
    from tlcore.models.bases import tokenizer_file

    try:
        return tokenizer_file("minilm")
    except TlcoreError:
        return None


def _summary(dataset: Dataset) -> dict[str, Any]:
    rows = dataset.rows
    numbers, texts, sides, whys = rows["row"][:], rows["text"][:], rows["split"][:], rows["why"][:]
    some: dict[str, list[dict[str, Any]]] = {"left_out": [], "unlabelled": []}
    for number, text, side, why in zip(numbers, texts, sides, whys, strict=True):
        if side in some and len(some[side]) < SHOWN:
            some[side].append({"row": number, "why": why or "no label", "text": text[:200]})
    buckets = Counter(sum(len(text.split()) > end for end in BUCKETS) for text in texts if text)
    return {
        **some,
        "warnings": list(dataset.warnings),
        "counts": dataset.counts(),
        "lengths": [buckets[i] for i in range(len(BUCKETS) + 1)],
    }


def _replace(dataset: Dataset, folder: Path, about: dict[str, Any]) -> None:
    """Written beside and swapped in whole: another tab may have the old rows memory-mapped."""
    spare = Path(tempfile.mkdtemp(prefix="dataset-", dir=folder.parent))
    dataset.save(spare)
    write_json(spare / PREPARED, about)
    shutil.rmtree(folder, ignore_errors=True)
    spare.rename(folder)
