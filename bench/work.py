"""One piece of work, ours or a peer's, in a process of its own: `python -m bench.work SPEC` prints what it took as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.data import data_folder


@dataclass(frozen=True)
class Spec:
    """who: `ours` or a peer of `bench.peers`. rows, classes: how many rows, of how many of the largest classes (0 all)."""

    who: str
    work: str
    data: str
    seed: int = 0
    rows: int = 0
    classes: int = 0
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Texts:
    """Training and test texts with integer labels; the same rows whoever learns from them."""

    names: list[str]
    train: list[str]
    train_y: list[int]
    test: list[str]
    test_y: list[int]


@dataclass
class Took:
    """seconds: of the work, without loading libraries and without the test rows. answers: class of each test row."""

    seconds: float
    answers: list[int] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)


def load_texts(spec: Spec) -> Texts:
    """As shared recipes draw them: the largest classes, then a sample of the rows by the seed."""
    import pandas as pd

    folder = data_folder() / spec.data
    test = folder / "test_nodup.csv"
    train, held_out = (
        pd.read_csv(file, dtype=str, keep_default_na=False)
        for file in (folder / "train.csv", test if test.exists() else folder / "test.csv")
    )
    if spec.classes:
        largest = train.label.value_counts().index[: spec.classes]
        train, held_out = train[train.label.isin(largest)], held_out[held_out.label.isin(largest)]
    if spec.rows and spec.rows < len(train):
        train = train.sample(spec.rows, random_state=spec.seed)
    names = sorted(set(train.label))
    held_out = held_out[held_out.label.isin(names)]
    y, test_y = ([names.index(label) for label in side.label] for side in (train, held_out))
    return Texts(names, train.text.tolist(), y, held_out.text.tolist(), test_y)


def run(spec: Spec) -> dict[str, Any]:
    """Do the work and say what it took: seconds, macro-F1, which test rows were right, peak memory in MB."""
    from sklearn.metrics import f1_score

    from tlcore.worker import peak_memory_mb

    took = _worker(spec)(load_texts(spec), spec)
    found = {**asdict(spec), "seconds": took.seconds, "peak_memory_mb": peak_memory_mb(), **took.more}
    if took.answers:
        y = load_texts(spec).test_y
        found |= {"macro_f1": float(f1_score(y, took.answers, average="macro")), "answers": took.answers, "y": y}
    return found


def _worker(spec: Spec) -> Callable[[Texts, Spec], Took]:
    from bench import ours, peers

    return getattr(ours if spec.who == "ours" else peers, spec.work)


def seconds_of(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


if __name__ == "__main__":
    print(json.dumps(run(Spec(**json.loads(sys.argv[1])))), flush=True)
