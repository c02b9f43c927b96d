"""What was measured on the project's saved Dataset, made once for a draft; for many rows by a job. No Streamlit here."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages.parts.found import Card, read_cards
from pages.parts.named import named_labels
from pages.parts.spreadsheet import (
    open_table,
    own_test_file,
    own_test_key,
    pictures_key,
    pictures_place,
    reading_key,
    table_folder,
)
from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.order import PREPARED, Order, problem_file
from tlcore.splits import SplitWish
from tlcore.tasks import get_task
from tlcore.workspace import Project

if TYPE_CHECKING:
    from tlcore.facts import Facts


VERSION = 2
"""Of what is kept on the disk; what an earlier version of Nudge kept is made anew."""
MOST_ROWS, MOST_BYTES = 15_000, 2 * 2**20
"""Rows, and bytes of text, that are prepared here and now: that takes about two seconds at most. More is a job."""


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
    what was mended. key: what it was made from. numbers: where labels are amounts, those of (at most so many as are drawn of)
    the rows that are learned from. named: the labels, where the user named them; then rows need none."""

    key: str
    facts: Facts
    warnings: tuple[str, ...]
    counts: dict[str, int]
    left_out: list[dict[str, Any]]
    unlabelled: list[dict[str, Any]]
    lengths: list[int]
    problems: tuple[Card, ...]
    steps: tuple[Step, ...]
    task: str = "classify"
    numbers: tuple[float, ...] = ()
    named: tuple[str, ...] = ()

    @property
    def learned_from(self) -> int:
        return sum(self.counts.get(side, 0) for side in ("train", "validation", "test"))


def is_prepared(project: Project) -> bool:
    """Whether the Dataset on disk is the one the draft describes."""
    about = read_json(project.dataset_folder / PREPARED)
    return bool(about) and about.get("key") == dataset_key(project)


def is_large(project: Project) -> bool:
    """Whether the rows are so many that making the Dataset is a job. Raises TlcoreError where the file cannot be read."""
    table = open_table(project)
    roles = project.draft().get("roles") or {}
    read = {name for columns in roles.values() for name in columns if name in table.columns}
    return table.rows > MOST_ROWS or table.data.select(sorted(read)).nbytes > MOST_BYTES


def prepare(project: Project) -> Prepared:
    """What was measured for this very draft; made now, unless it was made before.

    Raises TlcoreError where nothing can be learned, and where the rows are so many that Check has a job make it.
    """
    key = dataset_key(project)
    about = read_json(project.dataset_folder / PREPARED)
    if not about or about.get("key") != key:
        if is_large(project):
            raise TlcoreError(
                "Your rows have not been looked at yet.", "", "Go back to Check, and wait until that is done."
            )
        about = _make(project)
    from tlcore.facts import Facts

    folder = project.dataset_folder
    return Prepared(
        key,
        Facts.from_json(about["facts"]),
        tuple(about["warnings"]),
        about["counts"],
        about["left_out"],
        about["unlabelled"],
        about["lengths"],
        tuple(card for one in about["cards"] for card in read_cards([one], problem_file(folder, one["id"]))),
        tuple(Step(**{**step, "notes": tuple(step["notes"])}) for step in about["steps"]),
        about.get("task", "classify"),
        tuple(about.get("numbers", ())),
        tuple(about.get("named", ())),
    )


def last_facts(project: Project) -> dict[str, Any] | None:
    """The facts measured last, current or not; for a line about the project."""
    about = read_json(project.dataset_folder / PREPARED)
    return about["facts"] if about else None


def dataset_key(project: Project) -> str:
    """Changes with all that the Dataset is made from, and with how it is kept."""
    draft = project.draft()
    wishes = [draft.get(name) for name in ("roles", "leave_out", "task", "seed")]
    parts = [
        VERSION,
        reading_key(project),
        wishes,
        split_wish(draft).to_json(),
        own_test_key(project),
        _mends_key(project),
        named_labels(draft),
        *pictures_key(project),
    ]
    return blake2b(json.dumps(parts).encode(), digest_size=12).hexdigest()


def order_of(project: Project, mends: Path) -> Order:
    """What the draft asks for, of a table that has been read. mends: the file of the mends, or a copy of it."""
    draft, test = project.draft(), own_test_file(project)
    return Order(
        dataset_key(project),
        str(table_folder(project)),
        draft.get("task", "classify"),
        _roles_of(draft),
        int(draft.get("seed", 0)),
        list(draft.get("leave_out") or ()),
        split_wish(draft).to_json(),
        str(test or ""),
        str(mends),
        named_labels(draft),
        pictures_place(project),
    )


def _roles_of(draft: dict[str, Any]) -> dict[str, list[str]]:
    """Of the task that is chosen: the draft keeps those of others, too, for somebody who goes back to them."""
    known = {role.name for role in get_task(str(draft.get("task") or "classify")).roles}
    return {name: list(columns) for name, columns in (draft.get("roles") or {}).items() if name in known}


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


def _make(project: Project) -> dict[str, Any]:
    from tlcore.prepare import prepare_rows
    from tlcore.told import Nobody

    with tempfile.TemporaryDirectory(prefix="dataset-", dir=project.folder) as spare:
        return prepare_rows(project, order_of(project, project.mends_file), Path(spare) / "dataset", Nobody())
