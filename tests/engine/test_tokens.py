"""tlcore.engine.tokens: ids as the tokenizer's own library has them, batches that lose no row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.engine.tokens import by_length, pad, shuffled_by_length, tokenize
from tlcore.models.bases import base_folder

TEXTS = ["Hello there!", "", "Ünïcödé 你好 🙂", "word " * 300]
lengths = st.lists(st.integers(1, 300), min_size=1, max_size=80)


def test_ids_are_those_of_the_base_models_own_tokenizer() -> None:
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(str(base_folder("minilm")))
    ids = tokenize(base_folder("minilm"), TEXTS, 64)
    assert ids == [theirs(text, truncation=True, max_length=64)["input_ids"] for text in TEXTS]
    assert [len(one) for one in ids][1:] == [2, len(ids[2]), 64]


def test_nothing_is_padded_and_the_end_mark_survives_the_cut() -> None:
    (short,), (cut,) = (tokenize(base_folder("minilm"), [text], 16) for text in ("hi", "word " * 300))
    assert len(short) == 3  # the shipped file would pad to 128
    assert len(cut) == 16
    assert cut[-1] == short[-1]


def test_padding_is_masked() -> None:
    batch = pad([[5, 6, 7], [8]], pad_id=1)
    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 1, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]


@given(lengths, st.integers(1, 500))
@settings(max_examples=60, deadline=None)
def test_batches_by_length_hold_every_row_once_within_the_budget(sizes: list[int], budget: int) -> None:
    batches = list(by_length(sizes, budget))
    assert sorted(i for batch in batches for i in batch) == list(range(len(sizes)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(sizes[i] for i in batch) <= budget
    order = [sizes[i] for batch in batches for i in batch]
    assert order == sorted(order)


@given(lengths, st.integers(1, 16), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_training_batches_hold_every_row_once_and_are_of_the_size_asked(sizes: list[int], size: int, seed: int) -> None:
    batches = shuffled_by_length(sizes, size, seed, pool=3)
    assert sorted(i for batch in batches for i in batch) == list(range(len(sizes)))
    assert len(batches) == -(-len(sizes) // size) or len(sizes) > 3 * size
    assert max(map(len, batches)) <= size
    assert batches == shuffled_by_length(sizes, size, seed, pool=3)


@pytest.mark.parametrize("seed", [1, 2])
def test_another_seed_gives_another_order_and_little_is_padded(seed: int) -> None:
    sizes = [(7 * i) % 100 + 1 for i in range(400)]
    batches = shuffled_by_length(sizes, 16, seed)
    assert batches != shuffled_by_length(sizes, 16, 0)
    padded = sum(len(batch) * max(sizes[i] for i in batch) for batch in batches)
    assert padded < 1.1 * sum(sizes)
    longest_first = [max(sizes[i] for i in batch) for batch in batches]
    assert longest_first != sorted(longest_first)
