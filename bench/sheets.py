"""A long sheet of real texts, no two the same."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

from bench.data import data_folder

SOURCES = ("banking77", "csabstruct", "sms_spam", "wnut17")


def make_sheet(folder: Path, texts: int) -> Path:
    """sheet.csv with one column `text` of so many distinct texts, as the public sets have them, then two joined into one."""
    import pandas as pd

    found: dict[str, None] = {}
    for name in SOURCES:
        for file in ("train.csv", "test.csv", "unlabelled.csv"):
            source = data_folder() / name / file
            if source.exists():
                column = pd.read_csv(source, dtype=str, keep_default_na=False)["text"]
                found |= dict.fromkeys(text for text in column if text.strip())
    known = list(found)
    for first, second in itertools.pairwise(known):
        if len(found) >= texts:
            break
        found.setdefault(f"{first} {second}")
    path = folder / "sheet.csv"
    with path.open("w", encoding="utf-8", newline="") as file_out:
        writer = csv.writer(file_out)
        writer.writerow(["text"])
        writer.writerows([text] for text in list(found)[:texts])
    return path
