"""tlcore.engine.attention: it says what torch's own says, and what would say something else is not taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.conftest import FAMILIES
from tlcore.engine import attention
from tlcore.engine.attention import LEARNING, attending
from tlcore.models.load import load_encoder

IDS = torch.tensor([[101, 4000, 5000, 6000, 102], [101, 7000, 102, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


def states(encoder: torch.nn.Module, ids: torch.Tensor = IDS, mask: torch.Tensor = MASK) -> torch.Tensor:
    with torch.inference_mode():
        return encoder(input_ids=ids, attention_mask=mask).last_hidden_state[mask.bool()]


@pytest.mark.parametrize("family", FAMILIES)
def test_it_says_the_same_padded_and_whole(family: str, tiny_base: Callable[[str], Path]) -> None:
    encoder = load_encoder(tiny_base(family)).eval()
    before = encoder.config._attn_implementation
    given = [(IDS, MASK), (IDS[:1], MASK[:1])]
    plain = [states(encoder, *one) for one in given]
    with attending(encoder):
        assert (encoder.config._attn_implementation == LEARNING) == (before == "sdpa")
        found = [states(encoder, *one) for one in given]
    assert encoder.config._attn_implementation == before
    for one, other in zip(plain, found, strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def test_what_says_something_else_is_not_taken(
    tiny_base: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in (lambda *args, **more: (torch.zeros(2, 5, 4, 8), None), lambda *args, **more: 1 / "x"):
        monkeypatch.setattr(attention, "learning_attention", wrong)
        encoder = load_encoder(tiny_base("bert")).eval()
        with attending(encoder):
            assert encoder.config._attn_implementation == "sdpa"
            assert torch.isfinite(states(encoder)).all()
