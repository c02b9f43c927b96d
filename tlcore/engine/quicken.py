"""The same training in less time on a processor: dropout from random bytes, and attention whose way back is short."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

from tlcore.engine.precision import device

LEVELS = 256


class QuickDropout(torch.nn.Dropout):
    """Dropout whose chances are whole 256ths: a random byte an element instead of a random float, which took a tenth of a step.

    What is kept is scaled by the chance that it has here, so the mean is unchanged (Srivastava et al. 2014).
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        least = round(LEVELS * self.p)
        if not self.training or least == 0:
            return input
        if least >= LEVELS:
            return input * 0
        count = input.numel()
        drawn = torch.empty(-(-count // 8), dtype=torch.int64, device=input.device).random_(-(2**63), None)
        kept = drawn.view(torch.uint8)[:count].view(input.shape) >= least
        return input * kept.to(input.dtype).mul_(LEVELS / (LEVELS - least))


@contextlib.contextmanager
def quickened(encoder: Any) -> Iterator[None]:
    """Within it, a transformer on a processor trains quicker, to the same end; on a GPU its own kernels are quick already.

    torch's fused attention has a slow way back on processors (a third of a step, against a fifteenth).
    """
    if device().type != "cpu":
        yield
        return
    before = getattr(encoder.config, "_attn_implementation", None)
    swapped = [
        (parent, name, child)
        for parent in encoder.modules()
        for name, child in parent.named_children()
        if type(child) is torch.nn.Dropout
    ]
    try:
        for parent, name, child in swapped:
            parent.add_module(name, QuickDropout(child.p).train(child.training))
        _set_attention(encoder, before, "eager")
        yield
    finally:
        for parent, name, child in swapped:
            parent.add_module(name, child.train(parent.training))
        _set_attention(encoder, before, before)


def _set_attention(encoder: Any, before: str | None, name: str | None) -> None:
    """Only a model that uses torch's own fused attention is changed: others have their reasons."""
    if before == "sdpa" and name:
        encoder.set_attn_implementation(name)
