"""Saved models of each family, with the torch encoder they were made from; exported once for the whole session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlcore.models.load import load_encoder
from tlcore.models.saved import Fitted, Head, save_model

LABELS = ["no", "yes", "unsure"]


@dataclass(frozen=True)
class Saved:
    """A model's folder, and what it must answer like: encoder (torch) and head (None where training made it)."""

    folder: Path
    encoder: Any
    layers: tuple[int, ...]
    head: Head | None


@pytest.fixture(scope="session")
def saved(
    tmp_path_factory: pytest.TempPathFactory, tiny_base: Callable[[str], Path], tiny_trained: Any
) -> Callable[[str], Saved]:
    """Family -> Saved: the tiny trained run for bert, else a tiny random base with a random head on all its layers."""
    made: dict[str, Saved] = {}

    def build(family: str) -> Saved:
        if family not in made and family == "bert":
            folder = tiny_trained.folder / "model"
            made[family] = Saved(folder, load_encoder(folder), tuple(tiny_trained.about["layers"]), None)
        elif family not in made:
            made[family] = _save(tiny_base(family), tmp_path_factory.mktemp("saved") / family)
        return made[family]

    return build


def _save(base: Path, folder: Path) -> Saved:
    encoder = load_encoder(base)
    layers = tuple(range(encoder.config.num_hidden_layers + 1))
    rng = np.random.default_rng(0)
    head = Head(rng.normal(size=(3, 32 * len(layers))), rng.normal(size=3))
    fitted = Fitted(encoder, base, layers, head, 16, None, 3, 4)
    save_model(fitted, folder, {"labels": LABELS, "text_columns": ["text"], "task": "classify"})
    return Saved(folder, encoder, layers, head)
