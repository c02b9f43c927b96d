"""tlcore.predict.windows: texts cut into windows, words, and the tokens that stand for them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tlcore.models.bases import base_folder
from tlcore.models.load import load_tokenizer
from tlcore.predict.text import packed
from tlcore.predict.windows import OVERLAP, SHAPES, cut, first_tokens, shapes_of, token_shapes, units

LONG = " ".join(f"word{i}" for i in range(100))


@pytest.fixture
def minilm() -> Path:
    return base_folder("minilm")


def test_units_are_words_marks_and_letters_of_scripts_without_blanks() -> None:
    text = "Ada's café, 東京へ!"
    assert [text[a:b] for a, b in units(text)] == ["Ada", "'", "s", "café", ",", "東", "京", "へ", "!"]


def test_an_address_is_one_word_and_what_follows_it_is_not_part_of_it() -> None:
    text = "@paul_w see http://tinyurl.com/24agj38, (https://a.b/c) or a.b@c.org! #RedSox, www.x.de/. U.S."
    assert [text[a:b] for a, b in units(text)] == [
        "@paul_w", "see", "http://tinyurl.com/24agj38", ",", "(", "https://a.b/c", ")", "or", "a.b@c.org", "!", "#RedSox", ",",
        "www.x.de/", ".", "U", ".", "S", ".",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["a." * 100_000, "http://" + "." * 100_000, "a@" * 100_000, "@" * 100_000, "-" * 100_000]
)
def test_no_text_takes_long_to_part(text: str) -> None:
    begun = time.monotonic()
    assert units(text)
    assert time.monotonic() - begun < 5


def test_how_a_word_is_written_stands_beside_its_first_token(minilm: Path) -> None:
    text = "Then Ada met IBM. The 3rd"
    of = units(text)
    shapes = shapes_of(text, of)
    own = shapes[:, : SHAPES // 3].tolist()
    assert own == [
        [1, 0, 0, 0, 1], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 1, 0], [1, 0, 0, 0, 1], [0, 0, 1, 0, 0],
    ]  # fmt: skip
    before, after = shapes[:, SHAPES // 3 : 2 * SHAPES // 3], shapes[:, 2 * SHAPES // 3 :]
    assert before[1:].tolist() == own[:-1]
    assert after[:-1].tolist() == own[1:]
    assert not before[0].any()
    (window,) = cut(load_tokenizer(minilm, 64), [text], 64)
    found = token_shapes(window, of, shapes)
    assert found.shape == (len(window.ids), SHAPES)
    for unit, token in first_tokens(window, of):
        assert found[token].tolist() == shapes[unit].tolist()
    assert not found[[0, -1]].any()


def test_each_word_has_the_token_that_begins_it(minilm: Path) -> None:
    text = "  Extraordinarily, Müller-Lüdenscheidt paid €5 in 東京."
    (window,) = cut(load_tokenizer(minilm, 64), [text], 64)
    of = units(text)
    found = first_tokens(window, of)
    assert [unit for unit, _ in found] == list(range(len(of)))
    for unit, token in found:
        begin, end = window.places[token]
        assert begin == of[unit][0]
        assert end <= of[unit][1]


def test_a_long_text_is_read_whole_in_windows_that_overlap(minilm: Path) -> None:
    length = 40
    windows = cut(load_tokenizer(minilm, length), ["short", LONG], length)
    assert [window.row for window in windows] == [0, *[1] * (len(windows) - 1)]
    assert all(len(window.ids) <= length for window in windows)
    of = units(LONG)
    seen = [unit for window in windows[1:] for unit, _ in first_tokens(window, of)]
    assert set(seen) == set(range(len(of)))
    twice = len(seen) - len(of)
    assert twice >= (len(windows) - 2) * int(length * OVERLAP) / 6  # a word is up to three pieces here


def test_a_question_stands_in_each_window_and_no_place_is_its_own(minilm: Path) -> None:
    question = "Which word is the last?"
    windows = cut(load_tokenizer(minilm, 40), [packed([question, LONG])], 40)
    assert len(windows) > 5
    begin = windows[0].ids[:5]
    assert all(window.ids[:5] == begin for window in windows)
    for window in windows:
        words = [LONG[a:b] for a, b in window.places if (a, b) != (0, 0)]
        assert words
        assert all(word in LONG for word in words)
    assert windows[-1].places[-2][1] == len(LONG)


def test_a_question_longer_than_half_a_window_is_cut(minilm: Path) -> None:
    windows = cut(load_tokenizer(minilm, 40), [packed([LONG, "A passage of six words here."])], 40)
    (window,) = windows
    assert len(window.ids) <= 40
    assert window.places[-2][1] == len("A passage of six words here.")
