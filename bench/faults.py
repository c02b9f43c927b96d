"""Faults planted in public data, and which of them the checks find: wrong labels, twins, contradictions, leaks, shortcuts."""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.planted import CHANGES, any_change, dataset_of, flip, insert, rows_of, table_of

NOISE = 0.1
SEEDS = (0, 1, 2)
AIMS = {"banking77": 0.9, "csabstruct": 0.45}
TESTS = {"banking77": "test.csv", "csabstruct": "test_nodup.csv"}
C = 0.01
PLANTED = 300
ROWS_TO_TIME = 10_000


def measure(seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """All of it. The store of embeddings is a fresh one; NUDGE_HOME is as before when this returns."""
    before = os.environ.get("NUDGE_HOME")
    with tempfile.TemporaryDirectory() as home:
        os.environ["NUDGE_HOME"] = home
        try:
            found: dict[str, Any] = {"time": timed(Path(home))}
            print(found["time"], file=sys.stderr, flush=True)
            found["noise"] = [row for data in AIMS for row in noise(data, seeds)]
            found["recall"] = twins() | contradicted() | leaked() | shortcut()
        finally:
            os.environ.pop("NUDGE_HOME") if before is None else os.environ.update(NUDGE_HOME=before)
    return found


def table(found: dict[str, Any]) -> str:
    """Markdown."""
    lines = [
        f"| {NOISE:.0%} of the labels flipped | precision of the top suspects | must be | named | of them flipped | macro-F1 clean, noisy, mended | recovered |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in found["noise"]:
        f1 = ", ".join(f"{row[name]:.4f}" for name in ("clean_f1", "noisy_f1", "mended_f1"))
        lines.append(
            f"| {row['data']}, seed {row['seed']} | **{row['precision']:.3f}** | >= {AIMS[row['data']]} | {row['named']:,} "
            f"| {row['named_precision']:.3f} | {f1} | {row['recovered']:.0%} |"
        )
    for data in AIMS:
        of_data = [row for row in found["noise"] if row["data"] == data]
        precision, clean, noisy, mended = (
            statistics.mean(row[name] for row in of_data) for name in ("precision", "clean_f1", "noisy_f1", "mended_f1")
        )
        lines.append(
            f"| {data}, mean | **{precision:.3f}** | >= {AIMS[data]} | | | {clean:.4f}, {noisy:.4f}, {mended:.4f} "
            f"| {(mended - noisy) / (clean - noisy):.0%} |"
        )
    lines += [
        "",
        "| planted | found |",
        "|---|---|",
        *(f"| {name} | {share:.1%} |" for name, share in found["recall"].items()),
    ]
    lines += [
        "",
        "| all deep checks | seconds |",
        "|---|---|",
        *(f"| {name} | {seconds} |" for name, seconds in found["time"].items()),
    ]
    return "\n".join(lines)


def noise(data: str, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Labels flipped to another at random; precision among as many suspects as were flipped, and what taking them gives back."""
    from tlcore.checks.doubts import doubt_labels
    from tlcore.checks.likely_wrong import named, ranked

    texts, labels = rows_of(data, "train.csv")
    names = sorted(set(labels))
    clean = np.array([names.index(label) for label in labels])
    states, test_states = states_of(texts), states_of(rows_of(data, TESTS[data])[0])
    test = np.array([names.index(label) for label in rows_of(data, TESTS[data])[1]])
    clean_f1 = f1_after(states, clean, test_states, test)
    found = []
    for seed in seeds:
        noisy, flipped = flip(clean, len(names), seed, NOISE)
        doubts = doubt_labels(states, dataset_of(texts, [names[i] for i in noisy]))
        assert doubts is not None
        top = ranked(doubts)[: int(flipped.sum())]
        worst = named(doubts)
        mended = noisy.copy()
        mended[doubts.places[top]] = [names.index(doubts.labels[i]) for i in doubts.probabilities[top].argmax(1)]
        noisy_f1, mended_f1 = (f1_after(states, y, test_states, test) for y in (noisy, mended))
        row = {
            "data": data, "seed": seed, "precision": float(flipped[doubts.places[top]].mean()), "named": int(worst.sum()),
            "named_precision": float(flipped[doubts.places[worst]].mean()), "clean_f1": clean_f1, "noisy_f1": noisy_f1,
            "mended_f1": mended_f1, "recovered": (mended_f1 - noisy_f1) / (clean_f1 - noisy_f1),
        }  # fmt: skip
        print(row, file=sys.stderr, flush=True)
        found.append(row)
    return found


def f1_after(states: np.ndarray, y: np.ndarray, test_states: np.ndarray, test: np.ndarray) -> float:
    """Test macro-F1 of logistic regression on the same layers, learnt from these labels."""
    from sklearn.metrics import f1_score

    from tlcore.engine.linear import fit_head

    flat, test_flat = (part.reshape(len(part), -1).astype(np.float32) for part in (states, test_states))
    return float(f1_score(test, fit_head("logistic", flat, y, C, balanced=False).predict(test_flat), average="macro"))


def chosen(rng: random.Random) -> tuple[list[str], list[str], list[int]]:
    """Texts and labels of banking77, and which of them to plant a twin of."""
    texts, labels = rows_of("banking77", "train.csv")
    able = [i for i, text in enumerate(texts) if sum(len(word) > 4 and word.isalpha() for word in text.split()) > 1]
    return texts, labels, rng.sample(able, PLANTED)


def twins() -> dict[str, float]:
    """Share of planted twins that either check on repeated texts names."""
    from tlcore.checks.duplicates import duplicates
    from tlcore.checks.evidence import Evidence
    from tlcore.checks.near_duplicates import near_duplicates
    from tlcore.facts import measure_facts

    found = {}
    some_word = random.Random(1).sample(
        sorted({word for text in rows_of("banking77", "train.csv")[0] for word in text.split()}), 500
    )
    changes = CHANGES | {"any word added": lambda text, rng: insert(text, rng.choice(some_word), rng)}
    for name, change in changes.items():
        rng = random.Random(0)
        texts, labels, which = chosen(rng)
        dataset = dataset_of([*texts, *(change(texts[i], rng) for i in which)], [*labels, *(labels[i] for i in which)])
        facts = measure_facts(dataset)
        problems = near_duplicates(dataset, facts, Evidence(np.zeros((0, 0)))), duplicates(dataset, facts)
        rows = {row for problem in problems if problem for row in problem.rows}
        found[f"near-duplicates: {name}"] = share(range(len(texts) + 2, len(texts) + 2 + PLANTED), rows)
    return found


def contradicted() -> dict[str, float]:
    """Share of planted twins with another label that are named."""
    from tlcore.checks.contradictions import contradictions
    from tlcore.facts import measure_facts

    rng = random.Random(0)
    texts, labels, which = chosen(rng)
    other = [rng.choice([label for label in set(labels) if label != labels[i]]) for i in which]
    dataset = dataset_of([*texts, *(any_change(texts[i], rng) for i in which)], [*labels, *other])
    problem = contradictions(dataset, measure_facts(dataset))
    return {
        "contradictions": share(range(len(texts) + 2, len(texts) + 2 + PLANTED), set(problem.rows if problem else ()))
    }


def leaked() -> dict[str, float]:
    """Share of training rows that are named when a slightly changed copy lies in the user's own test file."""
    from tlcore.checks.leaks import leaks
    from tlcore.facts import measure_facts

    rng = random.Random(0)
    texts, labels, which = chosen(rng)
    test = table_of([any_change(texts[i], rng) for i in which], [labels[i] for i in which])
    dataset = dataset_of(texts, labels, test=test)
    problem = leaks(dataset, measure_facts(dataset))
    return {"leaks": share([i + 2 for i in which], set(problem.rows if problem else ()))}


def shortcut() -> dict[str, float]:
    """1 where the check names the planted shortcut first (in csabstruct, for nine rows of ten), 0 where it does not."""
    from tlcore.checks.evidence import Evidence
    from tlcore.checks.shortcuts import shortcuts
    from tlcore.facts import measure_facts

    texts, labels = rows_of("csabstruct", "train.csv")
    texts, labels = texts[:4000], labels[:4000]
    rng, names = random.Random(0), sorted(set(labels))
    says = [label if rng.random() < 0.9 else rng.choice(names) for label in labels]
    of = [names.index(label) for label in says]
    plants = {
        "length": ([f"{text[:40]}{' and so on' * (12 * k)}" for text, k in zip(texts, of, strict=True)], {}, "the length of the text"),
        "a prefix": ([f"{'ABCDE'[k]}: {text}" for text, k in zip(texts, of, strict=True)], {}, "the first"),
        "the last sign": ([f"{text.rstrip('.')}{'.!?;-'[k]}" for text, k in zip(texts, of, strict=True)], {}, "the last character"),
        "another column": (texts, {"id": [f"{label[:3]}-{i}" for i, label in enumerate(says)], "kind": [f"k{k}" for k in of]}, "the column “kind”"),
    }  # fmt: skip
    found = {}
    for name, (changed, columns, title) in plants.items():
        dataset = dataset_of(changed, labels)
        problem = shortcuts(dataset, measure_facts(dataset), Evidence(np.zeros((0, 0)), columns))
        found[f"shortcuts: {name}"] = float(problem is not None and f"guessed from {title}" in problem.title)
    return found


def timed(home: Path) -> dict[str, float]:
    """Seconds of the whole `check` job on ROWS_TO_TIME rows of banking77, by phase, with an empty store and again with a full one."""
    from tlcore.events import read_events, seconds_by_phase
    from tlcore.jobs import create_job, job_state, start_job
    from tlcore.tables import keep_table

    texts, labels = (column[:ROWS_TO_TIME] for column in rows_of("banking77", "train.csv"))
    dataset_of(texts, labels).save(home / "dataset")
    keep_table(table_of(texts, labels), home / "table")
    found: dict[str, float] = {}
    for store in ("empty store", "full store"):
        folder = home / store.replace(" ", "-")
        create_job(folder, "check", dataset=str(home / "dataset"), base="minilm", table=str(home / "table"))
        before = os.times()
        start_job(folder).wait()
        used = sum(os.times()[2:4]) - sum(before[2:4])
        state = job_state(folder)
        if state.state != "done":
            raise SystemExit(f"the check job ended as {state.state}: {state.error}")
        found[f"{store}: in all"] = round(state.ended - state.started, 1)
        found[f"{store}: of one processor core"] = round(used, 1)  # what a loaded machine does not change
        found |= {f"{store}: {phase}": round(s, 1) for phase, s in seconds_by_phase(read_events(folder)[0]).items()}
    return found


def states_of(texts: Sequence[str]) -> np.ndarray:
    """(texts, layers, width): what the `check` job reads of each text."""
    from tlcore.checks.job import states_of_texts

    return states_of_texts("minilm", texts, lambda *_, **__: None, lambda: None)


def share(planted: Sequence[int] | range, found: set[int]) -> float:
    return sum(row in found for row in planted) / len(planted)
