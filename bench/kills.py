"""Trainings killed (SIGKILL) at a random moment of every phase and resumed each time, beside the one left in peace."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.data import ROOT, data_folder

TIMES = 5
DATA, TEST, ROWS, STRATEGY = "csabstruct", "test_nodup.csv", 600, "top_layers"


def measure(seed: int = 0) -> dict[str, Any]:
    """Test macro-F1 left in peace, and of TIMES trainings that were each killed once in every phase."""
    with tempfile.TemporaryDirectory() as scratch:
        begun = time.monotonic()
        peace = Path(scratch) / "peace"
        _finish(peace, _train(peace, seed))
        phases = _phases(peace)
        seconds = time.monotonic() - begun
        killed = [_killed(Path(scratch) / f"killed{n}", seed, phases, random.Random(n)) for n in range(TIMES)]
        reference = _score(peace)
    return {
        "data": DATA, "rows": ROWS, "strategy": STRATEGY, "seed": seed, "seconds_in_peace": round(seconds, 1),
        "phases": [title for title, _ in phases], "macro_f1_in_peace": reference, "killed": killed,
        "farthest_points": round(100 * max(abs(one["macro_f1"] - reference) for one in killed), 3),
    }  # fmt: skip


def _killed(run: Path, seed: int, phases: list[tuple[str, float]], chance: random.Random) -> dict[str, Any]:
    process, kills, seen = _train(run, seed), [], 0
    for at, (title, seconds) in enumerate(phases):
        if not _wait_for(run, {later for later, _ in phases[at:]}, title, seen, process):
            continue  # it took up its work behind this phase, or came to its end
        moment = chance.random() * seconds
        try:
            process.wait(moment)
            break  # it came to its end first
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        kills.append({"phase": title, "after_seconds": round(moment, 1)})
        seen = len(_events(run))
        process = _start(run, "resume", str(run))
    _finish(run, process)
    found = {"macro_f1": _score(run), "kills": kills}
    print(json.dumps(found), flush=True)
    return found


def _train(run: Path, seed: int) -> subprocess.Popen[bytes]:
    folder = data_folder() / DATA
    return _start(
        run, "train", str(folder / "train.csv"), "--text", "text", "--label", "label", "--test", str(folder / TEST),
        "--rows", str(ROWS), "--strategy", STRATEGY, "--seed", str(seed), "--out", str(run),
    )  # fmt: skip


def _start(run: Path, *words: str) -> subprocess.Popen[bytes]:
    with _said(run).open("ab") as log:  # a file, for a pipe that nobody reads would stop the training
        return subprocess.Popen([sys.executable, "-m", "tlcore", *words], cwd=ROOT, stdout=log, stderr=log)


def _said(run: Path) -> Path:
    return run.with_name(f"{run.name}.log")


def _finish(run: Path, process: subprocess.Popen[bytes]) -> None:
    if process.wait():
        raise SystemExit(_said(run).read_text("utf-8", "replace")[-2000:])


def _events(run: Path) -> list[dict[str, Any]]:
    from tlcore.events import read_events

    return read_events(run)[0] if (run / "events.jsonl").exists() else []


def _phases(run: Path) -> list[tuple[str, float]]:
    """Title and seconds of each phase, in their order; the same title twice is one."""
    events = _events(run)
    begun = [(event["title"], event["t"]) for event in events if event["kind"] == "phase"]
    ends = [t for _, t in begun[1:]] + [events[-1]["t"]]
    found: dict[str, float] = {}
    for (title, begin), end in zip(begun, ends, strict=True):
        found.setdefault(title, end - begin)
    return list(found.items())


def _wait_for(run: Path, awaited: set[str], title: str, after: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether, of the awaited phases, `title` is the first that begins among the events from `after` on."""
    while process.poll() is None:
        begun = [event["title"] for event in _events(run)[after:] if event["kind"] == "phase"]
        if first := next((one for one in begun if one in awaited), None):
            return first == title
        time.sleep(0.1)
    return False


def _score(run: Path) -> float:
    from tlcore.runs import read_report

    report = read_report(run)
    if report is None:
        raise SystemExit(f"{run} has no report")
    return float(report["test"]["macro_f1"])
