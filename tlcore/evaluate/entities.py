"""Scores of found names: a name counts where begin, end and kind are right (as seqeval and CoNLL count), and in part where it
overlaps one of its kind; beside looking up names that were seen before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from tlcore.evaluate.bootstrap import RESAMPLES, ends, least_if_all_right
from tlcore.predict.windows import units
from tlcore.tasks.marks import Span, spans_in, target_of


def counts_of(truth: Sequence[str], answers: Sequence[str], label: str | None = None) -> np.ndarray:
    """int [rows, 4]: names right, said, there, and said that overlap a true one of their kind. label: of one kind alone."""
    found = np.zeros((len(truth), 4), dtype=int)
    for row, (cell, said_cell) in enumerate(zip(truth, answers, strict=True)):
        true = {span for span in spans_in(cell) if label in (None, span[2])}
        said = {span for span in spans_in(said_cell) if label in (None, span[2])}
        found[row] = (
            len(true & said),
            len(said),
            len(true),
            sum(any(_touch(one, other) for other in true) for one in said),
        )
    return found


def _touch(one: Span, other: Span) -> bool:
    return one[2] == other[2] and one[0] < other[1] and other[0] < one[1]


def f1_of(counts: np.ndarray) -> Any:
    """2 right / (said + there) of [..., 4]; 1 where there is nothing and nothing is said."""
    right, both = counts[..., 0], counts[..., 1] + counts[..., 2]
    return np.where(both > 0, 2 * right / np.maximum(both, 1), 1.0)


def entity_scores(truth: Sequence[str], answers: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """entity_f1, precision, recall, partial_f1 (begin and end may be off), rows, wrong (rows with a name missing, wrong or too
    many), names (there are), found (of these); None where there are no rows."""
    if not len(truth):
        return {"entity_f1": None, "precision": None, "recall": None, "partial_f1": None, "rows": 0, "wrong": 0}
    counts = counts_of(truth, answers)
    right, said, there, touched = (int(n) for n in counts.sum(0))
    wrong = int(((counts[:, 0] < counts[:, 1]) | (counts[:, 0] < counts[:, 2])).sum())
    return {
        "entity_f1": round(float(f1_of(counts.sum(0))), 4), "precision": _share(right, said), "recall": _share(right, there),
        "partial_f1": _share(2 * min(touched, there), said + there), "rows": len(truth), "wrong": wrong,
        "accuracy": round(1 - wrong / len(truth), 4), "names": there, "said": said, "found": right,
    }  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def with_interval(truth: Sequence[str], answers: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """Scores with the ends of entity F1's 95 % interval (percentile bootstrap over rows)."""
    scores = entity_scores(truth, answers, labels)
    low, high = None, None
    if len(truth):
        low, high = ends(_resampled([counts_of(truth, answers)])[0])
        if scores["entity_f1"] == 1.0:
            low, high = least_if_all_right(len(truth)), 1.0
    return {**scores, "entity_f1_low": low, "entity_f1_high": high}


def difference(truth: Sequence[str], ours: Sequence[str], theirs: Sequence[str], against: str) -> dict[str, Any]:
    """ours - theirs in entity F1 on the same resampled rows: entity_f1, low, high, real (the interval leaves out zero)."""
    if not len(truth):
        return {"entity_f1": None, "low": None, "high": None, "real": None, "against": against}
    pair = [counts_of(truth, answers) for answers in (ours, theirs)]
    first, second = _resampled(pair)
    low, high = ends(first - second)
    gain = round(float(f1_of(pair[0].sum(0)) - f1_of(pair[1].sum(0))), 4)
    return {"entity_f1": gain, "low": low, "high": high, "real": bool(low > 0 or high < 0), "against": against}


def _resampled(systems: Sequence[np.ndarray], seed: int = 0) -> list[np.ndarray]:
    """Entity F1 of each system on RESAMPLES draws of the rows, the same draws for each."""
    rng, rows = np.random.default_rng(seed), len(systems[0])
    draws = [rng.integers(0, rows, rows) for _ in range(RESAMPLES)]
    return [np.array([float(f1_of(counts[draw].sum(0))) for draw in draws]) for counts in systems]


def per_kind(truth: Sequence[str], answers: Sequence[str], labels: Sequence[str]) -> list[dict[str, Any]]:
    """label, precision, recall, f1, rows (names there are), said, right of each kind; those that need help first."""
    found = []
    for label in labels:
        right, said, there, _ = (int(n) for n in counts_of(truth, answers, label).sum(0))
        found.append({
            "label": label, "precision": _share(right, said), "recall": _share(right, there),
            "f1": _share(2 * right, said + there), "rows": there, "said": said, "right": right,
        })  # fmt: skip
    return sorted(found, key=lambda row: (row["f1"] is None, row["f1"] or 0.0))


def entity_report(
    truth: Sequence[str], answers: Sequence[str], baselines: dict[str, Sequence[str]], labels: Sequence[str]
) -> dict[str, Any]:
    """test, baselines, difference (against looking names up), per_class."""
    return {
        "test": with_interval(truth, answers, labels),
        "baselines": {name: with_interval(truth, found, labels) for name, found in baselines.items()},
        "difference": difference(truth, answers, baselines["lookup"], "lookup"),
        "per_class": per_kind(truth, answers, labels),
    }


def looked_up(texts: Sequence[str], targets: Sequence[str], unseen: Sequence[str]) -> list[str]:
    """Every run of words that was marked more often than not where it was seen gets the kind it mostly had; the longest first."""
    marked: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for text, target in zip(texts, targets, strict=True):
        for begin, end, label in spans_in(target):
            marked[_words(text[begin:end])][label] += 1
    longest = max(map(len, marked), default=0)
    seen: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        words = _words(text)
        for size in range(1, longest + 1):
            seen.update(run for i in range(len(words) - size + 1) if (run := words[i : i + size]) in marked)
    known = {run: kinds.most_common(1)[0][0] for run, kinds in marked.items() if 2 * kinds.total() > seen[run]}
    return [target_of(_found(text, known, longest)) for text in unseen]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text[begin:end] for begin, end in units(text))


def _found(text: str, known: dict[tuple[str, ...], str], longest: int) -> list[Span]:
    of = units(text)
    words, found, i = tuple(text[begin:end] for begin, end in of), [], 0
    while i < len(words):
        size = next((size for size in range(min(longest, len(words) - i), 0, -1) if words[i : i + size] in known), 0)
        if size:
            found.append((of[i][0], of[i + size - 1][1], known[words[i : i + size]]))
        i += max(1, size)
    return found


__all__ = ["counts_of", "entity_report", "entity_scores", "looked_up", "per_kind"]
