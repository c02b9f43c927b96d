"""Test macro-F1 of each strategy on public data, through the command line, beside TF-IDF on the same rows."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.data import ROOT, Case, data_folder


def run_case(case: Case, seed: int) -> dict[str, Any]:
    """One training by `python -m tlcore train`; its report. Raises SystemExit if it fails."""
    folder = data_folder() / case.data
    with tempfile.TemporaryDirectory() as scratch:
        command = [
            sys.executable, "-m", "tlcore", "train", str(folder / "train.csv"), "--text", "text", "--label", case.label,
            "--task", case.task, "--test", str(folder / case.test), "--strategy", case.strategy, "--seed", str(seed),
            "--out", str(Path(scratch) / "run"), *(["--rows", str(case.rows)] if case.rows else []),
            *(word for setting in case.settings for word in ("--set", setting)),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{case.name}, seed {seed}: {done.stdout}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(cases: Sequence[Case], seeds: list[int], log: Path) -> list[dict[str, Any]]:
    """Every case on every seed; each result is kept in `log` at once, so that a broken-off run goes on from there."""
    kept = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    have = {(row["case"], row["seed"]) for row in kept}
    log.parent.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        for case in cases:
            if (case.name, seed) in have:
                continue
            report = run_case(case, seed)
            metric = report["metric"]
            row = {
                "case": case.name, "seed": seed, metric: report["test"][metric],
                "tfidf": report["baselines"]["tfidf"][metric], "seconds": round(sum(report["seconds"].values()), 1),
                "peak_memory_mb": report["peak_memory_mb"], "chosen": report["chosen"],
            }  # fmt: skip
            print(json.dumps(row), flush=True)
            kept.append(row)
            with log.open("a") as file:
                file.write(json.dumps(row) + "\n")
    return kept


def table(cases: Sequence[Case], rows: list[dict[str, Any]]) -> str:
    """Markdown: medians over seeds, the lowest and the highest, and whether each case reaches what it must."""
    lines = [
        "| data / rows / strategy | macro-F1 (min, max) | TF-IDF | must show | shown | seconds | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    medians = {
        name: statistics.median(row["macro_f1"] for row in rows if row["case"] == name)
        for name in {row["case"] for row in rows}
    }
    for case in cases:
        of_case = [row for row in rows if row["case"] == case.name]
        if not of_case:
            continue
        scores, tfidf = [row["macro_f1"] for row in of_case], [row["tfidf"] for row in of_case]
        middle = statistics.median(scores)
        other = medians.get(replace(case, strategy=case.above_strategy).name) if case.above_strategy else None
        must, shown = _verdict(case, middle, statistics.median(tfidf), other)
        lines.append(
            f"| {case.name} | **{middle:.4f}** ({min(scores):.4f}, {max(scores):.4f}) | {statistics.median(tfidf):.4f} | {must} "
            f"| {'yes' if shown else '**no**'} | {statistics.median(row['seconds'] for row in of_case):.0f} "
            f"| {statistics.median(row['peak_memory_mb'] for row in of_case):.0f} |"
        )
    return "\n".join(lines)


def _verdict(case: Case, score: float, tfidf: float, other: float | None) -> tuple[str, bool]:
    wishes = []
    if case.at_least is not None:
        wishes.append((f">= {case.at_least}", score >= case.at_least))
    if case.above_tfidf is not None:
        wishes.append((f">= TF-IDF {case.above_tfidf * 100:+.0f} points", score >= tfidf + case.above_tfidf))
    if other is not None:
        wishes.append((f"> {case.above_strategy}", score > other))
    return ", ".join(text for text, _ in wishes), all(ok for _, ok in wishes)


def other_table(cases: Sequence[Case], rows: list[dict[str, Any]]) -> str:
    """Markdown of tasks that are not scored by macro-F1: medians over seeds, TF-IDF on the same rows, and whether it is beaten.

    Of mean absolute errors lower is better.
    """
    lines = ["| data / task / rows / strategy | score | median (min, max) | TF-IDF | shown |", "|---|---|---|---|---|"]
    for case in cases:
        of_case = [row for row in rows if row["case"] == case.name]
        if not of_case:
            continue
        metric, sign = ("mae", -1) if case.task == "score" else ("micro_f1", 1)
        scores, tfidf = [row[metric] for row in of_case], statistics.median(row["tfidf"] for row in of_case)
        middle = statistics.median(scores)
        shown = sign * (middle - tfidf) >= (case.above_tfidf or 0.0)
        span = f"**{middle:.4f}** ({min(scores):.4f}, {max(scores):.4f})"
        lines.append(f"| {case.name} | {metric} | {span} | {tfidf:.4f} | {'yes' if shown else '**no**'} |")
    return "\n".join(lines)
