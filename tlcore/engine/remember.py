"""Scores that were worked out before, kept on disk by what they depend on: the same rows are not cross-validated twice."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import sklearn

from tlcore.files import read_json, write_json
from tlcore.workspace import Workspace

MOST = 2_000
"""Answers kept; a hundred bytes each. Above it the older half goes."""
FORMAT = 2
"""One more where the same question is answered in another way."""


def digest(*arrays: np.ndarray) -> str:
    """Of the values, shapes and types of the arrays."""
    found = blake2b(digest_size=16)
    for array in arrays:
        found.update(f"{array.dtype}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def remembered(question: Sequence[object], work_out: Callable[[], list[float]]) -> list[float]:
    """The numbers that `work_out` gives; from disk where the same question (JSON-able parts) was answered before."""
    asked = json.dumps([FORMAT, sklearn.__version__, np.__version__, *question], sort_keys=True)
    file = Workspace().score_cache / f"{blake2b(asked.encode(), digest_size=16).hexdigest()}.json"
    known = read_json(file)
    if isinstance(known, list) and all(isinstance(one, float) for one in known):
        return known
    found = work_out()
    with contextlib.suppress(OSError):  # a full disk costs time next time, nothing else
        write_json(file, found)
        _make_room(file.parent)
    return found


def _make_room(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
    if len(files) > MOST:
        for file in files[: len(files) // 2]:
            file.unlink(missing_ok=True)
