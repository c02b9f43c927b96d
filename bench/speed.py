"""Nudge beside what a practitioner would write, on the same rows, one after the other: ratios of seconds, and the scores."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.data import ROOT
from bench.work import SAMPLES, Spec

EPOCHS = 3
RATES = (2e-5, 5e-5, 1e-4)
LORA_RATES = (3e-4, 1e-3, 3e-3)
Found = dict[str, Any]


@dataclass(frozen=True)
class Set:
    """A data set, how many of its rows (or of each class: shots), of how many of its largest classes."""

    data: str
    rows: int
    classes: int = 0
    shots: int = 0


SETS = (Set("sms_spam", 1000), Set("csabstruct", 1000), Set("banking77", 1000, classes=10))
ALL_BANKING = (Set("banking77", 0),)


@dataclass(frozen=True)
class Race:
    """Ours against a peer's. rates: the peer's learning rates, tried on seed 0, of which it gets the best by its test score.

    as_tuned: the name of the race whose rate it takes over (padding alone changes no score). watched: once more with an
    eye on when the peer's score is reached.
    """

    name: str
    at_least: float
    work: str
    ours: dict[str, Any]
    peer: dict[str, Any]
    peer_work: str = "trainer"
    peer_who: str = "peer"
    watched: bool = False
    rates: tuple[float, ...] = ()
    as_tuned: str = ""
    sets: tuple[Set, ...] = field(default=SETS)


DYNAMIC = "full fine-tuning, dynamic padding"
RACES = (
    Race(DYNAMIC, 3.5, "first", {"strategy": "full_finetune", "epochs": EPOCHS}, {"epochs": EPOCHS, "batch_size": 16}, watched=True, rates=RATES),
    Race("full fine-tuning, padded to 128", 12, "first", {"strategy": "full_finetune", "epochs": EPOCHS},
         {"epochs": EPOCHS, "batch_size": 8, "pad": True}, as_tuned=DYNAMIC),
    Race("top layers", 5, "first", {"strategy": "top_layers", "epochs": EPOCHS},
         {"epochs": EPOCHS, "batch_size": 16, "frozen": 1}, watched=True, rates=RATES),
    Race("LoRA", 3.5, "first", {"strategy": "lora", "epochs": EPOCHS}, {"epochs": EPOCHS, "batch_size": 16, "lora": True},
         watched=True, rates=LORA_RATES),
    Race("frozen features, end to end", 2, "first", {"strategy": "frozen_features"}, {}, "frozen"),
    Race("a second run of frozen features", 10, "again", {"strategy": "frozen_features"}, {"strategy": "frozen_features"}, "first",
         peer_who="ours"),
    Race("encoding 10,000 texts", 3.5, "encode", {}, {}, "encode", sets=ALL_BANKING),
    Race("scoring 50,000 texts of a sheet, quick version", 10, "score", {"texts": 50_000, "quick": True}, {"texts": 50_000},
         "score", sets=ALL_BANKING),
    Race("scoring 50,000 texts of a sheet, exact", 0, "score", {"texts": 50_000}, {"texts": 50_000}, "score", sets=ALL_BANKING),
)  # fmt: skip

EXAMPLES = (Set(SAMPLES, 300),)
SHORT = (
    Race(DYNAMIC, 1.3, "first", {"strategy": "full_finetune", "epochs": 2}, {"epochs": 2, "batch_size": 16, "lr": 1e-4},
         sets=EXAMPLES),
    Race("encoding 500 texts", 1.3, "encode", {"texts": 500}, {"texts": 500}, "encode", sets=(Set(SAMPLES, 0),)),
    Race("scoring 800 texts of a sheet, exact", 1.3, "score", {"texts": 800}, {"texts": 800}, "score", sets=EXAMPLES),
)  # fmt: skip
"""On the examples that come with Nudge, in a minute or two, with loose limits: what falls below them is a real regression."""


class Log:
    """What was measured already; each measurement is kept at once, so that a broken-off bench goes on from there."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        self.known = {row["spec"]: row for row in rows}

    def measure(self, spec: Spec) -> Found:
        """Do the work in a process of its own. Raises SystemExit if it fails."""
        key = json.dumps(asdict(spec), sort_keys=True)
        if key not in self.known:
            command = [sys.executable, "-m", "bench.work", json.dumps(asdict(spec))]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{key}: {done.stdout[-500:]}\n{done.stderr[-2000:]}")
            found = {"spec": key, **json.loads(done.stdout.splitlines()[-1])}
            print({name: value for name, value in found.items() if name not in ("spec", "answers", "y")}, flush=True)
            with self.file.open("a") as file:
                file.write(json.dumps(found) + "\n")
            self.known[key] = found
        return self.known[key]


