"""AdamW with the cores side by side: each takes half of the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tlcore.engine.beside import in_halves


class HalvesAdamW(torch.optim.AdamW):
    """torch's fused AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), to the same result.

    `cut_by` says by how much gradients are divided in the next step: one that is too long is cut to its length on the way,
    without being written once more.
    """

    def __init__(self, groups: Any) -> None:
        super().__init__(groups, fused=True)

    def cut_by(self, divisor: float) -> None:
        self.grad_scale = torch.tensor(divisor) if divisor != 1 else None  # torch's own name for it

    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        places = [(n, p) for n, group in enumerate(self.param_groups) for p in group["params"] if p.grad is not None]

        def work(some: list[int]) -> None:
            half = object.__new__(torch.optim.AdamW)
            of_group: list[list[torch.Tensor]] = [[] for _ in self.param_groups]
            for i in some:
                of_group[places[i][0]].append(places[i][1])
            groups = [{**group, "params": params} for group, params in zip(self.param_groups, of_group, strict=True)]
            vars(half).update(vars(self), param_groups=groups)  # the moments are shared, each weight's its own
            torch.optim.AdamW.step(half)

        in_halves([p.numel() for _, p in places], work)
