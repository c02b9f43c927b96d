"""Run folders without training: what a worker would leave on disk, finished, broken off or still growing.

By hand: `python -m tests.pages.fake_run HOME --grow 60` plays a worker for a minute and prints the run's id.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from tests.pages.fake_events import EVENTS_OF
from tlcore.events import EVENTS
from tlcore.files import write_json
from tlcore.jobs import JOB, LOCK, LOG, STATUS, STOP
from tlcore.worker import ENDS
from tlcore.workspace import Project, Workspace

NICE = ("billing", "shipping", "returns", "account", "technical", "praise")
HOSTILE = ("<b>x</b>", "![x](http://a.b/c.png)", "[[]]()", "<script>alert(1)</script>", "$a$ :red[b]", "a" * 90)


def plan_json(strategy: str) -> dict[str, Any]:
    settings = {"patience": 3, "epochs": 8} if strategy != "frozen_features" else {}
    return {
        "task": "classify", "strategy": strategy, "base": "minilm", "base_revision": "embedded", "settings": settings,
        "seed": 0, "then": "frozen_features" if strategy == "mlm_then_finetune" else None, "compute": None, "versions": {},
    }  # fmt: skip


def make_project(home: Path, name: str = "Fake tickets") -> Project:
    return Workspace(home).create_project(name)


def make_run(
    project: Project,
    *,
    strategy: str = "frozen_features",
    state: str = "done",
    labels: tuple[str, ...] = NICE,
    events: int | None = None,
    report: bool | None = None,
    checked: bool = True,
) -> Path:
    """A run folder in one state. `running` and `queued` are only alive while somebody holds the lock (see `held`)."""
    folder = project.new_run_folder()
    folder.mkdir(parents=True)
    write_json(folder / JOB, {"kind": "train", "args": {}, "created": time.time()})
    write_json(folder / "plan.json", plan_json(strategy))
    write_json(folder / "process.json", {"pid": 999_999_999, "started": time.time() - 60})
    (folder / LOG).write_text("Traceback (most recent call last):\n  a technical line\n", encoding="utf-8")
    lines = list(EVENTS_OF[strategy]())
    append(folder, [{"t": i * 0.5, **event} for i, event in enumerate(lines[:events])])
    set_state(folder, state)
    if state in ("done", "stopped") if report is None else report:
        finish(folder, strategy, labels, state, checked)
    project.save_draft({"run": folder.name, "roles": {"text": ["text"], "label": ["label"]}, "task": "classify"})
    return folder


def checkpoint(folder: Path) -> None:
    """What a training that has begun to learn leaves to go on from."""
    write_json(folder / "work" / "checkpoint" / "state.json", {"step": 1})


def append(folder: Path, events: list[dict[str, Any]]) -> None:
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def set_state(folder: Path, state: str, **more: Any) -> None:
    error = {"what": "The disk is full.", "where": "model/", "fix": "Free some space, then start again."}
    extra = {"error": error} if state == "failed" else {}
    on_disk = "running" if state == "lost" else state
    write_json(
        folder / STATUS, {"state": on_disk, "phase": "Reading the texts", "updated": time.time(), **extra, **more}
    )


def held(folder: Path) -> FileLock:
    """The lock of a living worker; release it to play a killed one."""
    lock = FileLock(folder / LOCK)
    lock.acquire(timeout=0)
    return lock


def finish(folder: Path, strategy: str, labels: tuple[str, ...], ended: str = "done", checked: bool = True) -> None:
    rows = write_predictions(folder, labels)
    write_json(folder / "report.json", report_json(strategy, labels, rows, ended))
    (folder / "model").mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "model.zip", "w") as pack:
        pack.writestr("README.md", "A model.\n" * 1000)
    size = (folder / "model.zip").stat().st_size
    write_json(
        folder / "bundle.json",
        {
            "file": "model.zip", "bytes": size, "sha256": "0" * 64, "golden_rows": 20, "largest_difference": 3e-7,
            "checked": checked, "seconds": 4.2,
        },
    )  # fmt: skip


def write_predictions(folder: Path, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    dice, rows = random.Random(1), []
    for i in range(200):
        truth = labels[i % len(labels)]
        answer = truth if dice.random() < 0.85 else labels[dice.randrange(len(labels))]
        text = f"Row {i}: my parcel about {truth} never came, <i>please</i> look ![x](http://a.b/c.png)"
        rows.append(
            {"row": i + 2, "source": "file", "text": text, "label": truth, "prediction": answer,
             "confidence": round(dice.uniform(0.4, 1.0), 4)}
        )  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), folder / "predictions.parquet")
    return rows


def report_json(strategy: str, labels: tuple[str, ...], rows: list[dict[str, Any]], ended: str) -> dict[str, Any]:
    matrix = [[sum(r["label"] == a and r["prediction"] == b for r in rows) for b in labels] for a in labels]
    right, per_class = sum(matrix[i][i] for i in range(len(labels))), []
    for i, label in enumerate(labels):
        found, true = sum(row[i] for row in matrix), sum(matrix[i])
        precision, recall = matrix[i][i] / max(1, found), matrix[i][i] / max(1, true)
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        per_class.append(
            {"label": label, "precision": precision, "recall": recall, "f1": f1, "rows": true, "right": matrix[i][i]}
        )
    macro = sum(c["f1"] for c in per_class) / len(per_class)
    return {
        "strategy": strategy, "base": "minilm", "task": "classify",
        "rows": {"train": 700, "validation": 100, "test": len(rows)},
        "seconds": {"prepare": 1.2, "baselines": 2.0, "encode": 6.1, "choose": 9.4, "fit": 0.4, "pack": 5.0},
        "test": {"macro_f1": macro, "macro_f1_low": macro - 0.04, "macro_f1_high": macro + 0.03,
                 "accuracy": right / max(1, len(rows)), "auroc": None, "rows": len(rows), "wrong": len(rows) - right},
        "validation": {"macro_f1": macro + 0.01, "accuracy": 0.9, "auroc": None, "rows": 100},
        "baselines": {
            "majority": {"macro_f1": 0.05, "macro_f1_low": 0.04, "macro_f1_high": 0.06, "accuracy": 0.17},
            "tfidf": {"macro_f1": macro - 0.1, "macro_f1_low": macro - 0.15, "macro_f1_high": macro - 0.05,
                      "accuracy": 0.76},
        },
        "difference": {"macro_f1": 0.1, "low": 0.05, "high": 0.15, "real": True},
        "per_class": per_class, "confusion": {"labels": list(labels), "matrix": matrix},
        "epochs": None, "trainable_parameters": 6918, "total_parameters": 22_700_000, "peak_memory_mb": 912.0,
        "test_looks": 1, "warnings": ["3 classes have fewer than 10 test rows."],
        "chosen": {"layers": [2, 4, 6], "C": 0.01}, "run": "", "plan": plan_json(strategy), "ended": ended,
    }  # fmt: skip


def grow(project: Project, strategy: str, seconds: float) -> Path:
    """Play a worker: hold the lock, write the events spread over some seconds, obey a wish to stop."""
    folder = make_run(project, strategy=strategy, state="running", events=0, report=False)
    lock, lines, began = held(folder), list(EVENTS_OF[strategy]()), time.monotonic()
    print(folder.name, flush=True)
    state = "done"
    for event in lines:
        if (folder / STOP).exists():
            state = ENDS[(folder / STOP).read_text()]
            break
        append(folder, [{"t": round(time.monotonic() - began, 3), **event}])
        time.sleep(seconds / len(lines))
    if state in ("done", "stopped"):
        finish(folder, strategy, NICE, state)
    set_state(folder, state, ended=time.time())
    lock.release()
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--strategy", default="frozen_features")
    parser.add_argument("--grow", type=float, default=30.0)
    wish = parser.parse_args()
    grow(make_project(wish.home), wish.strategy, wish.grow)
