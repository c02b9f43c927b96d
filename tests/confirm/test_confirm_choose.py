"""tlcore.confirm.choose: the uncertain first, no two alike, a share by chance, the same each time."""

from __future__ import annotations

import random

import numpy as np

from tlcore.confirm.choose import CHANCE, ENOUGH, FEW, UNSURE, Candidate, choose_rows, farthest_first, letters_of

WORDS = [
    "parcel",
    "invoice",
    "password",
    "refund",
    "screen",
    "battery",
    "engine",
    "garden",
    "violin",
    "carpet",
    "ladder",
    "bottle",
    "window",
    "bridge",
]


def made(count: int, seed: int = 0) -> list[Candidate]:
    """Texts of random words; the margin grows with the row."""
    dice = random.Random(seed)
    return [
        Candidate(i, " ".join(dice.choices(WORDS, k=6)) + f" {dice.random()}", "a", 0.5 + i / 1000, i / 500)
        for i in range(count)
    ]


def test_a_third_is_drawn_by_chance_and_the_rest_is_among_the_least_certain() -> None:
    picks = choose_rows(made(300), 12, seed=1)
    assert len({pick.candidate.row for pick in picks}) == 12
    assert [pick.by_chance for pick in picks] == [False] * 8 + [True] * 4
    unsure = [pick.candidate.row for pick in picks if not pick.by_chance]
    assert unsure == sorted(unsure)
    assert max(unsure) < 5 * 8 + 4  # of the five times as many that are least certain (and not drawn by chance)
    assert min(unsure) <= 4
    drawn = [pick.candidate.row for seed in range(40) for pick in choose_rows(made(300), 12, seed) if pick.by_chance]
    assert 120 < np.mean(drawn) < 180  # of 0 to 299, whatever the margin


def test_while_labels_have_few_rows_these_come_evenly_and_a_few_hard_ones() -> None:
    found = [
        Candidate(one.row, one.text, "abc"[one.row % 20 % 3 if one.row % 20 < 3 else 0], 0.5, one.margin)
        for one in made(300)
    ]
    picks = choose_rows(found, 20, 0, {"a": 0, "b": 4, "c": 0})
    why = [pick.why for pick in picks]
    assert why == [UNSURE] * 4 + [FEW] * 9 + [CHANCE] * 7
    few = [pick.candidate.prediction for pick in picks if pick.why == FEW]
    assert (few.count("a"), few.count("b"), few.count("c")) == (5, 0, 4)
    enough = choose_rows(found, 20, 0, dict.fromkeys("abc", ENOUGH))
    assert enough == choose_rows(found, 20, 0)
    assert {pick.why for pick in enough} == {UNSURE, CHANCE}
    assert [pick.by_chance for pick in picks] == [False] * 4 + [True] * 16


def test_the_same_rows_are_chosen_each_time_and_in_any_order_of_the_answers() -> None:
    found = made(200)
    again = random.Random(3).sample(found, len(found))
    assert choose_rows(found, 10, 5) == choose_rows(again, 10, 5)
    assert choose_rows(found, 10, 5) != choose_rows(found, 10, 6)


def test_the_draw_goes_on_where_it_was_when_rows_are_gone() -> None:
    found = made(200)
    first = choose_rows(found, 12, 0)
    gone = {pick.candidate.row for pick in first}
    left = [one for one in found if one.row not in gone]
    both = [p.candidate.row for p in choose_rows(found, 24, 0) if p.by_chance]
    second = [pick.candidate.row for pick in choose_rows(left, 12, 0) if pick.by_chance]
    assert not gone & {pick.candidate.row for pick in choose_rows(left, 12, 0)}
    assert set(both) - gone <= set(second) | gone


def test_no_two_near_same_texts_and_not_ten_of_one_kind() -> None:
    same = [Candidate(i, f"Where is my parcel number {90_000 + i}?", "a", 0.3, 0.001 * i) for i in range(60)]
    kinds = ["the invoice is wrong", "my password fails", "the screen flickers", "a violin lesson", "garden hose leaks"]
    others = [Candidate(100 + i, text, "b", 0.4, 0.2 + i / 100) for i, text in enumerate(kinds)]
    texts = [pick.candidate.text for pick in choose_rows([*same, *others], 6, 0) if not pick.by_chance]
    assert sum("parcel" in text for text in texts) == 1
    assert len(texts) == 4

    wordy = [Candidate(i, f"parcel {word} is late today again", "a", 0.3, 0.001 * i) for i, word in enumerate(WORDS)]
    mixed = [*wordy, *(Candidate(200 + i, text, "b", 0.4, 0.05 + i / 100) for i, text in enumerate(kinds))]
    texts = [pick.candidate.text for pick in choose_rows(mixed, 6, 0) if not pick.by_chance]
    assert sum(text in kinds for text in texts) >= 2  # the least certain four are all of one kind


def test_few_rows_are_all_shown_and_none_is_fine() -> None:
    assert choose_rows([], 10, 0) == []
    found = choose_rows(made(4), 10, 0)
    assert sorted(pick.candidate.row for pick in found) == [0, 1, 2, 3]


def test_farthest_first_takes_corners() -> None:
    points = np.array([[1, 0], [0.99, 0.14], [0, 1], [-1, 0], [0.7, 0.7]], dtype=float)
    assert farthest_first(points, 3) == [0, 3, 2]
    assert farthest_first(points, 9) == [0, 3, 2, 4, 1]
    assert letters_of([":-)", "ok", "日本語"]).shape[0] == 3