def measure(races: Iterable[Race], seeds: list[int], file: Path) -> list[Found]:
    """Each race on each set and seed, ours and the peer's by turns: `{race, data, seed, ours, peer}` each."""
    log, found = Log(file), []
    for seed in seeds:
        for race in races:
            for one in race.sets:
                spec = Spec("ours", race.work, one.data, seed, one.rows, one.classes, race.ours, one.shots)
                peer = replace(spec, who=race.peer_who, work=race.peer_work, options=_tuned(race, one, log))
                row = {"race": race.name, "data": one.data, "shots": one.shots, "seed": seed}
                row |= {"ours": log.measure(spec), "peer": log.measure(peer)}
                if race.watched:
                    row["seconds_to_peer"] = seconds_to(log.measure(replace(spec, work="curve")), row["peer"])
                found.append(row)
    return found


def seconds_to(curve: Found, peer: Found) -> float | None:
    """When the score that the peer ends with is first reached on the test rows, looked at after every round."""
    return next((seconds for seconds, score in curve["curve"] if score >= peer["macro_f1"]), None)


def _tuned(race: Race, one: Set, log: Log) -> dict[str, Any]:
    """The peer's options with the learning rate that gave it the best test score on seed 0."""
    tuned = next((other for other in RACES if other.name == race.as_tuned), race)
    if not tuned.rates:
        return race.peer
    spec = Spec("peer", tuned.peer_work, one.data, 0, one.rows, one.classes, shots=one.shots)
    best = max(tuned.rates, key=lambda lr: log.measure(replace(spec, options={**tuned.peer, "lr": lr}))["macro_f1"])
    return {**race.peer, "lr": best}


def table(races: Iterable[Race], rows: list[Found]) -> str:
    """Markdown: ratios over sets and seeds, the scores, and whether ours is no worse by a paired bootstrap over all test rows."""
    lines = [
        "| work | ratio, median (lowest, highest) | at least | seconds, ours / peer | macro-F1, ours / peer | ours - peer, 95 % "
        "| seconds to the peer's score | peak MB | of the bf16 peak |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for race in races:
        of_race = [row for row in rows if row["race"] == race.name]
        if not of_race:
            continue
        ratios = [row["peer"]["seconds"] / row["ours"]["seconds"] for row in of_race]
        ours, peer = (statistics.median(row[who]["seconds"] for row in of_race) for who in ("ours", "peer"))
        memory = " / ".join(f"{max(row[who]['peak_memory_mb'] for row in of_race):.0f}" for who in ("ours", "peer"))
        lines.append(
            f"| {race.name} | **{statistics.median(ratios):.1f}** ({min(ratios):.1f}, {max(ratios):.1f}) | {race.at_least:g} "
            f"| {ours:.1f} / {peer:.1f} | {_scores(of_race)} | {_reached(of_race)} | {memory} | {_share(of_race)} |"
        )
    return "\n".join(lines)


def _reached(rows: list[Found]) -> str:
    if not all("seconds_to_peer" in row for row in rows):
        return ""
    times = [row["seconds_to_peer"] for row in rows if row["seconds_to_peer"] is not None]
    never = f", {len(rows) - len(times)} of {len(rows)} never" if len(times) < len(rows) else ""
    return (f"{statistics.median(times):.1f}" if times else "") + never


def _share(rows: list[Found]) -> str:
    shares = [row["ours"]["share_of_peak"] for row in rows if "share_of_peak" in row["ours"]]
    if not shares:
        return ""
    bf16, fp32 = (max(row["ours"][peak] for row in rows) for peak in ("peak_gflops", "fp32_peak_gflops"))
    return f"{statistics.median(shares):.0%} of {bf16} GFLOP/s (fp32: {fp32})"


def too_slow(races: Iterable[Race], rows: list[Found]) -> list[str]:
    """The races in which the median ratio is below what it must be, in words."""
    found = []
    for race in races:
        ratios = [row["peer"]["seconds"] / row["ours"]["seconds"] for row in rows if row["race"] == race.name]
        if ratios and statistics.median(ratios) < race.at_least:
            found.append(f"{race.name}: {statistics.median(ratios):.2f} times, at least {race.at_least:g}")
    return found


def _scores(rows: list[Found]) -> str:
    if not all("answers" in row[who] for row in rows for who in ("ours", "peer")):
        return "| "
    ours, peer = (statistics.mean(row[who]["macro_f1"] for row in rows) for who in ("ours", "peer"))
    low, high = difference(rows)
    return f"{ours:.3f} / {peer:.3f} | {100 * low:+.1f} to {100 * high:+.1f} points"


def difference(rows: list[Found], draws: int = 1000) -> tuple[float, float]:
    """95 % interval of the mean difference in macro-F1, ours less the peer's: test rows drawn anew, the same for both."""
    import numpy as np
    from sklearn.metrics import f1_score

    rng, found = np.random.default_rng(0), []
    sides = [
        tuple(np.array(row[who][part]) for who, part in (("ours", "y"), ("ours", "answers"), ("peer", "answers")))
        for row in rows
    ]
    for _ in range(draws):
        each = []
        for y, ours, peer in sides:
            drawn = rng.integers(len(y), size=len(y))
            scores = [f1_score(y[drawn], side[drawn], average="macro", zero_division=0) for side in (ours, peer)]
            each.append(scores[0] - scores[1])
        found.append(float(np.mean(each)))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
