"""What is to be prepared from a table and what the user chose, and where what comes of it lies. Loads next to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PREPARED, PROBLEMS = "prepared.json", "problems"
SHOWN = 500
"""Rows that are not learned from are listed up to so many; the report has them all."""
BUCKETS = (5, 10, 20, 40, 80, 160, 320, 640)
"""Upper ends of the text lengths counted, in words; the last bucket is open."""


@dataclass(frozen=True)
class Order:
    """What a Dataset is made from, ready for JSON. key: changes with all that follows. table: a folder of tlcore.tables.keep_table.
    test: the user's own test file, or "". mends: a file of tlcore.mend, which need not be there. labels: those that were named, each a
    label and a description."""

    key: str
    table: str
    task: str
    roles: Mapping[str, list[str]]
    seed: int
    leave_out: list[str]
    split: Mapping[str, Any]
    test: str
    mends: str
    labels: list[dict[str, str]] = field(default_factory=list)
    images: str = ""
    """The folder or zip of the pictures that rows name."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def problem_file(folder: Path, problem_id: str) -> Path:
    """Where in the folder of a Dataset the whole of a problem lies: a file each, so that one can be read without the others."""
    return folder / PROBLEMS / f"{problem_id}.json"
