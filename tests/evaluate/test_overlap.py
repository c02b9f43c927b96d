"""tlcore.evaluate.overlap: SQuAD's normalisation, and what it does not cover."""

from __future__ import annotations

import pytest

from tlcore.evaluate.overlap import overlap, words_of


@pytest.mark.parametrize(
    ("truth", "answer", "exact", "f1"),
    [
        ("the Otter", "Otter", 1, 1),
        ("Lindhaven.", "lindhaven", 1, 1),
        ("in 1991", "1991", 0, 2 / 3),
        ("two clean rivers", "clean  rivers", 0, 4 / 5),
        ("red red blue", "red", 0, 1 / 2),
        ("Denver", "Carolina", 0, 0),
        ("$308", "308", 1, 1),
        ("None", "none", 1, 1),
        ("NA", "Na", 1, 1),
        ("", "", 1, 1),
        ("", "Lindhaven", 0, 0),
        ("Lindhaven", "", 0, 0),
        ("The", "the", 1, 1),  # nothing but an article: taken as it is
        ("%", "%", 1, 1),
        ("%", "Lindhaven", 0, 0),
        ("東京都", "東京", 0, 4 / 5),
    ],
)
def test_an_answer_is_compared_word_by_word(truth: str, answer: str, exact: float, f1: float) -> None:
    assert overlap(truth, answer) == (exact, pytest.approx(f1))


def test_words_are_those_of_squads_own_script() -> None:
    """As evaluate-v1.1.py: lower case, punctuation out, articles out, blanks mended."""
    assert words_of("  An answer, at\tthe  end -- of A book! ") == ["answer", "at", "end", "of", "book"]
    assert words_of("theatre and anthem") == ["theatre", "and", "anthem"]
