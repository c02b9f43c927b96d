"""From the draft to a saved Dataset and what was measured on it, made once. No Streamlit here."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages.parts.found import PROBLEMS, Card, cards_of, read_cards, save_problems
from pages.parts.spreadsheet import open_table, own_test_file, own_test_key, reading_key
from tlcore.errors import TlcoreError
from tlcore.files import read_json, write_json
from tlcore.splits import SplitWish, split_name
from tlcore.workspace import Project

if TYPE_CHECKING:
    from tlcore.datasets import Dataset
    from tlcore.facts import Facts

PREPARED, SHOWN = "prepared.json", 500
BUCKETS = (5, 10, 20, 40, 80, 160, 320, 640)
"""Upper ends of the text lengths counted, in words; the last bucket is open."""


@dataclass(frozen=True)
class Step:
    """A Mend as it is listed. notes: what of it could not be done."""

    id: str
    title: str
    sentence: str
    check: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """facts, warnings, counts and problems of the saved Dataset; the first rows that are not learned from; text lengths;
    what was mended. key: what it was made from."""

    key: str
    facts: Facts
    warnings: tuple[str, ...]
    counts: dict[str, int]
    left_out: list[dict[str, Any]]
    unlabelled: list[dict[str, Any]]
    lengths: list[int]
    problems: tuple[Card, ...]
    steps: tuple[Step, ...]

    @property
    def learned_from(self) -> int:
        return sum(self.counts.get(side, 0) for side in ("train", "validation", "test"))


def is_prepared(project: Project) -> bool:
    """Whether the Dataset on disk is the one the draft describes."""
    about = read_json(project.dataset_folder / PREPARED)
    return bool(about) and about.get("key") == dataset_key(project)


def prepare(project: Project) -> Prepared:
    """Read the spreadsheet, make the Dataset and measure it, unless that was done for this very draft.

    Raises TlcoreError where nothing can be learned.
    """
    key = dataset_key(project)
    about = read_json(project.dataset_folder / PREPARED)
    if not about or about.get("key") != key:
        about = _make(project, key)
    from tlcore.facts import Facts

    return Prepared(
        key,
        Facts.from_json(about["facts"]),
        tuple(about["warnings"]),
        about["counts"],
        about["left_out"],
        about["unlabelled"],
        about["lengths"],
        tuple(read_cards(about["cards"], project.dataset_folder / PROBLEMS)),
        tuple(Step(**{**step, "notes": tuple(step["notes"])}) for step in about["steps"]),
    )


def last_facts(project: Project) -> dict[str, Any] | None:
    """The facts measured last, current or not; for a line about the project."""
    about = read_json(project.dataset_folder / PREPARED)
    return about["facts"] if about else None


def dataset_key(project: Project) -> str:
    """Changes with all that the Dataset is made from."""
    draft = project.draft()
    wishes = [draft.get(name) for name in ("roles", "leave_out", "task", "seed")]
    parts = [reading_key(project), wishes, split_wish(draft).to_json(), own_test_key(project), _mends_key(project)]
    return blake2b(json.dumps(parts).encode(), digest_size=12).hexdigest()


def split_wish(draft: dict[str, Any]) -> SplitWish:
    """How the user wants it tested; by chance where nothing was said, or no column chosen."""
    wishes = draft.get("split") or {}
    how = wishes.get("how")
    return SplitWish(
        group=(wishes.get("group") or "") if how == "group" else "",
        date=(wishes.get("date") or "") if how == "date" else "",
        points=wishes.get("points") if how != "file" else None,
    )


def _mends_key(project: Project) -> str:
    try:
        found = project.mends_file.stat()
    except OSError:
        return ""
    return _content_key(project.mends_file, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=32)
def _content_key(path: Path, size: int, stamp: int) -> str:
    """The same content gives the same key, so that what is undone need not be looked at again."""
    content = path.read_bytes()
    return blake2b(content, digest_size=12).hexdigest() if content.strip() != b"[]" else ""


def _make(project: Project, key: str) -> dict[str, Any]:
    from tlcore.checks import check_dataset
    from tlcore.facts import measure_facts

    dataset = _dataset(project)
    facts = measure_facts(dataset, _tokenizer())
    problems = check_dataset(dataset, facts)
    about = {
        "key": key,
        "facts": facts.to_json(),
        "cards": cards_of(problems),
        "steps": _steps(dataset),
        **_summary(dataset),
    }
    spare = Path(tempfile.mkdtemp(prefix="dataset-", dir=project.folder))
    dataset.save(spare)
    save_problems(spare / PROBLEMS, problems)
    write_json(spare / PREPARED, about)
    _swap(spare, project.dataset_folder)
    return about


def _dataset(project: Project) -> Dataset:
    from tlcore.datasets import make_dataset
    from tlcore.tables import read_table
    from tlcore.tasks import get_task

    draft = project.draft()
    table, test_file = open_table(project), own_test_file(project)
    roles = {name: tuple(columns) for name, columns in (draft.get("roles") or {}).items()}
    seed, wish = int(draft.get("seed", 0)), split_wish(draft)
    name = split_name(roles.get("text", ()), seed, test_file is not None, wish)
    dataset = make_dataset(
        table,
        get_task(draft.get("task", "classify")),
        roles,
        seed=seed,
        test=read_table(test_file) if test_file else None,
        leave_out=draft.get("leave_out") or (),
        mends=project.mends(),
        split=replace(wish, previous=project.sides(name)),
    )
    project.save_sides(name, dataset.sides())
    return dataset


def _steps(dataset: Dataset) -> list[dict[str, Any]]:
    from tlcore.mend import describe

    return [
        {
            "id": mend.id,
            "title": mend.title,
            "sentence": describe(mend),
            "check": mend.check,
            "notes": outcome.warnings(),
        }
        for mend, outcome in zip(dataset.mends, dataset.outcomes, strict=True)
    ]


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


def _swap(spare: Path, folder: Path) -> None:
    """Written beside and swapped in whole: another tab may have the old rows memory-mapped."""
    shutil.rmtree(folder, ignore_errors=True)
    spare.rename(folder)
