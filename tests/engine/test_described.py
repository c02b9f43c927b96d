"""tlcore.engine.described: a head from descriptions alone, and better by unlabelled texts; on made-up states."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.engine.described import (
    FEWEST_TEXTS,
    Scores,
    head_of_descriptions,
    layers_to_read,
    surest,
    word_scores,
)
from tlcore.predict.predictor import linear_probabilities

LABELS, WIDTH, BLOCKS = 3, 24, 4


def _states(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts around the middles of three labels, of which the descriptions point only roughly to: states, truth, descriptions."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(LABELS, BLOCKS + 1, WIDTH))
    truth = rng.integers(0, LABELS, rows)
    texts = 3 + middles[truth] + 0.9 * rng.normal(size=(rows, BLOCKS + 1, WIDTH))
    said = 3 + middles + 1.3 * rng.normal(size=middles.shape)
    return texts.astype(np.float16), truth, said.astype(np.float16)


def _right(found: object, texts: np.ndarray, truth: np.ndarray, layers: tuple[int, ...]) -> float:
    x = texts[:, list(layers)].reshape(len(texts), -1).astype(np.float32)
    answers = linear_probabilities(found.head.tensors(), x).argmax(1)  # type: ignore[attr-defined]
    return float((answers == truth).mean())


def test_unlabelled_texts_make_it_better_and_it_holds_for_new_ones() -> None:
    layers, gained = (2, 4), []
    for seed in range(5):
        texts, truth, said = _states(2 * FEWEST_TEXTS, seed)
        old, new = texts[:FEWEST_TEXTS], texts[FEWEST_TEXTS:]
        plain = head_of_descriptions(old, said, layers, False, lambda: None)
        refined = head_of_descriptions(old, said, layers, True, lambda: None)
        assert (plain.texts, refined.texts) == (0, FEWEST_TEXTS)
        before, after = (_right(one, new, truth[FEWEST_TEXTS:], layers) for one in (plain, refined))
        assert before > 1 / LABELS
        gained.append(after - before)
    assert np.mean(gained) > 0.02


def test_too_few_texts_are_not_learned_from() -> None:
    texts, _, said = _states(FEWEST_TEXTS - 1)
    plain, refined = (head_of_descriptions(texts, said, (2, 4), refine, lambda: None) for refine in (False, True))
    assert refined.texts == 0
    assert np.array_equal(plain.head.weight, refined.head.weight)


def test_without_refining_the_answer_is_the_nearest_by_cosine() -> None:
    texts, _, said = _states(300)
    found = head_of_descriptions(texts, said, (4,), False, lambda: None)
    x, v = texts[:, 4].astype(np.float64), said[:, 4].astype(np.float64)
    cosine = (x / np.linalg.norm(x, axis=1, keepdims=True)) @ (v / np.linalg.norm(v, axis=1, keepdims=True)).T
    answers = linear_probabilities(found.head.tensors(), texts[:, 4].astype(np.float32)).argmax(1)
    assert (answers == cosine.argmax(1)).mean() > 0.99
    assert found.agreement is None


def test_it_is_as_sure_on_average_as_its_readings_agree() -> None:
    texts, _, said = _states(800)
    found = head_of_descriptions(texts, said, (2, 4), True, lambda: None)
    x = texts[:, [2, 4]].reshape(len(texts), -1).astype(np.float32)
    sure = linear_probabilities(found.head.tensors(), x).max(1).mean()
    assert found.agreement is not None
    assert sure == pytest.approx(min(max(found.agreement, 1 / LABELS + 0.05), 0.97), abs=0.02)


def test_of_each_label_the_surest_answers_are_taken() -> None:
    scores = np.zeros((40, 2))
    scores[:30, 0], scores[30:, 1] = np.arange(1, 31), np.arange(1, 11)
    rows = surest(scores)
    assert sorted(rows.tolist()) == [*range(15, 30), *range(35, 40)]


def test_scores_are_even_and_answer_the_same() -> None:
    rng = np.random.default_rng(0)
    x, scores = rng.normal(size=(50, 6)), Scores(rng.normal(size=(6, 3)), rng.normal(size=3))
    even = scores.even(x)
    assert np.array_equal(even.of(x).argmax(1), scores.of(x).argmax(1))
    assert np.allclose(even.of(x).sum(1), 0)
    assert even.of(x).std() == pytest.approx(1)


def test_words_in_common_speak_for_a_label() -> None:
    scores = word_scores(["my parcel is late", "the invoice is wrong"], ["parcels: a parcel", "an invoice or a bill"])
    assert scores is not None
    assert scores.argmax(1).tolist() == [0, 1]
    assert word_scores(["alpha"], ["beta", "gamma"]) is None
    assert word_scores(["the"], ["of", "and"]) is None


def test_half_way_and_last_are_read() -> None:
    assert layers_to_read(6, "auto") == (3, 6)
    assert layers_to_read(6, "last") == (6,)
    assert layers_to_read(1, "auto") == (1,)
