"""tlcore.engine.blending: the mixture the validation rows like best stands in the model, and only what moved is mixed."""

from __future__ import annotations

import pytest
import torch

from tlcore.engine.blending import SHARES, Blend, blend, weights_now


def model(value: float) -> torch.nn.Linear:
    made = torch.nn.Linear(2, 1)
    with torch.no_grad():
        made.weight.fill_(value)
        made.bias.fill_(7.0)
    return made


def judged(moved: torch.nn.Linear, best_at: float) -> tuple[float, float]:
    far = abs(float(moved.weight[0, 0].detach()) - best_at)
    return 1 - far, far


@pytest.mark.parametrize("best_at", SHARES)
def test_the_best_mixture_is_found_and_stands(best_at: float) -> None:
    moved = model(1.0)
    start = {"weight": torch.zeros(1, 2)}
    found = blend(moved, start, Blend(1.0, *judged(moved, best_at)), lambda: judged(moved, best_at))
    assert found.share == best_at
    assert moved.weight.detach().tolist() == [[best_at, best_at]]
    assert moved.bias.item() == 7.0


def test_what_was_trained_stays_where_no_mixture_does_better() -> None:
    moved = model(1.1)
    before = weights_now(moved, ["weight"])["weight"]
    found = blend(moved, {"weight": torch.zeros(1, 2)}, Blend(1.0, 1.0, 0.0), lambda: judged(moved, 1.1))
    assert found.share == 1.0
    assert torch.equal(moved.weight.detach(), before)


def test_of_mixtures_with_the_same_score_the_lower_loss_wins() -> None:
    moved = model(1.0)
    losses = iter((3.0, 1.0, 2.0))
    found = blend(moved, {"weight": torch.zeros(1, 2)}, Blend(1.0, 0.5, 9.0), lambda: (0.5, next(losses)))
    assert found.share == SHARES[1]
