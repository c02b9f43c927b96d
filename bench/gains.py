"""Do the bands hold? What a trial says that more labels would bring, beside what they brought: on the same rows and more of them, with a
large test file."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bench.work import Spec, load_texts

SETS = (("banking77", 10), ("sms_spam", 0), ("csabstruct", 0))
SIZES = ((100, 50), (300, 100), (800, 200))
"""Labelled rows, and how many more."""
DRAWS, MOST_ROWS, MOST_TEST_ROWS, SECONDS = 7, 2_500, 1_200, 3.0
Found = dict[str, Any]


def measure(seeds: Sequence[int]) -> list[Found]:
    """A row for each set, size and draw: said (low, middle, high) and measured, in macro-F1. The first seed begins the draws."""
    return [
        row for data, classes in SETS for row in _of_set(Spec("ours", "gains", data, 0, MOST_ROWS, classes), seeds[0])
    ]


def _of_set(spec: Spec, first: int) -> Iterator[Found]:
    from sklearn.metrics import f1_score

    from tlcore.advise.trial import can_try, rows_to_try, try_out
    from tlcore.engine.linear import fit_head
    from tlcore.engine.objectives import OneOf

    texts = load_texts(spec)
    y, test_y = np.array(texts.train_y), np.array(texts.test_y)
    some = np.random.default_rng(0).permutation(len(test_y))[:MOST_TEST_ROWS]
    x, test_x = _features(texts.train), _features([texts.test[i] for i in some])

    def score(rows: np.ndarray) -> float:
        head = fit_head("logistic", x[rows], y[rows], OneOf.C, False, 0)
        return float(f1_score(test_y[some], head.predict(test_x), average="macro"))

    for rows, more in SIZES:
        for draw in range(DRAWS):
            order = np.random.default_rng(1_000 * first + 7 * draw + rows).permutation(len(y))[: rows + more]
            labels = [str(y[i]) for i in order[:rows]]
            tried = [order[i] for i in rows_to_try(labels)]
            if not can_try(labels):
                continue
            trial = try_out(
                x[tried], [texts.train[i] for i in tried], [str(y[i]) for i in tried], rows, seconds=SECONDS, seed=draw
            )
            said = trial.curve.gain(rows, more)
            yield {
                "data": spec.data, "rows": rows, "more": more, "said": (said.low, said.middle, said.high),
                "measured": score(order) - score(order[:rows]),
            }  # fmt: skip


def _features(texts: Sequence[str]) -> np.ndarray:
    from tlcore.checks.job import states_of_texts
    from tlcore.told import Nobody

    nobody = Nobody()
    return states_of_texts("minilm", texts, nobody.emit, nobody.check_stop).reshape(len(texts), -1).astype(np.float32)


def table(rows: Sequence[Found]) -> str:
    """Markdown: means of each set and size, and how many gains lie inside their band."""
    lines = ["| data | labels | more | said | measured | band | inside |", "|---" * 7 + "|"]
    for key in dict.fromkeys((row["data"], row["rows"], row["more"]) for row in rows):
        some = [row for row in rows if (row["data"], row["rows"], row["more"]) == key]
        said, measured = (
            statistics.mean(value) for value in zip(*((r["said"][1], r["measured"]) for r in some), strict=True)
        )
        width = statistics.mean(row["said"][2] - row["said"][0] for row in some)
        lines.append(
            f"| {key[0]} | {key[1]} | {key[2]} | {100 * said:+.1f} | {100 * measured:+.1f} | {100 * width:.1f} wide | {_inside(some)} of {len(some)} |"
        )
    lines.append(f"\nInside: {_inside(rows)} of {len(rows)} ({100 * _inside(rows) / len(rows):.0f} %).")
    return "\n".join(lines)


def _inside(rows: Sequence[Found]) -> int:
    return sum(row["said"][0] <= row["measured"] <= row["said"][2] for row in rows)
