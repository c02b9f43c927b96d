"""Public rows and small faults to plant in them: changes after which a text says the same, and labels that are wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from bench.data import data_folder

SMALL_WORDS = ("please", "really", "just", "actually", "also")
ROLES = {"text": ("text",), "label": ("label",)}


def typo(text: str, rng: random.Random) -> str:
    """Two letters swapped, or one lost, in one of the longer words."""
    words = text.split()
    k = rng.choice([i for i, word in enumerate(words) if len(word) > 4 and word.isalpha()])
    at = rng.randrange(1, len(words[k]) - 1)
    word = words[k]
    words[k] = word[:at] + (word[at + 1] + word[at] + word[at + 2 :] if rng.random() < 0.5 else word[at + 1 :])
    return " ".join(words)


def signs(text: str, rng: random.Random) -> str:
    return text.rstrip("?.!") + rng.choice(("!", "...", " ?", ""))


def case(text: str, rng: random.Random) -> str:
    return rng.choice((text.upper(), text.lower(), text.title()))


def small_word(text: str, rng: random.Random) -> str:
    return insert(text, rng.choice(SMALL_WORDS), rng)


def insert(text: str, word: str, rng: random.Random) -> str:
    words = text.split()
    words.insert(rng.randrange(len(words) + 1), word)
    return " ".join(words)


CHANGES: dict[str, Callable[[str, random.Random], str]] = {
    "a typo": typo, "letter case": case, "punctuation": signs, "a small word added": small_word,
}  # fmt: skip


def any_change(text: str, rng: random.Random) -> str:
    return rng.choice(list(CHANGES.values()))(text, rng)


def flip(y: np.ndarray, classes: int, seed: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """This share of the labels, drawn at random, each become another one, all others as likely; and which."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(y), round(noise * len(y)), replace=False)
    noisy, flipped = y.copy(), np.zeros(len(y), dtype=bool)
    noisy[rows] = (y[rows] + rng.integers(1, classes, len(rows))) % classes
    flipped[rows] = True
    return noisy, flipped


def rows_of(data: str, file: str) -> tuple[list[str], list[str]]:
    from tlcore.tables import read_table

    read = read_table(data_folder() / data / file)
    return list(read.column("text")), list(read.column("label"))


def table_of(texts: Sequence[str], labels: Sequence[str]) -> Any:
    from tlcore.tables import HowRead, Table

    data = pa.table({"text": list(texts), "label": list(labels)})
    return Table(("text", "label"), data, np.arange(2, len(texts) + 2), HowRead("rows.csv", "csv"))


def dataset_of(texts: Sequence[str], labels: Sequence[str], **more: Any) -> Any:
    from tlcore.datasets import make_dataset
    from tlcore.tasks import get_task

    return make_dataset(table_of(texts, labels), get_task("classify"), ROLES, **more)
