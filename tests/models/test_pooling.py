"""tlcore.models.pooling: the mean of the real tokens, whatever stands beside them."""

from __future__ import annotations

import numpy as np
import torch

from tlcore.models.pooling import mean_pool, pool_layers

HIDDEN = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32"))
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])


def test_only_real_tokens_are_averaged() -> None:
    pooled = mean_pool(HIDDEN, MASK).numpy()
    assert np.allclose(pooled[0], HIDDEN[0].numpy().mean(0), atol=1e-6)
    assert np.allclose(pooled[1], HIDDEN[1, :2].numpy().mean(0), atol=1e-6)


def test_what_stands_under_the_padding_does_not_matter() -> None:
    other = HIDDEN.clone()
    other[1, 2:] = 1e4
    assert torch.allclose(mean_pool(other, MASK), mean_pool(HIDDEN, MASK))


def test_a_row_without_a_token_is_zero_and_never_nan() -> None:
    assert mean_pool(HIDDEN, torch.zeros_like(MASK)).tolist() == [[0.0] * 3] * 2


def test_half_precision_is_averaged_in_fp32() -> None:
    large = torch.full((1, 300, 1), 300.0, dtype=torch.float16)  # the sum, 90,000, is beyond float16
    pooled = mean_pool(large, torch.ones(1, 300, dtype=torch.long))
    assert pooled.dtype == torch.float32
    assert pooled.item() == 300.0


def test_layers_come_side_by_side_in_the_order_asked() -> None:
    states = [HIDDEN, HIDDEN + 10, HIDDEN - 10]
    pooled = pool_layers(states, (2, 0), MASK)
    assert pooled.shape == (2, 6)
    assert torch.allclose(pooled[:, :3], mean_pool(states[2], MASK))
    assert torch.allclose(pooled[:, 3:], mean_pool(states[0], MASK))
