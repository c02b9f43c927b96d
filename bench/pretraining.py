"""Reading csabstruct's unlabelled abstracts first, then 500 labelled rows: perplexity, and what it did to macro-F1, whichever way."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data import ROOT, data_folder
from tlcore.told_reading import reading_sentence

FALL = 0.3
"""Of the perplexity, at least; what macro-F1 does is reported and not required."""


@dataclass(frozen=True)
class Case:
    """So many abstracts, read so often, then so many labelled rows for the strategy that follows."""

    texts: int
    epochs: int
    rows: int
    then: str

    @property
    def name(self) -> str:
        return f"csabstruct / {self.texts} abstracts, {self.epochs} rounds / {self.rows} rows / {self.then}"


CASES = tuple(Case(600, 4, 500, then) for then in ("frozen_features", "full_finetune"))


def run_case(case: Case, seed: int) -> dict[str, Any]:
    """One training by `python -m tlcore train`; its report. Raises SystemExit if it fails."""
    folder = data_folder() / "csabstruct"
    with tempfile.TemporaryDirectory() as scratch:
        sample = Path(scratch) / "unlabelled.csv"
        _sample(folder / "unlabelled.csv", sample, case.texts, seed)
        command = [
            sys.executable, "-m", "tlcore", "train", str(folder / "train.csv"), "--text", "text", "--label", "label",
            "--test", str(folder / "test_nodup.csv"), "--rows", str(case.rows), "--seed", str(seed), "--unlabelled", str(sample),
            "--strategy", "mlm_then_finetune", "--then", case.then, "--set", f"epochs={case.epochs}",
            "--out", str(Path(scratch) / "run"),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{case.name}, seed {seed}: {done.stdout}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _sample(source: Path, target: Path, texts: int, seed: int) -> None:
    with source.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *random.Random(seed).sample(rows, texts)])


def measure(cases: tuple[Case, ...], seeds: list[int], log: Path) -> list[dict[str, Any]]:
    """Every case on every seed; each result is kept in `log` at once, so that a broken-off run goes on from there."""
    kept = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    wanted = [(case, seed) for seed in seeds for case in cases]
    have = {(row["case"], row["seed"]) for row in kept}
    log.parent.mkdir(parents=True, exist_ok=True)
    for case, seed in wanted:
        if (case.name, seed) in have:
            continue
        kept.append(row_of(case, seed, run_case(case, seed)))
        print(json.dumps(kept[-1]), flush=True)
        with log.open("a") as file:
            file.write(json.dumps(kept[-1]) + "\n")
    names = {(case.name, seed) for case, seed in wanted}
    return [row for row in kept if (row["case"], row["seed"]) in names]


def row_of(case: Case, seed: int, report: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a report."""
    about = report["pretraining"]
    return {
        "case": case.name, "seed": seed, "before": about["before"], "after": about["after"], "similarity": about["similarity"],
        "macro_f1": report["test"]["macro_f1"], "without": about["without_reading"]["macro_f1"],
        "tfidf": report["baselines"]["tfidf"]["macro_f1"], "difference": about["difference"],
        "sentence": reading_sentence(about), "seconds": round(sum(report["seconds"].values()), 1),
    }  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: perplexity and macro-F1 of each, and whether perplexity fell as far as it must."""
    lines = [
        "| case, seed | perplexity before → after | fell by >= 30 % | macro-F1 with, without reading | TF-IDF | difference (95 %) |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        fell, gap = 1 - row["after"] / row["before"], row["difference"]
        lines.append(
            f"| {row['case']}, {row['seed']} | {row['before']:.1f} → {row['after']:.1f} ({-fell:.0%}) "
            f"| {'yes' if fell >= FALL else '**no**'} | {row['macro_f1']:.3f}, {row['without']:.3f} | {row['tfidf']:.3f} "
            f"| {100 * gap['macro_f1']:+.1f} points ({100 * gap['low']:+.1f} to {100 * gap['high']:+.1f}) |"
        )
    return "\n".join(lines)
