"""A running average of the weights: it stands where training is heading, without the noise of the last few steps."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

import torch
from transformers import TrainerCallback

from tlcore.engine.beside import in_halves

GENTLE = 10.0
"""The average follows quickly at first: after n steps it looks back over about n / 10 of them, up to its window."""


class Averaged(TrainerCallback):
    """Exponential moving average of the weights named, over about `window` steps; rounds are judged, and kept, by it.

    Polyak and Juditsky 1992; as an average over late steps: Izmailov et al. 2018 (arXiv 1803.05407). On few rows single
    steps are noisy, and so is a choice among rounds.
    """

    def __init__(self, model: torch.nn.Module, names: Collection[str], window: int) -> None:
        self.model, self.names, self.window = model, sorted(names), max(1, window)
        self.steps = 0
        self.weights = self._now()

    def begin_phase(self) -> None:
        """Begin anew from the weights as they are."""
        self.steps, self.weights = 0, self._now()

    @torch.no_grad()
    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.steps += 1
        keep = min(1 - 1 / self.window, self.steps / (self.steps + GENTLE))
        averages, now = list(self.weights.values()), self._parameters()

        def follow(some: list[int]) -> None:
            torch._foreach_lerp_([averages[i] for i in some], [now[i] for i in some], 1 - keep)

        in_halves([one.numel() for one in now], follow)

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the model has the averaged weights."""
        own = self._now()
        self._put(self.weights)
        try:
            yield
        finally:
            self._put(own)

    def settle(self) -> None:
        """The model takes the averaged weights for good."""
        self._put(self.weights)

    def _parameters(self) -> list[torch.Tensor]:
        everything = self.model.state_dict()
        return [everything[name].detach() for name in self.names]

    def _now(self) -> dict[str, torch.Tensor]:
        return {name: t.detach().clone() for name, t in zip(self.names, self._parameters(), strict=True)}

    @torch.no_grad()
    def _put(self, weights: dict[str, torch.Tensor]) -> None:
        for own, other in zip(self._parameters(), weights.values(), strict=True):
            own.copy_(other)
