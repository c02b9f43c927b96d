"""Attention for training on a processor: its way back is short. A model takes it where it says the same with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

from tlcore.engine.dropout import LEVELS, kept_share

LEARNING = "nudge learning"
CLOSE = 1e-3
"""How far an encoder may be from the plain one in fp32, in deviations of its states."""


def learning_attention(
    module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attention_mask: torch.Tensor | None,
    scaling: float | None = None, dropout: float = 0.0, **_: Any,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Attention as transformers calls it, [batch, heads, tokens, width of a head] each; attention_mask is added.

    In fp32, as torch's own is where it trains; on a processor the way back through that takes a third of a step, through this
    a fifteenth.
    """
    with torch.autocast(query.device.type, enabled=False):
        query = query.float() * (query.size(-1) ** -0.5 if scaling is None else scaling)
        scores = torch.matmul(query, key.float().transpose(2, 3))
        shares = torch.softmax(scores if attention_mask is None else scores + attention_mask, dim=-1)
        if module.training and round(LEVELS * dropout):
            shares = shares * kept_share(shares, dropout)
        found = torch.matmul(shares.to(value.dtype), value)
    return found.transpose(1, 2).contiguous(), shares


@contextlib.contextmanager
def attending(encoder: Any) -> Iterator[None]:
    """Within it the encoder attends by `learning_attention`, if it uses torch's own attention (others have their reasons) and
    says the same with ours: tried."""
    before = getattr(encoder.config, "_attn_implementation", None)
    if before != "sdpa":
        yield
        return
    _register()
    try:
        if not _same_with(encoder):
            encoder.set_attn_implementation(before)
        yield
    finally:
        encoder.set_attn_implementation(before)


def _register() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import eager_mask

    AttentionInterface.register(LEARNING, learning_attention)
    AttentionMaskInterface.register(LEARNING, eager_mask)


def _same_with(encoder: Any) -> bool:
    """Whether the encoder says the same with ours, which it has from here on: in fp32, a text with and without a longer one."""
    given, was_training = two_texts(), encoder.training
    alone = {name: one[1:, :3] for name, one in given.items()}
    encoder.eval()
    try:
        with torch.inference_mode():
            plain = _states(encoder, given, alone)
            encoder.set_attn_implementation(LEARNING)
            found = _states(encoder, given, alone)
    except (RuntimeError, TypeError, ValueError, AttributeError):
        return False
    finally:
        encoder.train(was_training)
    return torch.allclose(found, plain, atol=CLOSE * float(plain.std()))


def _states(encoder: Any, *batches: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([encoder(**one).last_hidden_state[one["attention_mask"].bool()] for one in batches])


def two_texts() -> dict[str, torch.Tensor]:
    """Something to try a model on: ids and mask, the second text shorter."""
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    return {"input_ids": torch.tensor([[5, 6, 7, 8, 9], [8, 5, 9, 0, 0]]), "attention_mask": mask}
