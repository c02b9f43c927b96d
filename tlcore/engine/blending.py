"""Between the model as it came and the model as it was trained: the mixture of both that the validation rows like best."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

SHARES = (0.25, 0.5, 0.75)
"""How far the weights go from where they began (0) to where training ended (1); the two ends are judged as rounds already."""


@dataclass(frozen=True)
class Blend:
    """share: how far the weights went, 0 to 1. score, loss: of that mixture on the validation rows."""

    share: float
    score: float
    loss: float


def weights_now(model: torch.nn.Module, names: list[str]) -> dict[str, torch.Tensor]:
    """A copy of the weights named."""
    everything = model.state_dict()
    return {name: everything[name].detach().clone() for name in names}


def blend(
    model: torch.nn.Module, start: Mapping[str, torch.Tensor], trained: Blend, judge: Callable[[], tuple[float, float]]
) -> Blend:
    """Set the model to the best mixture of `start` and of what it is now, and say which that is.

    trained: share 1 and how it did. judge: score and loss of the model as it stands. What the pretrained model knew comes
    back in part, and with it most of what few rows could not teach: Wortsman et al. 2022, arXiv 2109.01903.
    """
    end = weights_now(model, list(start))
    best = trained
    for share in SHARES:
        _mix(model, start, end, share)
        found = Blend(share, *judge())
        if (found.score, -found.loss) > (best.score, -best.loss):
            best = found
    _mix(model, start, end, best.share)
    return best


@torch.no_grad()
def _mix(
    model: torch.nn.Module, start: Mapping[str, torch.Tensor], end: Mapping[str, torch.Tensor], share: float
) -> None:
    own = model.state_dict()
    for name, weight in start.items():
        own[name].copy_(end[name] if share == 1 else weight.lerp(end[name], share))
