"""One piece of work, ours or a peer's, in a process of its own: `python -m bench.work SPEC` prints what it took as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.data import ROOT, data_folder

SAMPLES = "samples"
SAMPLE_COLUMNS = {
    "job_adverts": "advert",
    "product_reviews": "review",
    "short_news": "item",
    "support_tickets": "message",
}


@dataclass(frozen=True)
class Spec:
    """who: `ours` or a peer of `bench.peers`. rows, classes: how many rows, of how many of the largest classes (0 all);
    shots: so many rows of each class instead."""

    who: str
    work: str
    data: str
    seed: int = 0
    rows: int = 0
    classes: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    shots: int = 0


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
    train, held_out = _samples(spec.seed) if spec.data == SAMPLES else public(spec.data)
    if spec.classes:
        largest = train.label.value_counts().index[: spec.classes]
        train, held_out = train[train.label.isin(largest)], held_out[held_out.label.isin(largest)]
    if spec.shots:
        each = [rows.sample(min(spec.shots, len(rows)), random_state=spec.seed) for _, rows in train.groupby("label")]
        train = type(train)([row for rows in each for row in rows.to_dict("records")])
    elif spec.rows and spec.rows < len(train):
        train = train.sample(spec.rows, random_state=spec.seed)
    names = sorted(set(train.label))
    held_out = held_out[held_out.label.isin(names)]
    y, test_y = ([names.index(label) for label in side.label] for side in (train, held_out))
    return Texts(names, train.text.tolist(), y, held_out.text.tolist(), test_y)


def public(name: str) -> tuple[Any, Any]:
    import pandas as pd

    folder = data_folder() / name
    test = folder / "test_nodup.csv"
    files = (folder / "train.csv", test if test.exists() else folder / "test.csv")
    return tuple(pd.read_csv(file, dtype=str, keep_default_na=False) for file in files)  # type: ignore[return-value]


def _samples(seed: int) -> tuple[Any, Any]:
    """The example sets that come with Nudge, which set it is being the label; a quarter held out."""
    import pandas as pd

    rows = [(text, name) for name in sorted(SAMPLE_COLUMNS) for text in dict.fromkeys(sample_texts(name))]
    every = pd.DataFrame(rows, columns=["text", "label"]).sample(frac=1, random_state=seed)
    cut = len(every) // 4
    return every[cut:], every[:cut]


def sample_texts(name: str) -> list[str]:
    """The texts of one of the example sets."""
    from tlcore.tables import read_table

    file = next(file for file in sorted((ROOT / "sample_data" / name).iterdir()) if file.suffix in (".csv", ".xlsx"))
    return [text for text in read_table(file).column(SAMPLE_COLUMNS[name]) if text.strip()]


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
