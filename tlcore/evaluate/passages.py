"""How good answers from passages are over many rows, their intervals, the simple baseline they must beat.

Exact match and token F1 as SQuAD has them (overlap.py; Rajpurkar et al. 2016, arXiv 1606.05250). Truth: targets of the task `qa`;
answers: text, NO_ANSWER where the passage is said to hold none.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.evaluate.bootstrap import RESAMPLES, ends, least_if_all_right
from tlcore.evaluate.overlap import overlap
from tlcore.predict.text import parts_of
from tlcore.tasks.qa import NO_ANSWER, answer_of

if TYPE_CHECKING:
    from tlcore.predict.answers import Answers

SENTENCE = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+|\n+")
WORD = re.compile(r"\w+")


def row_scores(truth: Sequence[str], answers: Sequence[str]) -> np.ndarray:
    """Exact match and token F1 of each row, [rows, 2]."""
    pairs = [
        overlap(answer_of(target), "" if said == NO_ANSWER else said) if said else (0.0, 0.0)
        for target, said in zip(truth, answers, strict=True)
    ]
    return np.array(pairs, dtype=float).reshape(len(pairs), 2)


def passage_scores(truth: Sequence[str], answers: Sequence[str]) -> dict[str, Any]:
    """token_f1, exact_match, accuracy (the same), rows, wrong (not word for word), overlapping (of these: partly right).

    Where some passages do not hold the answer: unanswered_rows and unanswered_right, and answered_token_f1 of the others.
    """
    if not len(truth):
        return {"token_f1": None, "exact_match": None, "accuracy": None, "rows": 0, "wrong": 0, "overlapping": 0}
    scores = row_scores(truth, answers)
    exact, wrong = round(float(scores[:, 0].mean()), 4), int((scores[:, 0] == 0).sum())
    found: dict[str, Any] = {
        "token_f1": round(float(scores[:, 1].mean()), 4), "exact_match": exact, "accuracy": exact, "rows": len(truth), "wrong": wrong,
        "overlapping": int(((scores[:, 0] == 0) & (scores[:, 1] > 0)).sum()),
    }  # fmt: skip
    none = np.array([not answer_of(target) for target in truth])
    if none.any():
        found |= {"unanswered_rows": int(none.sum()), "unanswered_right": int(scores[none, 0].sum())}
        found["answered_token_f1"] = None if none.all() else round(float(scores[~none, 1].mean()), 4)
    return found


def with_intervals(truth: Sequence[str], answers: Sequence[str]) -> dict[str, Any]:
    """The scores with the ends of both 95 % intervals (percentile bootstrap over rows)."""
    found: dict[str, Any] = passage_scores(truth, answers)
    scores = row_scores(truth, answers)
    for name, column in (("exact_match", 0), ("token_f1", 1)):
        low, high = None, None
        if len(truth):
            all_right = bool((scores[:, column] == 1).all())
            low, high = (least_if_all_right(len(truth)), 1.0) if all_right else ends(_means(scores[:, column]))
        found |= {f"{name}_low": low, f"{name}_high": high}
    return found


def difference(truth: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> dict[str, float | bool | None]:
    """ours - theirs in token F1 on the same resampled rows: token_f1, low, high, real (the interval leaves out zero)."""
    if not len(truth):
        return {"token_f1": None, "low": None, "high": None, "real": None}
    gaps = row_scores(truth, ours)[:, 1] - row_scores(truth, theirs)[:, 1]
    low, high = ends(_means(gaps))
    return {"token_f1": round(float(gaps.mean()), 4), "low": low, "high": high, "real": bool(low > 0 or high < 0)}


def _means(values: np.ndarray, seed: int = 0) -> np.ndarray:
    """Means of RESAMPLES draws of the rows; the same draws for as many rows."""
    rng = np.random.default_rng(seed)
    return np.array([values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)])


def passages_report(truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]]) -> dict[str, Any]:
    """test, baselines, difference (against the nearest sentence), per_class (none: an answer is no class)."""
    ours = answers.predictions
    return {
        "test": with_intervals(truth, ours),
        "baselines": {name: with_intervals(truth, found) for name, found in baselines.items()},
        "difference": {**difference(truth, ours, baselines["nearest"]), "against": "nearest"},
        "per_class": [],
    }


def nearest_sentences(seen: Sequence[str], unseen: Sequence[str]) -> list[str]:
    """Of each passage the sentence that is most like the question: cosine of TF-IDF weights, which count in how many sentences
    of all passages a word stands. seen, unseen: question and passage, packed; the first of equals is taken."""
    passages = dict.fromkeys(parts_of(text)[-1] for text in (*seen, *unseen))
    split = {passage: sentences(passage) for passage in passages}
    every = [set(_words(one)) for parts in split.values() for one in parts]
    rarity = Counter(word for words in every for word in words)
    weight = {word: 1 + math.log(len(every) / (1 + count)) for word, count in rarity.items()}
    found = []
    for text in unseen:
        question, passage = parts_of(text)[0], parts_of(text)[-1]
        asked = _vector(question, weight)
        found.append(max(split[passage], key=lambda one: _cosine(asked, _vector(one, weight)), default=passage))
    return found


def sentences(passage: str) -> list[str]:
    """The sentences of a passage, as far as marks and line breaks tell."""
    return [part for one in SENTENCE.split(passage) if (part := one.strip())]


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _vector(text: str, weight: dict[str, float]) -> dict[str, float]:
    return {word: count * weight.get(word, 0.0) for word, count in Counter(_words(text)).items()}


def _cosine(a: dict[str, float], b: dict[str, float]) -> float:
    size = math.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))
    return sum(value * b.get(word, 0.0) for word, value in a.items()) / size if size else 0.0
