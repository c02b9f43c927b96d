"""Dropout from random bytes, each thread's own: a random float an element took a tenth of a step."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import torch

LEVELS = 256
_chance = threading.local()


@contextlib.contextmanager
def drawing(seed: int) -> Iterator[None]:
    """Within it this thread's dropout draws from a generator of its own, begun at `seed`."""
    _chance.generator = torch.Generator().manual_seed(seed % 2**32)
    try:
        yield
    finally:
        _chance.generator = None


def kept_share(like: torch.Tensor, p: float) -> torch.Tensor:
    """What dropout multiplies with, of the shape of `like`: 0, or the inverse of the chance to stay.

    Chances are whole 256ths: a random byte an element instead of a random float, which took a tenth of a step. The scale is
    that of the chance as it is here, so the mean is unchanged (Srivastava et al. 2014).
    """
    least, count = round(LEVELS * p), like.numel()
    if least >= LEVELS:
        return torch.zeros_like(like)
    drawn = torch.empty(-(-count // 8), dtype=torch.int64, device=like.device)
    drawn.random_(-(2**63), None, generator=getattr(_chance, "generator", None))
    kept = drawn.view(torch.uint8)[:count].view(like.shape) >= least
    return kept.to(like.dtype).mul_(LEVELS / (LEVELS - least))


class QuickDropout(torch.nn.Dropout):
    """Dropout by `kept_share`."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not self.training or round(LEVELS * self.p) == 0:
            return input
        return input * kept_share(input, self.p)
