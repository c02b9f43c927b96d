"""Scores of written texts: chrF (Popović 2015), BLEU (Papineni et al. 2002; both by sacreBLEU), ROUGE-L (Lin 2004), exact match."""

from __future__ import annotations

from collections.abc import Sequence
from operator import eq
from typing import Any

import numpy as np

from tlcore.evaluate.bootstrap import RESAMPLES, ends
from tlcore.predict.answers import Answers

METRIC = "chrf"


def row_statistics(truth: Sequence[str], answers: Sequence[str]) -> np.ndarray:
    """Counts of letter groups (of the answer, of the right text, of both), int64 [rows, 18]: chrF of some rows is that of the sum."""
    from sacrebleu.metrics import CHRF

    return np.array(CHRF()._extract_corpus_statistics(list(answers), [list(truth)]), dtype=np.int64).reshape(
        len(truth), 18
    )


def chrf_of(counts: np.ndarray) -> np.ndarray:
    """chrF, 0 to 100, of counts [..., 18]; as sacreBLEU has it: orders that one side has none of are left out."""
    said, right, both = (counts[..., at::3].astype(float) for at in range(3))
    with np.errstate(invalid="ignore", divide="ignore"):
        there = (said > 0) & (right > 0)
        orders = there.sum(-1)
        precision, recall = (np.where(there, both / of, 0.0).sum(-1) / orders for of in (said, right))
        found = 100 * 5 * precision * recall / (4 * precision + recall)
    return np.nan_to_num(found)


def chrf(truth: Sequence[str], answers: Sequence[str]) -> float:
    return float(chrf_of(row_statistics(truth, answers).sum(0))) if len(truth) else 0.0


def row_chrf(truth: Sequence[str], answers: Sequence[str]) -> list[float]:
    """chrF of each row by itself."""
    return [float(one) for one in chrf_of(row_statistics(truth, answers))] if len(truth) else []


def rouge_l(truth: str, answer: str) -> float:
    """F1 of the longest common subsequence of words, lower case; 0 to 1."""
    a, b = truth.lower().split(), answer.lower().split()
    if not a or not b:
        return float(a == b)
    row = [0] * (len(b) + 1)
    for word in a:
        before = 0
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], before + 1 if word == other else max(row[j], row[j - 1])
    return 2 * row[-1] / (len(a) + len(b))


def text_scores(truth: Sequence[str], answers: Sequence[str]) -> dict[str, Any]:
    """chrf and bleu (0 to 100), rouge_l and exact_match (0 to 1), rows, wrong (not exactly the right text); None without rows."""
    if not len(truth):
        return {"chrf": None, "bleu": None, "rouge_l": None, "exact_match": None, "rows": 0, "wrong": 0}
    from sacrebleu.metrics import BLEU

    right = sum(a.strip() == b.strip() for a, b in zip(truth, answers, strict=True))
    return {
        "chrf": round(chrf(truth, answers), 2),
        "bleu": round(BLEU().corpus_score(list(answers), [list(truth)]).score, 2),
        "rouge_l": round(float(np.mean([rouge_l(a, b) for a, b in zip(truth, answers, strict=True)])), 4),
        "exact_match": round(right / len(truth), 4),
        "rows": len(truth),
        "wrong": len(truth) - right,
    }


def with_interval(truth: Sequence[str], answers: Sequence[str]) -> dict[str, Any]:
    """Scores with the ends of chrF's 95 % interval (percentile bootstrap over rows)."""
    low, high = None, None
    if len(truth):
        low, high = (round(end, 2) for end in ends(_resampled(truth, [answers])[0]))
    return {**text_scores(truth, answers), "chrf_low": low, "chrf_high": high}


def difference(truth: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> dict[str, float | bool | None]:
    """ours - theirs in chrF on the same resampled rows: chrf, low, high, real (the interval leaves out zero)."""
    if not len(truth):
        return {"chrf": None, "low": None, "high": None, "real": None}
    first, second = _resampled(truth, [ours, theirs])
    low, high = (round(end, 2) for end in ends(first - second))
    same = all(map(eq, ours, theirs))
    gain = chrf(truth, ours) - chrf(truth, theirs)
    return {"chrf": round(gain, 2), "low": low, "high": high, "real": bool((low > 0 or high < 0) and not same)}


def _resampled(truth: Sequence[str], systems: Sequence[Sequence[str]], seed: int = 0) -> list[np.ndarray]:
    """chrF of each system on RESAMPLES draws of the rows, the same draws for each."""
    counts = [row_statistics(truth, answers) for answers in systems]
    rng = np.random.default_rng(seed)
    draws = [rng.integers(0, len(truth), len(truth)) for _ in range(RESAMPLES)]
    return [chrf_of(np.stack([of_rows[draw].sum(0) for draw in draws])) for of_rows in counts]


def written_report(truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]]) -> dict[str, Any]:
    """test, baselines, difference (against the model as it came, if its answers are there), per_class (none)."""
    ours = answers.predictions
    best = "untuned" if "untuned" in baselines else next(iter(baselines))
    return {
        "test": with_interval(truth, ours),
        "baselines": {name: with_interval(truth, found) for name, found in baselines.items()},
        "difference": {**difference(truth, ours, baselines[best]), "against": best},
        "per_class": [],
    }
