"""tlcore.engine.reader: by hand it reads what the model reads; a model built otherwise is left to itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import FAMILIES
from tlcore.engine import reader
from tlcore.engine.encode import pooled_states
from tlcore.engine.reader import MOST_TOKENS_BY_HAND, Reader, reader_of
from tlcore.models.bases import base_folder
from tlcore.models.load import load_encoder

BY_HAND = ("bert", "roberta", "xlm-roberta")


@pytest.fixture(autouse=True)
def sixteen_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "use_bf16", lambda: True)


@pytest.mark.parametrize("family", FAMILIES)
def test_who_is_built_like_bert_is_read_by_hand(family: str, tiny_base: Callable[[str], Path]) -> None:
    assert (reader_of(load_encoder(tiny_base(family))) is not None) == (family in BY_HAND)


@pytest.mark.parametrize("tokens", [1, 12, MOST_TOKENS_BY_HAND + 20])
def test_it_reads_what_the_embedded_base_reads(tokens: int) -> None:
    encoder = load_encoder(base_folder("minilm"))
    ids = torch.arange(2000, 2000 + 3 * tokens).view(3, tokens)
    with torch.inference_mode():
        own = encoder(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True).hidden_states
        found = Reader(encoder).states(ids)
    assert len(found) == len(own) == 7
    for one, other in zip(found, own, strict=True):
        assert float((one - other).std() / other.std()) < 0.02


def test_a_model_that_reads_otherwise_is_left_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load_encoder(base_folder("minilm"))
    plain = encoder.encoder.layer[2].forward
    vars(encoder.encoder.layer[2])["forward"] = lambda x, *args, **more: plain(x * 1.5, *args, **more)
    assert reader_of(encoder) is None
    encoder = load_encoder(base_folder("minilm"))
    encoder.encoder.layer[5].intermediate.intermediate_act_fn = torch.nn.ReLU()
    assert reader_of(encoder) is None
    monkeypatch.setattr(reader, "use_bf16", lambda: False)
    assert reader_of(load_encoder(base_folder("minilm"))) is None


def test_states_are_pooled_the_same_by_hand_and_by_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load_encoder(base_folder("minilm"))
    ids = [[101, *range(3000, 3000 + n), 102] for n in (1, 5, 5, 40, 300)]
    by_hand = pooled_states(encoder, ids, lambda *_, **__: None, lambda: None)
    monkeypatch.setattr(reader, "use_bf16", lambda: False)
    plain = pooled_states(encoder, ids, lambda *_, **__: None, lambda: None)
    assert np.abs(by_hand.astype(np.float32) - plain).max() < 0.05 * plain.astype(np.float32).std()
