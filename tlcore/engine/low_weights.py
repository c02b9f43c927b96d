"""Weights of linear layers in bf16 for the length of a step: turned once, not at every pass of every half, there and back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tlcore.engine.precision import use_bf16


@dataclass(frozen=True)
class _Kept:
    version: int
    low: torch.Tensor


class LowWeights:
    """What autocast does to the weights of a model's linear layers, done ahead: the losses are the same, and the gradients
    too (of a layer that a text passes several times, as in ALBERT, to within a hundredth: they add up in bf16).

    Autocast turns each weight into bf16 at every pass, and its gradient back into fp32: a tenth of a step on a processor, and
    twice that where two threads learn. Weights that stay as they are keep their bf16 copy from step to step.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self._places = list(_places(model)) if use_bf16() else []
        self._kept: dict[torch.Tensor, _Kept] = {}

    @contextlib.contextmanager
    def in_place(self, moving: Sequence[torch.Tensor]) -> Iterator[list[torch.Tensor]]:
        """Within it the linear layers hold bf16; yields what stands for each of `moving`, to take gradients by."""
        stands_for: dict[torch.Tensor, torch.Tensor] = {}
        for owner, name, weight in self._places:
            owner[name] = stands_for[weight] = self._low(weight)
        try:
            yield [stands_for.get(one, one) for one in moving]
        finally:
            for owner, name, weight in self._places:
                owner[name] = weight

    def _low(self, weight: torch.Tensor) -> torch.Tensor:
        if weight.requires_grad:
            return weight.detach().to(torch.bfloat16).requires_grad_()
        kept = self._kept.get(weight)
        if kept is None or kept.version != weight._version:
            kept = self._kept[weight] = _Kept(weight._version, weight.detach().to(torch.bfloat16))
        return kept.low


def _places(model: torch.nn.Module) -> Iterator[tuple[dict[str, Any], str, torch.Tensor]]:
    """Where weights and biases of linear layers hang: the module's table, the name in it, the weight. Shared ones are left."""
    owners: dict[torch.Tensor, int] = {}
    for module in model.modules():
        for one in module._parameters.values():
            if one is not None:
                owners[one] = owners.get(one, 0) + 1
    for module in model.modules():
        if type(module) is torch.nn.Linear:
            for name, one in module._parameters.items():
                if one is not None and owners[one] == 1 and one.dtype == torch.float32:
                    yield module._parameters, name, one
