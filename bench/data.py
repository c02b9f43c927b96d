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

    @property
    def name(self) -> str:
        return f"{self.data} / {self.rows or 'all'} rows / {self.strategy}"


CASES = (
    Case("banking77", "test.csv", "frozen_features", at_least=0.925, above_tfidf=0.0),
    Case("sms_spam", "test.csv", "frozen_features", at_least=0.975, above_tfidf=0.0),
    Case("csabstruct", "test_nodup.csv", "frozen_features", at_least=0.68, above_tfidf=0.0),
    Case("banking77", "test.csv", "full_finetune", rows=2000, above_tfidf=0.05),
    Case("sms_spam", "test.csv", "full_finetune", above_tfidf=-0.01),
)
