"""“Label for me”, played by somebody who is always right: rows confirmed as the screen proposes them, beside rows drawn by chance."""

from __future__ import annotations

import csv
import json
import random
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.data import ROOT
from bench.work import Spec, load_texts
from tlcore.label_info import LabelInfo

DATA, POOL, TESTED, CONFIRMED, BATCH = "csabstruct", 1_000, 600, (30, 100), 20
"""Rows without a label, test rows, labels confirmed in all, rows at a time."""
WAYS = ("proposed", "hard", "chance")


@dataclass(frozen=True)
class Case:
    """pool, test: texts; truth, test_truth: their labels, hidden from everybody but the one who confirms."""

    infos: tuple[LabelInfo, ...]
    pool: Sequence[str]
    truth: Sequence[str]
    test: Sequence[str]
    test_truth: Sequence[str]

    @property
    def labels(self) -> list[str]:
        return sorted(info.label for info in self.infos)


def simulate(case: Case, confirmed: Sequence[int], seed: int, batch: int = BATCH) -> dict[str, Any]:
    """Test macro-F1 of zero_shot, of always the pool's commonest label, and of frozen features taught by so many confirmed rows, by
    way: as proposed (the least certain, ones of labels with few rows, a third by chance),
    hard (two thirds the least certain from the first on, a third by chance) and by chance alone."""
    zero_shot, answered = _described(case, seed)
    common = max(set(case.truth), key=list(case.truth).count)
    found = {"seed": seed, "zero_shot": zero_shot, "majority": macro_f1(case, [common] * len(case.test))}
    orders = {
        "proposed": _proposed(case, answered, max(confirmed), seed, batch),
        "hard": _proposed(case, answered, max(confirmed), seed, batch, evenly=False),
        "chance": random.Random(seed).sample(range(len(case.pool)), max(confirmed)),
    }
    for way, order in orders.items():
        for count in confirmed:
            found[f"{way} {count}"] = _taught(case, order[:count], seed)
    return found


def _proposed(case: Case, answered: np.ndarray, most: int, seed: int, batch: int, evenly: bool = True) -> list[int]:
    """Places in the pool in the order in which they are confirmed, as the screen asks for them."""
    from tlcore.confirm.choose import Candidate, choose_rows
    from tlcore.evaluate.unscored import margins

    best, ahead = answered.argmax(1), margins(answered)
    left = {
        i: Candidate(i, text, case.labels[best[i]], float(answered[i].max()), float(ahead[i]))
        for i, text in enumerate(case.pool)
    }
    order: list[int] = []
    counts: Counter[str] = Counter()
    while len(order) < most and left:
        for pick in choose_rows(list(left.values()), min(batch, most - len(order)), seed, counts if evenly else None):
            order.append(pick.candidate.row)
            counts[case.truth[pick.candidate.row]] += 1
            del left[pick.candidate.row]
    return order


def _described(case: Case, seed: int) -> tuple[float, np.ndarray]:
    """zero_shot's macro-F1 on the test rows, and what it says of the pool, [texts, labels]."""
    fitted = _fit(case, "zero_shot", [], seed)
    return macro_f1(case, _answers(case, fitted)), _probabilities(fitted, case.pool)


def _taught(case: Case, rows: Sequence[int], seed: int) -> float:
    return macro_f1(case, _answers(case, _fit(case, "frozen_features", rows, seed)))


def _fit(case: Case, strategy: str, rows: Sequence[int], seed: int) -> Any:
    from tlcore.models.bases import base_folder
    from tlcore.plan import Plan, make_settings
    from tlcore.strategies import FitInput, get_strategy

    one, learned = get_strategy(strategy), set(rows)
    y = [case.labels.index(case.truth[i]) for i in rows]
    others = [text for i, text in enumerate(case.pool) if i not in learned]
    with tempfile.TemporaryDirectory() as work:
        return one.fit(
            FitInput(
                Plan("classify", strategy, "minilm", "", {}, seed), make_settings(one.Settings, {}), case.labels,
                [case.pool[i] for i in rows], y, [], [], base_folder("minilm"), Path(work),
                lambda *_, **__: None, lambda *_: None, lambda: None, lambda: None,
                label_infos=case.infos, unlabelled_texts=others,
            )
        )  # fmt: skip


def _probabilities(fitted: Any, texts: Sequence[str]) -> np.ndarray:
    from tlcore.engine.embeddings import stored_states
    from tlcore.engine.tokens import tokenize
    from tlcore.predict.predictor import linear_probabilities
    from tlcore.strategies.reading import features

    ids = tokenize(fitted.tokenizer_folder, list(texts), fitted.max_length)
    states = stored_states(fitted.encoder, fitted.tokenizer_folder, ids, lambda *_, **__: None, lambda: None)
    return linear_probabilities(fitted.head.tensors(), features(states, fitted.layers))


def _answers(case: Case, fitted: Any) -> list[str]:
    return [case.labels[i] for i in _probabilities(fitted, case.test).argmax(1)]


def macro_f1(case: Case, answers: Sequence[str]) -> float:
    from sklearn.metrics import f1_score

    found = f1_score(case.test_truth, answers, labels=case.labels, average="macro", zero_division=0)
    return float(found)


def measure(seeds: list[int], file: Path) -> list[dict[str, Any]]:
    """Each seed, kept in `file` as it is done; what is there is not done again."""
    kept = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    known = {one["seed"]: one for one in kept}
    for seed in seeds:
        if seed not in known:
            known[seed] = simulate(_case(seed), CONFIRMED, seed)
            with file.open("a") as log:
                log.write(json.dumps(known[seed]) + "\n")
    return [known[seed] for seed in seeds]


def _case(seed: int) -> Case:
    with (ROOT / "bench" / "labels" / f"{DATA}.csv").open(encoding="utf-8", newline="") as file:
        infos = tuple(LabelInfo(row["label"], row["description"]) for row in csv.DictReader(file))
    texts = load_texts(Spec("ours", "confirm", DATA, seed, POOL))
    drawn = random.Random(seed).sample(range(len(texts.test)), min(TESTED, len(texts.test)))
    return Case(
        infos, texts.train, [texts.names[i] for i in texts.train_y],
        [texts.test[i] for i in drawn], [texts.names[texts.test_y[i]] for i in drawn],
    )  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: a line a seed, then the means."""
    names = ["majority", "zero_shot", *(f"{way} {count}" for count in CONFIRMED for way in WAYS)]
    lines = [f"| seed | {' | '.join(names)} |", f"|{'---|' * (len(names) + 1)}"]
    lines += [f"| {row['seed']} | {' | '.join(f'{row[name]:.3f}' for name in names)} |" for row in rows]
    means = [statistics.mean(row[name] for row in rows) for name in names]
    lines.append(f"| mean | {' | '.join(f'{one:.3f}' for one in means)} |")
    return "\n".join(lines)
