"""tlcore.splits: stratified, seeded, the same text always on one side, and exactly as many rows as asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from hashlib import blake2b

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.splits import NOT_SAMPLED, TEST, TRAIN, VALIDATION, Sample, split_rows, text_key

rows = st.lists(st.tuples(st.integers(0, 25), st.integers(0, 3)), min_size=1, max_size=60)


def texts(count: int) -> list[str]:
    """Texts of words of their own: such as differ by a sign only would be kept together."""
    return [blake2b(str(i).encode(), digest_size=12).digest().hex(" ", 3) for i in range(count)]


def by_class(labels: list[str], sides: list[str]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for label, side in zip(labels, sides, strict=True):
        found[label][side] += 1
    return found


@given(rows, st.integers(0, 5), st.booleans(), st.one_of(st.none(), st.integers(1, 30)))
@settings(max_examples=60, deadline=None)
def test_whatever_the_rows_each_gets_one_side_and_equal_texts_the_same(
    pairs: list[tuple[int, int]], seed: int, own_test: bool, wanted: int | None
) -> None:
    words = [f" Text  {i}" if k % 2 else f"text {i} " for k, (i, _) in enumerate(pairs)]
    labels = [f"label {label}" for _, label in pairs]
    sides = split_rows(words, labels, seed, own_test, Sample(rows=wanted))
    assert len(sides) == len(pairs)
    assert set(sides) <= {TRAIN, VALIDATION, TEST, NOT_SAMPLED}
    for text in set(map(text_key, words)):
        assert len({side for word, side in zip(words, sides, strict=True) if text_key(word) == text}) == 1
    assert TRAIN in sides
    if own_test:
        assert TEST not in sides
    if wanted is None:
        assert NOT_SAMPLED not in sides
    assert sides == split_rows(words, labels, seed, own_test, Sample(rows=wanted))


def test_letter_case_and_white_space_make_no_difference_between_texts() -> None:
    assert text_key("  Straße\n\tB ") == text_key("STRASSE b")
    assert text_key("a b") != text_key("ab")


def test_shares_are_about_a_fifth_and_a_seventh_in_every_class() -> None:
    labels = ["common"] * 700 + ["middle"] * 200 + ["rare"] * 100
    found = by_class(labels, split_rows(texts(1000), labels, 0, own_test=False))
    for counts in found.values():
        total = counts.total()
        assert 0.17 < counts[TEST] / total < 0.23
        assert 0.08 < counts[VALIDATION] / total < 0.16


def test_the_seed_decides_and_another_seed_decides_otherwise() -> None:
    labels = ["a", "b"] * 50
    first = split_rows(texts(100), labels, 1, own_test=False)
    assert first == split_rows(texts(100), labels, 1, own_test=False)
    assert first != split_rows(texts(100), labels, 2, own_test=False)


def test_the_split_does_not_depend_on_what_the_labels_are_called_only_on_the_rows() -> None:
    labels = ["a", "b"] * 50
    renamed = ["x" if label == "a" else "y" for label in labels]
    assert split_rows(texts(100), labels, 1, own_test=False) == split_rows(texts(100), renamed, 1, own_test=False)


def test_a_class_of_one_two_or_three_rows_keeps_one_to_learn_from() -> None:
    labels = ["big"] * 40 + ["one"] + ["two"] * 2 + ["three"] * 3
    found = by_class(labels, split_rows(texts(46), labels, 0, own_test=False))
    assert found["one"] == {TRAIN: 1}
    assert found["two"] == {TRAIN: 1, TEST: 1}
    assert found["three"] == {TRAIN: 1, TEST: 1, VALIDATION: 1}


def test_with_a_test_file_no_row_is_spent_on_testing() -> None:
    labels = ["a", "b"] * 40
    sides = Counter(split_rows(texts(80), labels, 0, own_test=True))
    assert sides[TEST] == 0
    assert sides[TRAIN] + sides[VALIDATION] == 80


def test_the_same_text_under_two_labels_still_lies_on_one_side() -> None:
    words = [*texts(40), "the same", "The  same"]
    sides = split_rows(words, ["a", "b"] * 21, 0, own_test=False)
    assert sides[-1] == sides[-2]


@pytest.mark.parametrize("wanted", [10, 37, 100, 150])
def test_rows_are_honoured_exactly_and_by_share(wanted: int) -> None:
    labels = ["common"] * 300 + ["rare"] * 100
    found = by_class(labels, split_rows(texts(400), labels, 0, False, Sample(rows=wanted)))
    used = {label: counts[TRAIN] + counts[VALIDATION] for label, counts in found.items()}
    assert sum(used.values()) == wanted
    assert abs(used["common"] - 0.75 * wanted) <= 1


def test_the_test_rows_are_the_same_however_few_rows_are_learned_from() -> None:
    labels = ["a", "b", "c"] * 60
    every = split_rows(texts(180), labels, 3, own_test=False)
    few = split_rows(texts(180), labels, 3, False, Sample(rows=30))
    shots = split_rows(texts(180), labels, 3, False, Sample(shots=4))
    for sides in (few, shots):
        assert [side == TEST for side in sides] == [side == TEST for side in every]


def test_more_rows_than_there_are_means_all_of_them() -> None:
    labels = ["a", "b"] * 30
    assert split_rows(texts(60), labels, 0, False, Sample(rows=1000)) == split_rows(texts(60), labels, 0, False)


@pytest.mark.parametrize("wanted", [22, 25, 30, 60])
def test_what_rare_classes_are_given_the_common_ones_give_back(wanted: int) -> None:
    labels = ["common"] * 90 + [f"rare {i // 3}" for i in range(60)]
    sides = split_rows(texts(150), labels, 0, False, Sample(rows=wanted))
    assert sum(side in (TRAIN, VALIDATION) for side in sides) == wanted
    assert len(by_class(labels, sides)) == 21


@pytest.mark.parametrize("shots", [1, 2, 8])
def test_shots_are_honoured_in_every_class_that_has_so_many(shots: int) -> None:
    labels = ["a"] * 60 + ["b"] * 30 + ["c"] * 3
    found = by_class(labels, split_rows(texts(93), labels, 0, False, Sample(shots=shots)))
    for label, most in (("a", 48), ("b", 24), ("c", 2)):
        assert found[label][TRAIN] + found[label][VALIDATION] == min(shots, most)
        assert found[label][TRAIN] >= 1


def test_a_sample_has_its_share_of_a_form_letter_not_all_of_it_or_none() -> None:
    letters = [
        f"Dear customer, thank you for your order number {n}, it has left our house today." for n in range(1000, 1040)
    ]
    labels = ["form"] * 40 + ["other"] * 400
    for seed in range(5):
        sides = split_rows([*letters, *texts(400)], labels, seed, True, Sample(rows=110))
        assert sum(side in (TRAIN, VALIDATION) for side in sides[:40]) == 10


def test_every_class_is_still_there_in_a_small_sample() -> None:
    labels = ["a"] * 500 + [f"rare {i}" for i in range(5) for _ in range(4)]
    found = by_class(labels, split_rows(texts(520), labels, 0, True, Sample(rows=20)))
    assert all(counts[TRAIN] >= 1 for counts in found.values())


def test_a_huge_file_spends_no_more_rows_on_testing_than_anyone_needs() -> None:
    labels = ["a", "b"] * 30_000
    sides = Counter(split_rows(texts(60_000), labels, 0, own_test=False))
    assert 4_900 <= sides[TEST] <= 5_100
    assert 1_900 <= sides[VALIDATION] <= 2_100
