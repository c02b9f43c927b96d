from __future__ import annotations

import json

import numpy as np
import pytest

from tlcore.advise.trial import LEAST_A_CLASS, MOST_ROWS, Trial, can_try, rows_to_try, sizes_of, try_out
from tlcore.errors import StopRequested

WORDS = {"a": "apple pear plum", "b": "bolt screw nail", "c": "cat dog horse"}


def made(rows: int, noise: float, words: bool = True, seed: int = 0) -> tuple[np.ndarray, list[str], list[str]]:
    """Features that tell three classes apart, more or less, and texts that do, or do not."""
    rng = np.random.default_rng(seed)
    labels = [sorted(WORDS)[i % 3] for i in range(rows)]
    centres = {name: rng.standard_normal(32) for name in WORDS}
    features = np.array([centres[label] + noise * rng.standard_normal(32) for label in labels], dtype=np.float32)
    said = [
        WORDS[label] if words else " ".join(rng.choice(["one", "two", "three", "four", "five", "six"], 3))
        for label in labels
    ]
    return features, [f"{text} {i % 7}" for i, text in enumerate(said)], labels


def tried(*given: object, **more: object) -> Trial:
    features, texts, labels = given  # type: ignore[misc]
    return try_out(features, texts, labels, len(labels), seconds=0.0, **more)  # type: ignore[arg-type]


def test_more_rows_are_better_and_the_simple_methods_stand_beside() -> None:
    found = tried(*made(300, 4.0, words=False))
    middle = found.curve.middle()
    assert middle[-1] > middle[0] + 0.05
    assert middle[-1] > found.tfidf + 0.1
    assert found.helps()
    assert found.majority == pytest.approx(0.5 / 3, abs=0.01)
    assert set(found.classes) == {"a", "b", "c"}


def test_a_base_model_that_tells_nothing_is_no_help() -> None:
    features, texts, labels = made(300, 1.0)
    found = tried(np.random.default_rng(5).standard_normal(features.shape).astype(np.float32), texts, labels)
    assert not found.helps()
    assert found.lead[0] < -0.3
    assert found.lead[2] < 0


def test_it_learns_from_no_row_that_it_is_asked_about() -> None:
    """Labels drawn at random cannot be told, however well rows are known by heart."""
    features, texts, labels = made(300, 0.1, words=False)
    shuffled = list(np.random.default_rng(3).permutation(labels))
    assert np.mean([round[-1] for round in tried(features, texts, shuffled).frozen]) < 0.45


def test_a_rare_class_may_be_absent_where_few_rows_are_learned_from() -> None:
    features, texts, _ = made(120, 1.0)
    labels = ["rare" if i % 30 == 0 else "usual" for i in range(120)]
    found = tried(features, texts, labels)
    assert 0.0 < found.majority < 0.5
    assert set(found.classes) == {"rare", "usual"}


def test_it_is_kept_as_it_is() -> None:
    found = tried(*made(90, 1.0))
    assert Trial.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_classes_of_a_row_or_two_stay_out_and_many_rows_are_drawn_from() -> None:
    labels = ["a"] * 40 + ["b"] * 40 + ["rare"] * (LEAST_A_CLASS - 1)
    assert {labels[i] for i in rows_to_try(labels)} == {"a", "b"}
    assert len(rows_to_try(["a", "b"] * MOST_ROWS)) == MOST_ROWS


@pytest.mark.parametrize(
    ("labels", "enough"), [(["a"] * 40, False), (["a", "b"] * 11, False), (["a", "b"] * 12, True), ([], False)]
)
def test_when_there_is_enough_to_hold_back(labels: list[str], enough: bool) -> None:
    assert can_try(labels) is enough


def test_sizes_rise_and_never_fall_below_two_a_class() -> None:
    assert sizes_of(800, 4) == (100, 200, 400, 800)
    assert sizes_of(60, 10) == (30, 60)


def test_it_ends_when_asked() -> None:
    def stop() -> None:
        raise StopRequested("cancel")

    with pytest.raises(StopRequested):
        tried(*made(90, 1.0), check_stop=stop)


def test_the_class_that_gains_most_is_named_only_where_it_stands_out() -> None:
    found = tried(*made(90, 1.0))
    clear = Trial.from_json(found.to_json() | {"classes": {"a": (0.5, 0.8), "b": (0.7, 0.75), "c": (0.9, 0.9)}})
    close = Trial.from_json(found.to_json() | {"classes": {"a": (0.5, 0.6), "b": (0.7, 0.8), "c": (0.9, 0.9)}})
    assert clear.mostly_for() == "a"
    assert close.mostly_for() is None
