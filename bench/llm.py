"""The embedded decoder without a single label: SmolLM2's calibrated likelihoods beside always saying the commonest label."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from bench.data import ROOT
from bench.work import Spec, load_texts, seconds_of

SETS = (("csabstruct", 0, "Each text is one sentence out of the abstract of a paper in computer science."),
        ("banking77", 10, "Each text is what a customer of a bank writes to it."))  # fmt: skip
ROWS = 300
"""Test rows, drawn by the seed: reading one takes half a second or more."""


def described(data: str) -> dict[str, str]:
    """What each label means, in a sentence."""
    with (ROOT / "bench" / "labels" / f"llm_{data}.csv").open(encoding="utf-8", newline="") as file:
        return {row["label"]: row["description"] for row in csv.DictReader(file)}


def measure(seeds: list[int], file: Path, rows: int = ROWS) -> list[dict[str, Any]]:
    """Each set and seed, kept in `file` as it is done; what is there is not done again."""
    kept = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    known = {(one["data"], one["seed"], one["rows"]): one for one in kept}
    wanted = [(seed, *one) for seed in seeds for one in SETS]
    for seed, data, classes, instructions in wanted:
        if (data, seed, rows) not in known:
            known[data, seed, rows] = _measure_one(data, classes, instructions, seed, rows)
            with file.open("a") as log:
                log.write(json.dumps(known[data, seed, rows]) + "\n")
    return [known[data, seed, rows] for seed, data, _, _ in wanted]


def _measure_one(data: str, classes: int, instructions: str, seed: int, rows: int) -> dict[str, Any]:
    from sklearn.metrics import f1_score

    from tlcore.label_info import LabelInfo
    from tlcore.llm import likelihood
    from tlcore.llm.decoder import Decoder
    from tlcore.llm.question import Question
    from tlcore.models.bases import base_folder

    texts, said = load_texts(Spec("ours", "llm", data, seed, classes=classes)), described(data)
    question = Question(instructions, tuple(LabelInfo(name, said[name]) for name in texts.names))
    drawn = np.random.default_rng(seed).permutation(len(texts.test))[:rows]
    y = [texts.test_y[i] for i in drawn]
    decoder = Decoder(base_folder("smollm2"))
    seconds, scores = seconds_of(lambda: likelihood.score(decoder, [texts.test[i] for i in drawn], question))
    calibration = likelihood.calibrate(decoder, scores, question)
    common = Counter(texts.train_y).most_common(1)[0][0]

    def f1(answers: Any) -> float:
        return float(f1_score(y, answers, labels=range(len(texts.names)), average="macro", zero_division=0))

    return {
        "data": data, "classes": classes, "seed": seed, "rows": rows, "texts": len(y), "seconds": seconds,
        "macro_f1": f1(likelihood.probabilities(scores, calibration).argmax(1)), "majority": f1([common] * len(y)),
        "uncalibrated_forwards": f1(scores.forwards.argmax(1)), "uncalibrated_backwards": f1(scores.backwards.argmax(1)),
    }  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown; says where the model is not above the commonest label."""
    lines = [
        "| data, test rows, seed | macro-F1 | commonest label | forwards alone, as it is | backwards alone, as it is | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        scores = [row[name] for name in ("macro_f1", "majority", "uncalibrated_forwards", "uncalibrated_backwards")]
        labels = f", {row['classes']} labels" if row["classes"] else ""
        name = f"{row['data']}{labels}, {row['texts']}, {row['seed']}"
        lines.append(f"| {name} | {' | '.join(f'{score:.3f}' for score in scores)} | {row['seconds']:.0f} |")
    if low := [row["data"] for row in rows if row["macro_f1"] <= row["majority"]]:
        lines += ["", f"Not above the commonest label: {', '.join(low)}."]
    return "\n".join(lines)
