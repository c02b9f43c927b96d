"""tlcore.engine.encode: every layer's mean over the real tokens, whatever else is in the batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import FAMILIES
from tlcore.engine import beside, encode
from tlcore.engine.encode import pooled_states
from tlcore.engine.tokens import tokenize
from tlcore.errors import StopRequested
from tlcore.models.bases import base_folder
from tlcore.models.load import load_encoder

TEXTS = ["The parcel never came.", "ok", "Where is my refund? " * 8, "Ünïcödé 🙂"]


def quiet(*_: object, **__: object) -> None:
    return None


def by_hand(encoder: torch.nn.Module, ids: list[int]) -> np.ndarray:
    """[blocks + 1, width] of one text alone, in fp32."""
    with torch.inference_mode():
        out = encoder(input_ids=torch.tensor([ids]), output_hidden_states=True)
    return torch.stack([state[0].mean(0) for state in out.hidden_states]).numpy()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_gets_the_same_states_alone_and_in_a_padded_batch(tiny_base: Callable[[str], Path], family: str) -> None:
    encoder = load_encoder(tiny_base(family))
    ids = tokenize(tiny_base(family), TEXTS, 64)
    together = pooled_states(encoder, ids, quiet, quiet)
    blocks = encoder.config.num_hidden_layers
    assert together.shape == (4, blocks + 1, 32)
    assert together.dtype == np.float16
    for row, one in enumerate(ids):
        assert np.allclose(together[row], by_hand(encoder, one), atol=0.03)  # bf16 where the processor has it


def test_the_embedded_base_puts_like_texts_near_each_other() -> None:
    texts = ["The parcel has not arrived.", "My package is still not here.", "I forgot my password."]
    states = pooled_states(
        load_encoder(base_folder("minilm")), tokenize(base_folder("minilm"), texts, 64), quiet, quiet
    )
    last = states[:, -1].astype(np.float32)
    last /= np.linalg.norm(last, axis=1, keepdims=True)
    assert states.shape == (3, 7, 384)
    assert last[0] @ last[1] > last[0] @ last[2] + 0.2
    assert not np.isnan(states).any()


def test_progress_ends_at_all_texts(tiny_base: Callable[[str], Path]) -> None:
    events: list[dict] = []
    encoder, ids = load_encoder(tiny_base("bert")), tokenize(tiny_base("bert"), TEXTS, 64)
    pooled_states(encoder, ids, lambda kind, **f: events.append({"kind": kind, **f}), quiet)
    assert (events[-1]["kind"], events[-1]["done"], events[-1]["total"]) == ("progress", 4, 4)
    assert events[-1]["texts_per_second"] > 0


def test_a_stop_is_heard_between_batches(tiny_base: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "TOKENS_PER_BATCH", 16)
    monkeypatch.setattr(beside, "SECONDS_BETWEEN_LOOKS", 0.01)
    encoder, ids = load_encoder(tiny_base("bert")), tokenize(tiny_base("bert"), TEXTS, 64) * 300
    done: list[int] = []

    def stop() -> None:
        if done:
            raise StopRequested("cancel")

    threads = torch.get_num_threads()
    with pytest.raises(StopRequested):
        pooled_states(encoder, ids, lambda kind, **fields: done.append(fields["done"]), stop)
    assert max(done) < len(ids) / 2
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("family", FAMILIES)
def test_threads_beside_each_other_do_not_disturb_each_other(
    tiny_base: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    monkeypatch.setattr(encode, "TOKENS_PER_BATCH", 64)
    encoder = load_encoder(tiny_base(family))
    ids = [[101, *range(1000 + row, 1000 + row + row % 23), 102] for row in range(400)]
    monkeypatch.setattr(beside, "cores", lambda: 1)
    alone = pooled_states(encoder, ids, quiet, quiet)
    monkeypatch.setattr(beside, "cores", lambda: 3)
    assert np.array_equal(pooled_states(encoder, ids, quiet, quiet), alone)


@pytest.mark.parametrize("family", ["bert", "deberta-v2", "xlnet"])
def test_what_a_text_gets_does_not_depend_on_its_company(tiny_base: Callable[[str], Path], family: str) -> None:
    encoder, ids = load_encoder(tiny_base(family)), tokenize(tiny_base(family), TEXTS * 3 + ["or else"] * 9, 64)
    together = pooled_states(encoder, ids, quiet, quiet)
    for rows in ([3, 1, 0], [2], [*range(20, 12, -1)]):
        assert np.array_equal(pooled_states(encoder, [ids[i] for i in rows], quiet, quiet), together[rows])


def test_no_texts_are_no_states(tiny_base: Callable[[str], Path]) -> None:
    assert pooled_states(load_encoder(tiny_base("bert")), [], quiet, quiet).shape == (0, 4, 32)
