"""Scores of one that may also give no answer: that row is wrong for its label, but silence is no class with a score of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tlcore.evaluate.bootstrap import RESAMPLES, ends
from tlcore.evaluate.metrics import confusion, f1_from_confusion, to_ids


def silent_macro_f1(truth: np.ndarray, answers: np.ndarray, labels: int) -> float:
    """Mean F1 over the labels that occur or are given; ids [rows], silence is the id `labels`."""
    return float(np.nanmean(f1_from_confusion(confusion(truth, answers, labels + 1))[:labels]))


def compare_with_silence(
    truth: Sequence[str], first: Sequence[str], second: Sequence[str], labels: Sequence[str], seed: int = 0
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """macro_f1, its 95 % interval, accuracy, rows and wrong of both on the same rows; and first - second, paired (bootstrap).

    What is not among the labels is silence.
    """
    y, many, rng = to_ids(truth, labels), len(labels), np.random.default_rng(seed)
    both = [to_ids(answers, labels) for answers in (first, second)]
    draws = [rng.integers(0, len(y), len(y)) for _ in range(RESAMPLES)]
    spread = [np.array([silent_macro_f1(y[draw], found[draw], many) for draw in draws]) for found in both]
    here = [silent_macro_f1(y, found, many) for found in both]
    told = []
    for found, score, resampled in zip(both, here, spread, strict=True):
        low, high = ends(resampled)
        wrong = int((y != found).sum() + ((y == found) & (y == many)).sum())
        told.append({
            "macro_f1": round(score, 4), "macro_f1_low": low, "macro_f1_high": high, "accuracy": round(1 - wrong / len(y), 4),
            "rows": len(y), "wrong": wrong,
        })  # fmt: skip
    low, high = ends(spread[0] - spread[1])
    gap = {"macro_f1": round(here[0] - here[1], 4), "low": low, "high": high, "real": bool(low > 0 or high < 0)}
    return told[0], told[1], gap
