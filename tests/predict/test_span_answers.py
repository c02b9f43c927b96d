"""tlcore.predict.spans: from scores of words to names."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tlcore.predict.spans import SpanAnswers, best_tags, log_softmax, runs_of, spans_of, tags_of
from tlcore.predict.windows import Window

LABELS = ["LOC", "PER"]


def test_tags_and_their_runs() -> None:
    assert tags_of(LABELS) == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    assert runs_of([0, 3, 4, 4, 0, 1, 1, 2]) == [(1, 4, 1), (5, 6, 0), (6, 8, 0)]
    assert runs_of([2, 4]) == []  # an I without its B


def test_no_inside_follows_an_outside_or_another_kind() -> None:
    scores = log_softmax(np.array([[3.0, 0, 0, 0, 0], [0, 0, 2.0, 1.9, 0], [0, 0, 0, 0, 3.0]]))
    assert scores.argmax(1).tolist() == [0, 2, 4]  # each word for itself: O I-LOC I-PER
    assert best_tags(scores).tolist() == [0, 3, 4]


def test_the_best_path_is_the_best_of_all_paths() -> None:
    rng = np.random.default_rng(0)
    tags = tags_of(LABELS)

    def allowed(path: tuple[int, ...]) -> bool:
        return all(
            not tags[now].startswith("I") or (before > 0 and tags[before][2:] == tags[now][2:])
            for before, now in zip((0, *path), path, strict=False)
        )

    for _ in range(20):
        scores = log_softmax(rng.normal(size=(4, len(tags))) * 2)
        paths = [path for path in np.ndindex(*(len(tags),) * 4) if allowed(path)]
        best = max(paths, key=lambda path: scores[np.arange(4), list(path)].sum())
        assert best_tags(scores).tolist() == list(best)


def test_a_word_in_two_windows_is_taken_from_where_it_stands_farther_from_the_edge() -> None:
    text = "one two three four"
    places = [(0, 3), (4, 7), (8, 13), (14, 18)]
    first = Window(0, [1, 2, 3, 4], [(0, 0), *places[:3]])  # "three" at its edge
    second = Window(0, [1, 2, 3, 4, 5], [(0, 0), *places[1:], (0, 0)])
    outside, place = [9.0, 0, 0, 0, 0], [0, 9.0, 0, 0, 0]
    scores = [np.array([outside, outside, outside, outside]), np.array([outside, outside, place, outside, outside])]
    (span,) = spans_of(text, [first, second], scores, LABELS)
    assert (span["start"], span["end"], span["label"], span["text"]) == (8, 13, "LOC", "three")
    assert span["confidence"] == pytest.approx(1.0, abs=0.01)


def test_what_is_written_into_a_sheet() -> None:
    span = {"start": 0, "end": 3, "label": "PER", "text": "Ada", "confidence": 0.9}
    answers = SpanAnswers([[span], [], None])
    columns = answers.columns()
    assert json.loads(columns["prediction"][0]) == [{"start": 0, "end": 3, "label": "PER", "text": "Ada"}]
    assert columns["prediction"][1:] == ["[]", ""]  # none found, and nothing to look at
    assert columns["confidence"] == ["0.9000", "", ""]
    assert columns["names"] == ["Ada (PER)", "", ""]
    assert math.isnan(answers.confidence[1])
