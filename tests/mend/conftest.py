"""Rows with the flaws that are mended, twins among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tlcore.datasets import Dataset, make_dataset
from tlcore.tables import Table
from tlcore.tasks import get_task

ROLES = {"text": ("text",), "label": ("label",)}
THINGS = ["lamp", "kettle", "garden", "bicycle", "mirror", "window", "carpet", "hammer", "pillow", "basket"]
ENDS = ["broke in transit", "smells of paint", "came too late", "is the wrong size", "has no manual", "looks wonderful"]
TEXTS = [f"The {thing} {end}" for thing in THINGS for end in ENDS]
LABELS = [("good" if end == ENDS[-1] else "bad") for _ in THINGS for end in ENDS]
Redo = Callable[..., Dataset]


@pytest.fixture
def rows() -> list[tuple[str, str]]:
    """60 rows, numbers 2 to 61 in the file; change them at will."""
    return list(zip(TEXTS, LABELS, strict=True))


@pytest.fixture
def redo(make_table: Callable[..., Table]) -> Redo:
    """(text, label) rows -> Dataset, with whatever make_dataset takes."""

    def build(pairs: Sequence[tuple[str, str]], **more: Any) -> Dataset:
        table = make_table(text=[text for text, _ in pairs], label=[label for _, label in pairs])
        return make_dataset(table, get_task("classify"), ROLES, **more)

    return build
