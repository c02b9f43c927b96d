from __future__ import annotations

import json

import numpy as np
import pytest

from tlcore.advise.mismatch import FAR, Mismatch, distance_to_general, measure_mismatch
from tlcore.models.bases import tokenizer_file

PLAIN = ["The parcel came late and the box was open.", "Please send me a new bill for the last month."] * 10
CHEMISTRY = [
    "Trimethoxybenzaldehyde recrystallised from dichloromethane",
    "Chlorpyrifos organophosphate acetylcholinesterase",
] * 10
SPANISH = ["Cuando llegué a la tienda no había nadie para ayudarme", "Porque todo está muy caro y no hay nada"] * 10


def seen(texts: list[str]) -> Mismatch:
    return measure_mismatch(texts, tokenizer_file("minilm"))


def test_everyday_words_are_whole() -> None:
    found = seen(PLAIN)
    assert 1.0 <= found.pieces_a_word < 1.2
    assert found.foreign == 0.0
    assert found.reasons() == []


def test_words_of_a_field_fall_apart() -> None:
    found = seen(CHEMISTRY)
    assert found.pieces_a_word > 3
    (reason,) = found.reasons()
    assert found.split_words[0][0] in reason
    assert "word pieces for a word" in reason


def test_another_language_is_told_first() -> None:
    found = seen(SPANISH)
    assert found.language == "Spanish"
    assert found.foreign == 1.0
    assert "Spanish" in found.reasons()[0]


def test_signs_without_a_piece() -> None:
    found = seen(["good 👍🏽🦄 thing 🫠"] * 5)
    assert found.unknown > 0.1
    assert any("cannot read" in reason for reason in found.reasons())


def test_distance_is_none_to_oneself_and_large_to_what_shares_nothing() -> None:
    a, b = np.eye(8)[:4] * 3, np.eye(8)[4:]
    assert distance_to_general(a, a) == pytest.approx(0.0)
    assert distance_to_general(a, b) == pytest.approx(1.0)
    far = Mismatch(pieces_a_word=1.2, distance=FAR)
    assert "far from everyday" in far.reasons()[0]


def test_it_is_kept_as_it_is() -> None:
    found = seen(CHEMISTRY)
    assert Mismatch.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_no_texts_are_no_mismatch() -> None:
    assert seen(["", " "]).reasons() == []
