"""Is the recommended way to train the best one? Every way that suits, on named rows, beside what Nudge recommends for them.

The log holds what was measured (test macro-F1, seconds, peak memory, the trial, the facts); what is recommended is worked out anew from
it, so that another rule can be judged without training again.
"""

from __future__ import annotations

import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data import ROOT
from bench.work import SAMPLE_COLUMNS, public

STRATEGIES = (
    "frozen_features", "full_finetune", "top_layers", "lora", "few_shot", "bitfit", "ia3", "lokr", "prefix_tuning", "prompt_tuning",
)  # fmt: skip
ROWS = (50, 200, 1_000)
SAMPLE_LABELS = {"support_tickets": "department", "product_reviews": "sentiment"}
MOST_TEST_ROWS = 2_000
FLIPPED = 0.2
Found = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """So many rows of a set, drawn by a seed; flipped: share of the labels to learn from that are wrong."""

    data: str
    rows: int
    seed: int
    classes: int = 0
    flipped: float = 0.0

    @property
    def name(self) -> str:
        more = (
            f" {self.classes} classes"
            if self.classes
            else f" {round(100 * self.flipped)} % flipped"
            if self.flipped
            else ""
        )
        return f"{self.data}{more}, {self.rows} rows, seed {self.seed}"


def cells(seeds: Sequence[int]) -> list[Cell]:
    """The matrix; the example sets have too few rows for the largest size."""
    kinds = (("banking77", 10, 0.0), ("sms_spam", 0, 0.0), ("csabstruct", 0, 0.0), ("csabstruct", 0, FLIPPED))
    found = [
        Cell(data, rows, seed, classes, flipped) for seed in seeds for rows in ROWS for data, classes, flipped in kinds
    ]
    small = [Cell(data, rows, seed) for seed in seeds for rows in ROWS[:2] for data in SAMPLE_LABELS]
    return sorted([*found, *small], key=lambda cell: (cell.seed, cell.rows, cell.data))


def measure(seeds: Sequence[int], file: Path) -> list[Found]:
    """Every cell and way, one after another; each is kept at once, so that a broken-off run goes on from there."""
    kept = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    have = {(row["cell"], row["strategy"]) for row in kept}
    file.parent.mkdir(parents=True, exist_ok=True)
    for cell in cells(seeds):
        if all((cell.name, strategy) in have for strategy in STRATEGIES):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            train, test = _write(cell, Path(scratch))
            for strategy in STRATEGIES:
                if (cell.name, strategy) not in have:
                    row = _run(cell, strategy, train, test, Path(scratch))
                    print(
                        json.dumps({name: row[name] for name in ("cell", "strategy", "macro_f1", "seconds")}),
                        flush=True,
                    )
                    kept.append(row)
                    with file.open("a") as log:
                        log.write(json.dumps(row) + "\n")
    return kept


def _write(cell: Cell, folder: Path) -> tuple[Path, Path]:
    """The rows to learn from and those to be tested on, as a person would have them: two spreadsheets."""
    learn, test = _drawn(cell)
    names = sorted({label for _, label in learn})
    rng = random.Random(cell.seed)
    if cell.flipped:
        wrong = set(rng.sample(range(len(learn)), round(cell.flipped * len(learn))))
        learn = [
            (text, rng.choice([name for name in names if name != label]) if i in wrong else label)
            for i, (text, label) in enumerate(learn)
        ]
    files = []
    for name, rows in (("train", learn), ("test", [row for row in test if row[1] in names][:MOST_TEST_ROWS])):
        files.append(folder / f"{name}.csv")
        with files[-1].open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([("text", "label"), *rows])
    return files[0], files[1]


def _drawn(cell: Cell) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    if cell.data in SAMPLE_LABELS:
        rows = list(dict(_sample_rows(cell.data)).items())
        random.Random(cell.seed).shuffle(rows)
        cut = len(rows) // 3 if cell.rows < 100 else len(rows) // 4
        return rows[cut : cut + cell.rows], rows[:cut]
    train, test = public(cell.data)
    if cell.classes:
        largest = train.label.value_counts().index[: cell.classes]
        train, test = train[train.label.isin(largest)], test[test.label.isin(largest)]
    train = train.sample(cell.rows, random_state=cell.seed)
    test = test.sample(frac=1, random_state=0)
    return list(zip(train.text, train.label, strict=True)), list(zip(test.text, test.label, strict=True))


