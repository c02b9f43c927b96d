"""Rows without a label: zero_shot with a sentence on each label, beside what needs no labels either, on each set's test file.

The descriptions lie in bench/labels and are ours. The training rows are read without their labels.
"""

from __future__ import annotations

import csv
import json
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data import ROOT, data_folder

LABELS = Path(__file__).resolve().parent / "labels"
ABOVE_MAJORITY, AT_LEAST = 0.15, 0.75


@dataclass(frozen=True)
class Case:
    """A data set, its file of descriptions, how many of its largest classes (0: all), and settings."""

    data: str
    labels: str
    test: str = "test.csv"
    classes: int = 0
    settings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        cut = f", {self.classes} largest" if self.classes else ""
        changed = f" ({', '.join(self.settings)})" if self.settings else ""
        return f"{self.data}{cut}{changed}"


SETS = (
    Case("csabstruct", "csabstruct.csv", "test_nodup.csv"),
    Case("banking77", "banking77_ten.csv", classes=10),
    Case("sms_spam", "sms_spam.csv"),
)
CASES = tuple(
    Case(one.data, one.labels, one.test, one.classes, settings)
    for settings in ((), ("refine=false",), ("refine=false", "layers=last"))
    for one in SETS
)  # fmt: skip


def measure(seeds: list[int], log: Path) -> list[dict[str, Any]]:
    """Each case on every seed; kept in `log` at once."""
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    have = {(row["case"], row["seed"]) for row in rows}
    log.parent.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        for seed in seeds:
            if (case.name, seed) in have:
                continue
            report = _run(case, seed)
            row = {
                "case": case.name, "seed": seed, "macro_f1": report["test"]["macro_f1"],
                "ends": [report["test"]["macro_f1_low"], report["test"]["macro_f1_high"]],
                "majority": report["baselines"]["majority"]["macro_f1"], "words": report["baselines"]["tfidf"]["macro_f1"],
                "accuracy": report["test"]["accuracy"], "agreement": report["chosen"]["agreement"],
            }  # fmt: skip
            print(json.dumps(row), flush=True)
            rows.append(row)
            with log.open("a") as file:
                file.write(json.dumps(row) + "\n")
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: medians over the seeds (lowest, highest), what must be shown, and whether it is."""
    lines = [
        "| data (settings) | macro-F1 (lowest, highest) | 95 %, seed 0 | commonest label | words in common | +15 | >= 0.75 |",
        "|---|---|---|---|---|---|---|",
    ]
    for case in CASES:
        of_case = [row for row in rows if row["case"] == case.name]
        if not of_case:
            continue
        scores = [row["macro_f1"] for row in of_case]
        middle, first = statistics.median(scores), of_case[0]
        shown = [
            "yes" if reached else "**no**"
            for reached in (middle >= first["majority"] + ABOVE_MAJORITY, middle >= AT_LEAST)
        ]
        lines.append(
            f"| {case.name} | **{middle:.3f}** ({min(scores):.3f}, {max(scores):.3f}) | {first['ends'][0]:.3f} to "
            f"{first['ends'][1]:.3f} | {first['majority']:.3f} | {first['words']:.3f} | {' | '.join(shown)} |"
        )
    return "\n".join(lines)


def _run(case: Case, seed: int) -> dict[str, Any]:
    """One training by `python -m tlcore train` on the texts alone. Raises SystemExit if it fails."""
    folder = data_folder() / case.data
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        keep = _largest(folder / "train.csv", case.classes)
        _copy(folder / "train.csv", place / "texts.csv", keep, ("text",))
        _copy(folder / case.test, place / "test.csv", keep, ("text", "label"))
        command = [
            sys.executable, "-m", "tlcore", "train", str(place / "texts.csv"), "--text", "text", "--strategy", "zero_shot",
            "--labels", str(LABELS / case.labels), "--test", str(place / "test.csv"), "--label", "label", "--seed", str(seed),
            *(word for setting in case.settings for word in ("--set", setting)), "--out", str(place / "run"),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{case.name}, seed {seed}: {done.stdout}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _largest(file: Path, classes: int) -> set[str]:
    """The largest classes, as bench.work draws them (of equals those that come first)."""
    counts = Counter(row["label"] for row in _rows(file))
    return {label for label, _ in counts.most_common(classes or None)}


def _copy(file: Path, target: Path, keep: set[str], columns: tuple[str, ...]) -> None:
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row for row in _rows(file) if row["label"] in keep)
