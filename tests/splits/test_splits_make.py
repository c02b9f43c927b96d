"""tlcore.splits.make: near-same texts together, known rows where they were, sizes from the interval, and the split of old."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_texts import texts

from tlcore.splits import (
    NOT_SAMPLED,
    TEST,
    TRAIN,
    VALIDATION,
    Sample,
    SplitRows,
    SplitWish,
    hex_key,
    make_split,
    points_for_rows,
    rows_for_interval,
    split_key,
    split_rows,
    text_key,
    text_number,
)

LABELS = ["a", "b", "c", "d"]


def split_of_old(
    words: Sequence[str], labels: Sequence[str], seed: int, own_test: bool, shots: int | None
) -> list[str]:
    """The split as it was before near-same texts, groups, dates and known rows: equal texts only."""
    rng, same = random.Random(seed), dict[str, list[int]]()
    for i, word in enumerate(words):
        same.setdefault(text_key(word), []).append(i)
    pool = {label: [unit for unit in same.values() if labels[unit[0]] == label] for label in sorted(set(labels))}
    pool = {label: units for label, units in pool.items() if units}
    for units in pool.values():
        rng.shuffle(units)
    sides = [NOT_SAMPLED] * len(words)

    def take(side: str, share: float) -> None:
        for units in pool.values():
            for _ in range(max(0, min(max(1, round(len(units) * share)), len(units) - 1))):
                for i in units.pop():
                    sides[i] = side

    if not own_test:
        take(TEST, min(0.2, 5_000 / len(words)))
    for units in pool.values():
        del units[shots or len(units) :]
    left = sum(len(unit) for units in pool.values() for unit in units)
    take(VALIDATION, min(0.15, 2_000 / left))
    for i in (i for units in pool.values() for unit in units for i in unit):
        sides[i] = TRAIN
    return sides


@pytest.mark.parametrize("seed", [0, 1, 7])
@pytest.mark.parametrize(("own_test", "shots"), [(False, None), (True, None), (False, 5)])
def test_without_near_same_texts_and_wishes_it_is_the_split_of_old(
    seed: int, own_test: bool, shots: int | None
) -> None:
    rng = random.Random(seed)
    words = texts(300) + [f"  {text.upper()} " for text in texts(40)]
    labels = [rng.choice("aaaaabbbc") for _ in words]
    labels[300:] = labels[:40]
    expected = split_of_old(words, labels, seed, own_test, shots)
    assert split_rows(words, labels, seed, own_test, Sample(shots=shots)) == expected


def near(text: str) -> str:
    return f"{text.capitalize()} !!"


def test_near_same_texts_lie_on_one_side() -> None:
    words = [*texts(100), *map(near, texts(30))]
    for seed in range(5):
        sides = split_rows(words, ["a", "b"] * 65, seed, own_test=False)
        assert sides[100:] == sides[:30]
        assert {TEST, TRAIN} <= set(sides[:30])


def test_a_form_letter_that_fills_the_file_is_parted_and_that_is_said() -> None:
    words = [f"Your order {10_000 + i} was sent and will arrive soon" for i in range(60)] + texts(60)
    found = make_split(SplitRows(words, ["a", "b"] * 60, range(2, 122)), 0, own_test=False)
    assert set(found.sides[:60]) == {TRAIN, VALIDATION, TEST}
    assert any("60 texts differ by so little" in note and "rows 2, 3" in note for note in found.notes)


def test_shelf_one_and_shelf_twelve_are_two_texts() -> None:
    words = [f"This is shelf {i}" for i in range(20)] + texts(60)
    found = make_split(SplitRows(words, ["a", "b"] * 40), 0, own_test=False)
    assert found.notes == ()
    assert len({found.sides[i] for i in range(20)}) > 1


# rows that were split before


def known(words: Sequence[str], sides: Sequence[str]) -> SplitWish:
    return SplitWish(previous=dict(zip(map(split_key, words), sides, strict=True)))


@given(st.integers(0, 10_000), st.integers(0, 60))
@settings(max_examples=30, deadline=None)
def test_known_rows_stay_however_the_file_changes(seed: int, more: int) -> None:
    rng = random.Random(seed)
    words, labels = texts(80), [rng.choice(LABELS) for _ in range(80)]
    first = split_rows(words, labels, seed, own_test=False)
    later = [*words, *texts(more, "new")]
    kinds = [label if rng.random() < 0.9 else rng.choice(LABELS) for label in labels] + [
        rng.choice(LABELS) for _ in range(more)
    ]
    order = rng.sample(range(len(later)), len(later))
    found = make_split(
        SplitRows([later[i] for i in order], [kinds[i] for i in order]), seed + 1, False, None, known(words, first)
    )
    side = {order[place]: found.sides[place] for place in range(len(order))}
    moved = [i for i in range(80) if side[i] != first[i]]
    assert found.kept == 80 - len(moved)
    assert all(
        side[i] == TRAIN and kinds[i] not in {kinds[j] for j in side if first[j : j + 1] == [TRAIN]} for i in moved
    )
    assert {kinds[i] for i in side if side[i] == TRAIN} == set(kinds)


def test_new_rows_are_split_afresh_by_about_the_same_shares() -> None:
    words, labels = texts(300), ["a", "b", "c"] * 100
    first = split_rows(words, labels, 0, own_test=False)
    rows = SplitRows([*words, *texts(300, "new")], labels * 2)
    new = Counter(make_split(rows, 0, False, None, known(words, first)).sides[300:])
    assert 50 <= new[TEST] <= 70
    assert 25 <= new[VALIDATION] <= 45


def test_rows_that_come_one_by_one_are_not_all_tested_on() -> None:
    words, labels = texts(200), ["a", "b"] * 100
    wish = known(words, split_rows(words, labels, 0, own_test=False))
    later = make_split(SplitRows([*words, "one more of them"], [*labels, "a"]), 0, False, None, wish)
    assert later.sides[200] == TRAIN


def test_a_new_row_near_a_known_one_joins_it() -> None:
    words, labels = texts(100), ["a", "b"] * 50
    first = split_rows(words, labels, 0, own_test=False)
    later = make_split(SplitRows([*words, *map(near, words)], labels * 2), 3, False, None, known(words, first))
    assert later.sides == [*first, *first]
    assert later.kept == 200


def test_a_row_that_was_not_learned_from_is_a_new_one() -> None:
    words, labels = texts(100), ["a", "b"] * 50
    first = split_rows(words, labels, 0, False, Sample(rows=30))
    later = make_split(SplitRows(words, labels), 0, False, None, known(words, first))
    assert NOT_SAMPLED in first
    assert NOT_SAMPLED not in later.sides
    assert later.kept == sum(side != NOT_SAMPLED for side in first)


def test_where_nothing_tested_before_is_left_all_is_split_afresh_and_that_is_said() -> None:
    words, labels = texts(100), ["a", "b"] * 50
    later = make_split(SplitRows(words, labels), 0, False, None, known(words, [TRAIN] * 100))
    assert later.sides == split_rows(words, labels, 0, own_test=False)
    assert "split afresh" in later.notes[0]
    own_test = make_split(SplitRows(words, labels), 0, True, None, known(words, [TEST] * 50 + [TRAIN] * 50))
    assert TEST not in own_test.sides


def test_a_class_that_would_only_be_tested_gives_rows_to_training_and_that_is_said() -> None:
    words, labels = texts(60), ["a", "b"] * 30
    first = split_rows(words, labels, 0, own_test=False)
    place = first.index(TEST)
    labels[place] = "brand new"
    later = make_split(SplitRows(words, labels, range(2, 62)), 0, False, None, known(words, first))
    assert later.sides[place] == TRAIN
    assert any(note.startswith(f"Row {place + 2} went to training") for note in later.notes)
    assert later.kept == 59


# sizes from the interval


def wished(points: float, count: int) -> tuple[int, tuple[str, ...]]:
    rows = SplitRows(texts(count), ["a", "b"] * (count // 2))
    found = make_split(rows, 0, False, None, SplitWish(points=points))
    return Counter(found.sides)[TEST], found.notes


def test_as_many_rows_are_tested_on_as_the_interval_needs() -> None:
    for points in (5, 6, 8):
        got, notes = wished(points, 1000)
        assert rows_for_interval(points) <= got <= rows_for_interval(points) + 2
        assert notes == ()


def test_what_the_rows_cannot_give_is_said_with_what_they_give() -> None:
    got, (note,) = wished(2, 300)
    assert 95 <= got <= 105
    assert f"needs {rows_for_interval(2):,} rows" in note
    assert f"±{points_for_rows(got):.1f} points" in note
    assert wished(2, 300)[0] == got


def test_the_samples_are_split_as_before_where_nothing_in_them_is_near_same(bench_data: object) -> None:
    from pathlib import Path

    from tlcore.near import near_groups
    from tlcore.tables import read_table

    table = read_table(Path(str(bench_data)) / "sms_spam" / "train.csv")
    other = next(name for name in table.columns if name != "text")
    pairs = [pair for pair in zip(table.column("text"), table.column(other), strict=True) if all(map(str.strip, pair))]
    lonely = Counter(near_groups([text for text, _ in pairs]))
    kept = [
        pair for pair, group in zip(pairs, near_groups([text for text, _ in pairs]), strict=True) if lonely[group] == 1
    ]
    words, labels = [text for text, _ in kept], [label for _, label in kept]
    assert len(kept) > 3000
    assert split_rows(words, labels, 0, own_test=False) == split_of_old(words, labels, 0, False, None)


def test_what_is_alike_is_told_whether_or_not_it_was_kept_together() -> None:
    words = [*texts(40), near(texts(40)[3]), texts(40)[5].upper()]
    found = make_split(SplitRows(words, ["a", "b"] * 21), 0, own_test=False)
    assert list(found.alike) == [*range(40), 3, 5]
    letters = [f"dear sir or madam, your order number {10_000 + i} has left our house" for i in range(40)]
    loose = make_split(SplitRows([*texts(40), *letters], ["a", "b"] * 40), 0, own_test=False)
    assert set(loose.alike[40:]) == {40}
    assert len({loose.sides[i] for i in range(40, 80)}) > 1


def test_numbers_of_the_texts_can_be_given() -> None:
    words = [*texts(40), texts(40)[5].upper()]
    rows = SplitRows(words, [*["a", "b"] * 20, "b"])
    given = replace(rows, same=[text_number(word) for word in words])
    assert make_split(given, 3, own_test=False) == make_split(rows, 3, own_test=False)
    assert hex_key(text_number(words[5])) == split_key(words[40])
