"""A handful of rows a class: few_shot beside SetFit, frozen features and TF-IDF, on the same rows."""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path

from bench.speed import Found, Log, Race, Set, difference
from bench.speed import measure as race
from bench.work import Spec

SHOTS = (8, 16)
SETS = tuple(
    Set(data, 0, classes, shots) for data, classes in (("sms_spam", 0), ("csabstruct", 0), ("banking77", 10)) for shots in SHOTS
)  # fmt: skip
RACE = Race("few_shot", 5, "first", {"strategy": "few_shot"}, {}, "setfit", sets=SETS)


def measure(seeds: list[int], file: Path, sets: tuple[Set, ...] = SETS) -> list[Found]:
    """Each set and seed: few_shot and SetFit by turns, then what needs less."""
    rows, log = race([replace(RACE, sets=sets)], seeds, file), Log(file)
    for row, (seed, one) in zip(rows, ((seed, one) for seed in seeds for one in sets), strict=True):
        spec = Spec("peer", "tfidf", one.data, seed, one.rows, one.classes, shots=one.shots)
        row["tfidf"] = log.measure(spec)
        row["frozen"] = log.measure(replace(spec, who="ours", work="first", options={"strategy": "frozen_features"}))
    return rows


def table(rows: list[Found]) -> str:
    """Markdown: means over the seeds of each set, then over all; seconds summed over the sets, mean of the seeds."""
    lines = [
        "| data, rows a class | macro-F1: few_shot | SetFit | frozen_features | TF-IDF | seconds, few_shot / SetFit |",
        "|---|---|---|---|---|---|",
    ]
    for data, shots in dict.fromkeys((row["data"], row["shots"]) for row in rows):
        of_set = [row for row in rows if (row["data"], row["shots"]) == (data, shots)]
        lines.append(_line(f"{data}, {shots}", of_set, 1))
    sets, seeds = len({(row["data"], row["shots"]) for row in rows}), len({row["seed"] for row in rows})
    lines.append(_line(f"all, {seeds} seeds", rows, sets))
    total = [sum(row[who]["seconds"] for row in rows) for who in ("peer", "ours")]
    low, high = difference(rows)
    lines.append("")
    lines.append(
        f"few_shot takes 1/{total[0] / total[1]:.1f} of SetFit's seconds, summed over all; macro-F1 less SetFit's, 95 %: "
        f"{100 * low:+.1f} to {100 * high:+.1f} points."
    )
    return "\n".join(lines)


def _line(name: str, rows: list[Found], sets: int) -> str:
    scores = [statistics.mean(row[who]["macro_f1"] for row in rows) for who in ("ours", "peer", "frozen", "tfidf")]
    seconds = [sets * statistics.mean(row[who]["seconds"] for row in rows) for who in ("ours", "peer")]
    return f"| {name} | {' | '.join(f'{one:.3f}' for one in scores)} | {seconds[0]:.1f} / {seconds[1]:.1f} |"