def _sample_rows(name: str) -> Iterator[tuple[str, str]]:
    from tlcore.tables import read_table

    file = next(file for file in sorted((ROOT / "sample_data" / name).iterdir()) if file.suffix in (".csv", ".xlsx"))
    table = read_table(file)
    for text, label in zip(table.column(SAMPLE_COLUMNS[name]), table.column(SAMPLE_LABELS[name]), strict=True):
        if text.strip() and label.strip():
            yield text, label.strip()


def _run(cell: Cell, strategy: str, train: Path, test: Path, scratch: Path) -> Found:
    """One training by the command line. The first of a cell also brings the facts and the trial of its rows."""
    run = scratch / strategy
    command = [
        sys.executable, "-m", "tlcore", "train", str(train), "--text", "text", "--label", "label", "--test", str(test),
        "--strategy", strategy, "--seed", str(cell.seed), "--out", str(run),
    ]  # fmt: skip
    home = {"NUDGE_HOME": str(scratch / "home")}
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **home}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{cell.name}, {strategy}: {done.stdout}\n{done.stderr[-2000:]}")
    report = json.loads(done.stdout.splitlines()[-1])
    found = {
        "cell": cell.name, "strategy": strategy, "data": cell.data, "rows": cell.rows, "seed": cell.seed,
        "macro_f1": report["test"]["macro_f1"], "tfidf": report["baselines"]["tfidf"]["macro_f1"],
        "seconds": round(sum(report["seconds"].values()), 1), "phases": report["seconds"],
        "peak_memory_mb": report["peak_memory_mb"], "chosen": report["chosen"],
    }  # fmt: skip
    if strategy == STRATEGIES[0]:
        found |= _looked_at(run / "dataset", home)
    return found


def _looked_at(dataset: Path, home: dict[str, str]) -> Found:
    """The facts and the trial, by a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.regret", str(dataset)], cwd=ROOT, env={**os.environ, **home}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


def look_at(dataset_folder: Path) -> Found:
    """facts, trial and mismatch of a Dataset on disk, ready for JSON; no trial where there are too few rows."""
    from tlcore.advise.trial import can_try
    from tlcore.advise.trial_job import labelled_rows, tried
    from tlcore.datasets import load_dataset
    from tlcore.facts import measure_facts
    from tlcore.models.bases import tokenizer_file
    from tlcore.told import Nobody

    dataset = load_dataset(dataset_folder)
    facts = measure_facts(dataset, tokenizer_file("minilm"))
    found: Found = {"facts": facts.to_json()}
    if can_try(labelled_rows(dataset)[1]):
        trial, mismatch = tried(dataset, "minilm", Nobody())
        found |= {"trial": trial.to_json(), "mismatch": mismatch.to_json()}
    return found


def by_cell(rows: Sequence[Found]) -> dict[str, dict[str, Found]]:
    """cell -> strategy -> row."""
    found: dict[str, dict[str, Found]] = {}
    for row in rows:
        found.setdefault(row["cell"], {})[row["strategy"]] = row
    return found


def table(rows: Sequence[Found]) -> str:
    """Markdown: a line a cell: the best way and its score, every way's score, TF-IDF; then how often each was the best."""
    head = ["frozen", "full", "top", "lora", "few_shot", "bitfit", "ia3", "lokr", "prefix", "prompt"]
    lines = [f"| rows | TF-IDF | {' | '.join(head)} | best |", "|---" * (len(head) + 3) + "|"]
    for name, ways in by_cell(rows).items():
        scores = {way: row["macro_f1"] for way, row in ways.items()}
        best = max(scores, key=lambda way: scores[way])
        shown = [f"{scores[way]:.3f}" if way in scores else "" for way in STRATEGIES]
        tfidf = statistics.mean(row["tfidf"] for row in ways.values())
        lines.append(f"| {name} | {tfidf:.3f} | {' | '.join(shown)} | {best} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(json.dumps(look_at(Path(sys.argv[1]))), flush=True)
