"""A long sheet of real texts, no two the same."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

from bench.data import data_folder
from bench.work import SAMPLE_COLUMNS, SAMPLES, sample_texts

SOURCES = ("banking77", "csabstruct", "sms_spam", "wnut17")


def make_sheet(folder: Path, texts: int, data: str = "") -> Path:
    """sheet.csv with one column `text` of so many distinct texts: as the public sets (or our examples) have them, then two
    joined into one."""
    known = _public() if data != SAMPLES else [text for name in sorted(SAMPLE_COLUMNS) for text in sample_texts(name)]
    found = dict.fromkeys(text for text in known if text.strip())
    for apart in itertools.count(1):
        for first, second in zip(known, known[apart:], strict=False):
            if len(found) >= texts:
                break
            found.setdefault(f"{first} {second}")
        if len(found) >= texts or apart == len(known):
            break
    path = folder / "sheet.csv"
    with path.open("w", encoding="utf-8", newline="") as file_out:
        writer = csv.writer(file_out)
        writer.writerow(["text"])
        writer.writerows([text] for text in list(found)[:texts])
    return path


def _public() -> list[str]:
    import pandas as pd

    files = [data_folder() / name / file for name in SOURCES for file in ("train.csv", "test.csv", "unlabelled.csv")]
    return [
        text for file in files if file.exists() for text in pd.read_csv(file, dtype=str, keep_default_na=False)["text"]
    ]
