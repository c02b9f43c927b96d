from collections.abc import Callable

import numpy as np
import pytest

from tlcore.checks.evidence import Evidence
from tlcore.checks.outliers import no_words, outliers
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts


def crowd(count: int, seed: int = 0) -> np.ndarray:
    """Directions around one middle, as the vectors of texts on one subject are."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, 16)) * 0.25 + np.eye(16)[0] * 2
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def rows(classify: Callable[..., Dataset], count: int = 80, **changed: str) -> Dataset:
    texts = [changed.get(f"row{i}", f"this is text number {i}") for i in range(count)]
    return classify(texts, ["ab"[i % 2] for i in range(count)])


def found(dataset: Dataset, vectors: np.ndarray) -> object:
    return outliers(dataset, measure_facts(dataset), Evidence(vectors))


def test_a_text_far_from_all_others_is_named(classify: Callable[..., Dataset]) -> None:
    vectors = crowd(80)
    vectors[17] = -np.eye(16)[3]
    problem = found(rows(classify), vectors)
    assert problem.rows == (19,)
    assert problem.notes == ("unlike the other rows",)
    assert problem.title == "1 text is unlike the rest."
    assert [(fix.kind, fix.rows) for fix in problem.fixes] == [("leave_out", (19,))]


def test_what_is_no_words_comes_first(classify: Callable[..., Dataset]) -> None:
    vectors = crowd(80)
    vectors[17] = -np.eye(16)[3]
    problem = found(rows(classify, row40="kjhgf dfghj wrtzp sdfgh"), vectors)
    assert problem.rows == (42, 19)
    assert problem.notes == ("no words", "unlike the other rows")


def test_rows_on_one_subject_have_no_outliers(classify: Callable[..., Dataset]) -> None:
    assert found(rows(classify), crowd(80)) is None


def test_two_subjects_are_no_outliers(classify: Callable[..., Dataset]) -> None:
    vectors = crowd(80)
    vectors[60:] = -vectors[60:]
    assert found(rows(classify), vectors) is None


def test_too_few_rows_say_nothing_of_far(classify: Callable[..., Dataset]) -> None:
    vectors = crowd(20)
    vectors[3] = -vectors[3]
    assert found(rows(classify, 20), vectors) is None


@pytest.mark.parametrize("text", ["aaaaaaaaaaaa", "!!!!!!!!!!!!", "sdfgsdfgh jklmnbvcx", "xxxxxxxx."])
def test_no_words(text: str) -> None:
    assert no_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "Why?",
        "hmm",
        "TV DVD MP3",
        "Where is my card",
        "soooooooooo good",
        "Ich weiß nicht",
        "где моя карта",
        "42",
        "你好你好你好你好",
    ],
)
def test_words(text: str) -> None:
    assert not no_words(text)
