"""Hidden states averaged over the real tokens: what every head of Nudge reads."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def mean_pool(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """[batch, tokens, width] and [batch, tokens] -> [batch, width], in fp32."""
    weights = attention_mask.to(torch.float32).unsqueeze(-1)
    return (hidden.to(torch.float32) * weights).sum(1) / weights.sum(1).clamp(min=1.0)


def token_layers(states: Sequence[torch.Tensor], layers: Sequence[int]) -> torch.Tensor:
    """Hidden states -> [batch, tokens, len(layers) * width], in fp32: what a head on every token reads."""
    return torch.cat([states[i].to(torch.float32) for i in layers], dim=-1)


def pool_layers(states: Sequence[torch.Tensor], layers: Sequence[int], attention_mask: torch.Tensor) -> torch.Tensor:
    """Hidden states (0 = embeddings, i = after block i) -> [batch, len(layers) * width], in fp32."""
    return torch.cat([mean_pool(states[i], attention_mask) for i in layers], dim=-1)
