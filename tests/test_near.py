"""tlcore.near: one group for texts that say the same, never for those that are merely similar, in seconds."""

from __future__ import annotations

import csv
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore import near
from tlcore.near import SAME, form, how_far, near_groups
from tlcore.near_pairs import SHINGLE, like_hashes
from tlcore.splits import text_key

LONG = (
    "I bought something online two days ago and sent the money at once, but the seller says that it is still not there"
)


def together(*texts: str) -> bool:
    return len(set(near_groups(texts))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is my card?", "  where is MY card !!"),
        ("Why was my top-up reverted?", "Why was my top up reverted"),
        ("It doesn’t work", "It doesn't work"),
        ("Order 48213 has not arrived", "Order 99021 has not arrived"),
        ("Please help me change my PIN", "Help me change my PIN."),
        ("I want a mastercard", "I want the mastercard"),
        ("The transfer I tried to make failed", "The transger I tried to make failed"),
        ("The transfer I tried to make failed", "The trasnfer I tried to make failed"),
        ("The transfer I tried to make failed", "The tranfer I tried to make failed"),
        (LONG, LONG.replace("money", "cash")),
        ("I ordered a card two weeks ago and it is not here", "I ordered a blue card two weeks ago and it is not here"),
        (LONG, LONG.replace("seller", "online seller")),
        ("Straße nach Köln gesperrt", "STRASSE NACH KÖLN GESPERRT"),
    ],
)
def test_texts_that_say_the_same_are_one_group(one: str, other: str) -> None:
    assert together(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is my card?", "Where is my new card?"),
        ("What is the current exchange rate?", "What is the current exchange fee?"),
        ("How do I get my card PIN?", "How do I get my card?"),
        (LONG, LONG.replace("still not there", "still there")),
        ("I would recommend this to a friend", "I would not recommend this to a friend"),
        ("I give it 1 star", "I give it 5 stars"),
        ("this is text 1", "this is text 11"),
        (f"{LONG} 3 days later", f"{LONG} 4 days later"),
        ("the report of 1999 on the company", "the report of 2001 on the company"),
        ("great 👍", "great 👎"),
        (":-)", ":-("),
        ("yes", "yet"),
        ("", "  "),
    ],
)
def test_texts_that_are_merely_similar_are_not(one: str, other: str) -> None:
    assert not together(one, other)


def test_a_word_that_many_texts_use_is_no_typo() -> None:
    texts = [
        f"The {colour} {word} is broken" for word in ("phone", "phony") for colour in ("red", "blue", "green", "grey")
    ]
    assert len(set(near_groups(texts))) == len(texts)


def test_the_first_text_names_the_group_and_the_order_does_not_matter() -> None:
    texts = ["b one two three", "A b c d", "a B c d!", "B one, two three", "a b c d"]
    assert near_groups(texts) == [0, 1, 1, 0, 1]
    shuffled = [4, 2, 0, 3, 1]
    found = near_groups([texts[i] for i in shuffled])
    assert [found.index(g) for g in found] == [0, 0, 2, 2, 0]


def test_two_ways_of_saying_it_are_joined_through_a_third() -> None:
    assert together("Please unlock my account today", "unlock my account today", "UNLOCK my acccount today")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=8))
def test_whatever_is_the_same_for_the_split_is_one_group(texts: list[str]) -> None:
    texts = [*texts, *(text.upper().replace(" ", "\t") for text in texts)]
    groups = near_groups(texts)
    keys: dict[str, int] = {}
    for text, group in zip(texts, groups, strict=True):
        if key := text_key(text):
            assert keys.setdefault(key, group) == group
    assert all(groups[group] == group for group in groups)


def test_lone_surrogates_and_long_texts_are_read() -> None:
    assert together("a lone \ud800 one", "A lone \ud800 one")
    words = " ".join(f"word{i % 700}x" for i in range(3_000))
    assert together(words, words + " more")


def test_above_the_limit_only_equal_texts_are_found_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "MOST_TEXTS", 3)
    texts = ["The transfer failed today", "The transfre failed today", "the transfer FAILED today.", "one", "two"]
    assert near_groups(texts) == [0, 1, 0, 3, 4]
    assert "3 different texts" in how_far(4)
    assert how_far(3) == ""


def test_the_form_keeps_words_and_short_numbers() -> None:
    assert form("It's 5 o'clock — call 0800-123456!") == "its 5 oclock call 0800 0"


def test_planted_twins_are_found_among_a_thousand_texts() -> None:
    rng = random.Random(0)
    vocabulary = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 9))) for _ in range(400)]
    texts = [" ".join(rng.choices(vocabulary, k=rng.randint(8, 20))) for _ in range(1_000)]
    twins = [f"{text.capitalize()}, {rng.choice(vocabulary)}" for text in texts[::10] if len(text) > 90]
    groups = near_groups([*texts, *twins])
    of_twins = groups[1_000:]
    assert len(twins) > 20
    assert [texts[g][:60] for g in of_twins] == [twin[:60].lower() for twin in twins]
    assert len(set(groups)) == 1_000


def shingles(text: str) -> set[str]:
    return {text[k : k + SHINGLE] for k in range(len(text) - SHINGLE + 1)}


def test_sketches_spare_work_and_lose_no_pair() -> None:
    rng = random.Random(0)
    texts = []
    for _ in range(60):
        words = ["".join(rng.choices("abcdefghij", k=5)) for _ in range(rng.randint(6, 40))]
        for changed in range(6):
            texts.append(" ".join("zzzzz" if rng.random() < changed / 40 else word for word in words))
    texts.append("long words " * 400)

    def pairs(least: float) -> set[tuple[int, int]]:
        return {pair for a, b in like_hashes(texts, least) for pair in zip(a.tolist(), b.tolist(), strict=True)}

    every, likely = pairs(0), pairs(SAME)
    alike = {
        (a, b)
        for a, b in every
        if len(shingles(texts[a]) & shingles(texts[b])) >= SAME * len(shingles(texts[a]) | shingles(texts[b]))
    }
    assert len(alike) > 50
    assert alike <= likely < every


def test_a_text_that_comes_back_often_costs_few_pairs() -> None:
    pairs = [pair for a, b in like_hashes(["the same words again"] * 500, SAME) for pair in zip(a, b, strict=True)]
    assert 499 <= len(set(pairs)) <= 7 * 500


def test_banking77_has_few_and_is_searched_in_under_two_seconds(bench_data: Path) -> None:
    with (bench_data / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    begun = time.process_time()
    groups = near_groups([row["text"] for row in rows])
    assert time.process_time() - begun < 2
    labels: dict[int, set[str]] = {}
    for group, row in zip(groups, rows, strict=True):
        labels.setdefault(group, set()).add(row["label"])
    assert 0.98 * len(rows) < len(labels) < len(rows) - 100
    assert sum(len(of_group) > 1 for of_group in labels.values()) < 8
