"""Where the public benchmark data lies (NUDGE_BENCH_DATA), and what is run on it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """NUDGE_BENCH_DATA, by default ../shared/data beside the checkout. Raises SystemExit where it is absent."""
    folder = Path(os.environ.get("NUDGE_BENCH_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        raise SystemExit(f"The benchmark data is not at {folder}. Set NUDGE_BENCH_DATA to its folder.")
    return folder


@dataclass(frozen=True)
class Case:
    """One cell of the table: a data set, how many of its rows, a strategy; and what it must reach."""

    data: str
    test: str
    strategy: str
    rows: int | None = None
    at_least: float | None = None
    above_tfidf: float | None = None
    above_strategy: str = ""
    settings: tuple[str, ...] = ()
    task: str = "classify"
    label: str = "label"

    @property
    def name(self) -> str:
        changed = f" ({', '.join(self.settings)})" if self.settings else ""
        what = "" if self.task == "classify" else f" / {self.task} {self.label}"
        return f"{self.data}{what} / {self.rows or 'all'} rows / {self.strategy}{changed}"


TUNED = ("top_layers", "lora", "bitfit", "full_finetune")
ADAPTERS = ("lora", "bitfit", "ia3", "lokr", "prefix_tuning", "prompt_tuning")

CASES = (
    Case("banking77", "test.csv", "frozen_features", at_least=0.925, above_tfidf=0.0),
    Case("sms_spam", "test.csv", "frozen_features", at_least=0.975, above_tfidf=0.0),
    Case("csabstruct", "test_nodup.csv", "frozen_features", at_least=0.68, above_tfidf=0.0),
    Case("banking77", "test.csv", "full_finetune", rows=2000, above_tfidf=0.05),
    *(Case("banking77", "test.csv", name, rows=2000, above_tfidf=0.05) for name in ADAPTERS),
    *(Case("sms_spam", "test.csv", name, above_tfidf=0.0) for name in TUNED),
    Case("csabstruct", "test_nodup.csv", "frozen_features", rows=2000, above_tfidf=0.0),
    *(
        Case("csabstruct", "test_nodup.csv", name, rows=2000, above_tfidf=0.0, above_strategy="frozen_features")
        for name in ("top_layers", "full_finetune")
    ),
    Case("banking77", "test.csv", "frozen_features", rows=5000, above_tfidf=0.0),
    *(Case("banking77", "test.csv", name, rows=5000, at_least=0.85) for name in ("full_finetune", "lora")),
)

OTHER_TASKS = (
    *(
        Case("nlupp_banking_multilabel", "test.csv", name, above_tfidf=0.1, task="multilabel", label="labels")
        for name in ("frozen_features", "full_finetune")
    ),
    *(
        Case("csabstruct", "test_nodup.csv", name, rows=2000, above_tfidf=0.0, task="score", label="position")
        for name in ("frozen_features", "full_finetune")
    ),
)
"""Several labels a text; and a number: which sentence of its abstract a text is, counted from 0."""

ABLATION = tuple(
    Case("csabstruct", "test_nodup.csv", strategy, rows=2000, settings=settings)
    for strategy, settings in (
        ("top_layers", ()),
        ("top_layers", ("gradual=false",)),
        ("top_layers", ("layer_decay=1.0",)),
        ("full_finetune", ()),
        ("full_finetune", ("layer_decay=1.0",)),
    )
)
"""What gradual unfreezing and discriminative learning rates are worth: each left out, all else the same."""
