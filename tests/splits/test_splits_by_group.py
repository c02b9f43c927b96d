"""tlcore.splits.by_group: no group on two sides, every class learned, and words where that cannot be."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_texts import texts

from tlcore.errors import TlcoreError
from tlcore.splits import GROUP, TEST, TRAIN, VALIDATION, Sample, Split, SplitRows, SplitWish, make_split

WISH = SplitWish(group="customer")


def split(
    groups: list[str], labels: list[str], words: list[str] | None = None, seed: int = 0, own_test: bool = False
) -> Split:
    rows = SplitRows(words or texts(len(groups)), labels, range(2, len(groups) + 2), groups)
    return make_split(rows, seed, own_test, None, WISH)


def sides_of(groups: list[str], sides: object) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for group, side in zip(groups, sides, strict=True):  # type: ignore[call-overload]
        found[group].add(side)
    return found


@given(st.integers(0, 10_000), st.integers(8, 60), st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_group_lies_on_two_sides_and_every_class_is_learned(seed: int, count: int, own_test: bool) -> None:
    rng = random.Random(seed)
    groups = [f"customer {rng.randint(0, count)}" for _ in range(200)]
    labels = [rng.choice("aaaaaabbbc") for _ in groups]
    found = split(groups, labels, seed=seed, own_test=own_test)
    assert all(len(sides) == 1 for sides in sides_of(groups, found.sides).values())
    assert {label for label, side in zip(labels, found.sides, strict=True) if side == TRAIN} == set(labels)
    assert (TEST in found.sides) is not own_test
    assert VALIDATION in found.sides
    assert found.how == GROUP
    assert found.sides == split(groups, labels, seed=seed, own_test=own_test).sides


def test_sides_are_about_as_large_as_by_chance_and_hold_every_class() -> None:
    groups = [f"customer {i // 5}" for i in range(1000)]
    labels = [("rare" if i % 10 == 0 else "common") for i in range(1000)]
    found = split(groups, labels)
    counts = Counter(zip(labels, found.sides, strict=True))
    assert 0.15 < sum(counts[label, TEST] for label in ("rare", "common")) / 1000 < 0.25
    assert 0.1 < counts["rare", TEST] / 100 < 0.3
    assert counts["rare", VALIDATION] > 0


def test_one_large_group_stays_to_learn_from() -> None:
    groups = ["large"] * 70 + [f"small {i // 3}" for i in range(30)]
    sides = sides_of(groups, split(groups, ["a", "b"] * 50).sides)
    assert sides["large"] == {TRAIN}


def test_capitals_and_spaces_make_no_other_group_and_empty_cells_stand_alone_and_are_said() -> None:
    groups = [f"customer {i // 4}" if i % 4 < 2 else f" Customer  {i // 4}" for i in range(100)] + [""] * 20
    found = split(groups, ["a", "b"] * 60)
    assert all(len({*found.sides[i : i + 4]}) == 1 for i in range(0, 100, 4))
    assert len(set(found.sides[100:])) > 1
    assert any("“customer” is empty in rows 102, 103" in note for note in found.notes)


def test_the_same_text_holds_its_groups_together() -> None:
    words = texts(100)
    words[50] = words[10]
    groups = [f"customer {i // 5}" for i in range(100)]
    for seed in range(10):
        found = split(groups, ["a", "b"] * 50, words, seed)
        assert len(set(found.sides[10:15]) | set(found.sides[50:55])) == 1


def test_a_text_that_every_group_holds_does_not_glue_them_all_and_that_is_said() -> None:
    words = texts(100)
    for i in range(0, 100, 5):
        words[i] = "thanks"
    groups = [f"customer {i // 5}" for i in range(100)]
    found = split(groups, ["a", "b"] * 50, words)
    assert all(len(sides) == 1 for sides in sides_of(groups, found.sides).values())
    assert any("The same text stands in several groups" in note and "rows 2, 7" in note for note in found.notes)


@pytest.mark.parametrize("groups", [["one"] * 40, [""] * 40, ["one"] * 39 + [""]])
def test_one_group_that_holds_everything_is_said(groups: list[str]) -> None:
    with pytest.raises(TlcoreError, match="same group") as caught:
        split(groups, ["a", "b"] * 20)
    assert "customer" in caught.value.where
    assert caught.value.fix


def test_groups_that_each_have_a_label_of_their_own_cannot_be_tested() -> None:
    with pytest.raises(TlcoreError, match="a label that the others do not"):
        split(["x"] * 20 + ["y"] * 20, ["a"] * 20 + ["b"] * 20)


def test_two_groups_leave_one_to_test_and_steer_by_rows_of_the_other_which_is_said() -> None:
    found = split(["x"] * 60 + ["y"] * 20, ["a", "b"] * 40)
    assert set(found.sides[60:]) == {TEST}
    assert set(found.sides[:60]) == {TRAIN, VALIDATION}
    assert any("too few groups" in note for note in found.notes)


def test_only_some_rows_are_learned_from_where_that_is_asked() -> None:
    groups = [f"customer {i // 5}" for i in range(200)]
    rows = SplitRows(texts(200), ["a", "b"] * 100, range(200), groups)
    sides = Counter(make_split(rows, 0, False, Sample(rows=50), WISH).sides)
    assert sides[TRAIN] + sides[VALIDATION] == 50


def test_a_known_group_stays_and_its_new_rows_join_it() -> None:
    groups = [f"customer {i // 5}" for i in range(100)]
    words, labels = texts(100), ["a", "b"] * 50
    first = split(groups, labels, words)
    known = dict(zip(map(key, words), first.sides, strict=True))
    more = SplitRows(
        [*words, *texts(50, "new")],
        labels + ["a", "b"] * 25,
        range(150),
        groups + [f"customer {i // 2}" for i in range(50)],
    )
    later = make_split(more, 0, False, None, SplitWish(group="customer", previous=known))
    assert later.sides[:100] == first.sides
    assert all(len(sides) == 1 for sides in sides_of(list(more.cells), later.sides).values())


def key(text: str) -> str:
    from tlcore.splits import split_key

    return split_key(text)


def test_a_sample_of_rows_can_be_split_by_groups() -> None:
    texts = [
        f"{'the same long passage about pumps and valves ' * 5} question {i} of {g}" for g in range(8) for i in range(6)
    ]
    groups = [f"g{g}" for g in range(8) for _ in range(6)]
    rows = SplitRows(texts, ["answer"] * 48, cells=groups)
    for seed in range(5):
        found = make_split(rows, seed, False, Sample(rows=20), SplitWish(group="passage"))
        sides = {
            name: {side for side, g in zip(found.sides, groups, strict=True) if g == name} - {"not_sampled"}
            for name in groups
        }
        assert all(len(some) <= 1 for some in sides.values())
        assert found.sides.count("train") + found.sides.count("validation") == 20
