"""tlcore.checks.evidence: computed once, and a row is no neighbour of its own."""

from collections.abc import Callable

import numpy as np
import pytest

from tlcore.checks import evidence
from tlcore.checks.evidence import Evidence
from tlcore.datasets import Dataset


def unit(rows: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, 6)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_nearness_is_the_mean_of_the_five_nearest_others() -> None:
    vectors = unit(30)
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -2)
    assert np.allclose(Evidence(vectors).nearness, np.sort(similar, axis=1)[:, -5:].mean(1), atol=1e-6)


def test_rows_without_a_text_are_nobodys_neighbour() -> None:
    vectors = unit(30)
    gaps = np.insert(vectors, [0, 12, 30], 0, axis=0)
    filled = np.abs(gaps).sum(1) > 0
    near = Evidence(gaps).nearness
    assert np.allclose(near[filled], Evidence(vectors).nearness, atol=1e-6)
    assert near[~filled].tolist() == [1, 1, 1]


def test_few_rows_have_no_neighbours() -> None:
    assert Evidence(unit(4)).nearness.tolist() == [1] * 4


def test_of_many_rows_some_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.abs(unit(400))  # all on one side,
    vectors[7] *= -1  # but for one
    full = Evidence(vectors).nearness
    monkeypatch.setattr(evidence, "MOST_REFERENCES", 100)
    monkeypatch.setattr(evidence, "ROWS_AT_ONCE", 64)
    some = Evidence(vectors).nearness
    assert (some <= full + 1e-6).all()
    assert (some < 1 - 1e-3).all()
    assert some.argmin() == full.argmin() == 7


def test_groups_and_doubts_are_computed_once(classify: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = classify([f"this is text {i}" for i in range(60)], ["ab"[i % 2] for i in range(60)])
    seen = Evidence(unit(60))
    first = seen.groups(dataset), seen.doubts(dataset)
    assert len(first[0]) == 60
    assert first[1] is not None

    def never(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(evidence, "near_groups", never)
    monkeypatch.setattr("tlcore.checks.doubts.doubt_labels", never)
    assert seen.groups(dataset) is first[0]
    assert seen.doubts(dataset) is first[1]
