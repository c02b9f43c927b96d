"""BERT and its kin, read by hand in bf16: one product for query, key and value, nothing turned to and fro, nothing padded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import gelu, layer_norm, linear, scaled_dot_product_attention

from tlcore.engine.groups import blocks_of
from tlcore.engine.precision import autocast, device, use_bf16

CLOSE = 0.05
"""How far the states may be from the model's own in bf16, in deviations: rounding, no more."""
MOST_TOKENS_BY_HAND = 256
"""Longer texts attend by torch's own kernel, which needs less memory."""
LOW = torch.bfloat16


@dataclass(frozen=True)
class _Block:
    """One transformer block: products in bf16, norms in fp32."""

    query_key_value: tuple[torch.Tensor, torch.Tensor]
    out: tuple[torch.Tensor, torch.Tensor]
    wide: tuple[torch.Tensor, torch.Tensor]
    narrow: tuple[torch.Tensor, torch.Tensor]
    norms: tuple[torch.nn.LayerNorm, torch.nn.LayerNorm]
    heads: int

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """float32 [texts, tokens, width] -> the same."""
        texts, tokens, width = x.shape
        mixed = linear(x.to(LOW), *self.query_key_value).view(texts, tokens, 3, self.heads, width // self.heads)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        if tokens > MOST_TOKENS_BY_HAND:
            seen = scaled_dot_product_attention(query, key, value, scale=1.0)
        else:
            seen = torch.matmul(torch.softmax(torch.matmul(query, key.transpose(2, 3)), -1), value)
        seen = linear(seen.transpose(1, 2).reshape(texts, tokens, width), *self.out)
        x = _normed(self.norms[0], seen + x)
        return _normed(self.norms[1], linear(gelu(linear(x.to(LOW), *self.wide)), *self.narrow) + x)


class Reader:
    """Hidden states of texts of one length, as the encoder gives them in bf16, in a tenth less time."""

    def __init__(self, encoder: Any) -> None:
        """Raises AttributeError where the model is built otherwise."""
        self.embed = encoder.embeddings
        self.blocks = [_block(one, int(encoder.config.num_attention_heads)) for one in blocks_of(encoder)[1]]

    def states(self, ids: torch.Tensor) -> list[torch.Tensor]:
        """int64 [texts, tokens], none of them padding -> float32 [texts, tokens, width] of the embeddings and each block."""
        found = [self.embed(input_ids=ids).float()]
        for block in self.blocks:
            found.append(block(found[-1]))
        return found


def reader_of(encoder: Any) -> Reader | None:
    """A reader for an encoder in eval mode, where bf16 pays, the model is a BERT and reads the same by hand: tried."""
    if device().type != "cpu" or not use_bf16():
        return None
    try:
        with torch.inference_mode():
            reader = Reader(encoder)
            return reader if all(_reads_alike(encoder, reader, length) for length in (2, 7)) else None
    except (AttributeError, RuntimeError, TypeError, ValueError):
        return None


def _reads_alike(encoder: Any, reader: Reader, tokens: int) -> bool:
    ids = torch.arange(5, 5 + 2 * tokens).view(2, tokens)
    with autocast(keep_weights=False):
        own: Sequence[torch.Tensor] = encoder(
            input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True
        ).hidden_states
    found = reader.states(ids)
    far = [float((a - b).std() / b.float().std()) for a, b in zip(found, own, strict=True)]
    return max(far) <= CLOSE


def _block(layer: Any, heads: int) -> _Block:
    attention, after = layer.attention.self, layer.attention.output
    if layer.intermediate.intermediate_act_fn(torch.tensor(1.0)) != gelu(torch.tensor(1.0)):
        raise AttributeError("not GELU")
    scale = (attention.query.out_features / heads) ** -0.5
    weight = torch.cat([attention.query.weight * scale, attention.key.weight, attention.value.weight])
    bias = torch.cat([attention.query.bias * scale, attention.key.bias, attention.value.bias])
    return _Block(
        (weight.to(LOW), bias.to(LOW)), _low(after.dense), _low(layer.intermediate.dense), _low(layer.output.dense),
        (after.LayerNorm, layer.output.LayerNorm), heads,
    )  # fmt: skip


def _low(dense: torch.nn.Linear) -> tuple[torch.Tensor, torch.Tensor]:
    return dense.weight.to(LOW), dense.bias.to(LOW)


def _normed(norm: torch.nn.LayerNorm, x: torch.Tensor) -> torch.Tensor:
    return layer_norm(x, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
