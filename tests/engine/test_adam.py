"""tlcore.engine.adam: torch's AdamW to the bit, with half of the weights a thread, and gradients cut on the way."""

from __future__ import annotations

import copy

import pytest
import torch

from tlcore.engine import beside
from tlcore.engine.adam import HalvesAdamW
from tlcore.engine.beside import threads_an_operation


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(20, 300), torch.nn.Tanh(), torch.nn.Linear(300, 7))


def groups(model: torch.nn.Module) -> list[dict]:
    first, second = model[0], model[2]
    return [
        {"params": list(first.parameters()), "lr": 0.01, "weight_decay": 0.1, "name": "body"},
        {"params": list(second.parameters()), "lr": 0.1, "weight_decay": 0.0, "name": "head"},
    ]


def train(model: torch.nn.Module, optimizer: torch.optim.Optimizer, steps: int, cut: float = 1.0) -> None:
    chance = torch.Generator().manual_seed(1)
    for _ in range(steps):
        model.zero_grad()
        model(torch.randn(16, 20, generator=chance)).square().mean().backward()
        if isinstance(optimizer, HalvesAdamW):
            optimizer.cut_by(cut)
        else:
            for one in model.parameters():
                one.grad /= cut
        optimizer.step()


@pytest.mark.parametrize("cut", [1.0, 3.0])
@pytest.mark.parametrize("cores", [1, 2])
def test_it_is_torchs_to_the_bit(cores: int, cut: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "cores", lambda: cores)
    plain, ours = network(), network()
    expected, found = torch.optim.AdamW(groups(plain), fused=True), HalvesAdamW(groups(ours))
    with threads_an_operation(1):
        train(plain, expected, 5, cut)
        train(ours, found, 5, cut)
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), ours.parameters(), strict=True))
    theirs, mine = expected.state_dict()["state"], found.state_dict()["state"]
    assert all(torch.equal(mine[i][name], one) for i, of_one in theirs.items() for name, one in of_one.items())


def test_what_has_no_gradient_stays() -> None:
    model = network()
    before = copy.deepcopy(model[2].state_dict())
    optimizer = HalvesAdamW(groups(model))
    model[0](torch.ones(2, 20)).square().mean().backward()
    optimizer.step()
    assert all(torch.equal(before[name], one) for name, one in model[2].state_dict().items())
    assert len(optimizer.state) == 2


def test_it_goes_on_from_its_state() -> None:
    whole, parts = network(), network()
    train(whole, HalvesAdamW(groups(whole)), 1)
    first = HalvesAdamW(groups(parts))
    train(parts, first, 1)
    second = HalvesAdamW(groups(parts))
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    again = HalvesAdamW(groups(whole))
    again.load_state_dict(copy.deepcopy(first.state_dict()))
    train(whole, again, 2)
    train(parts, second, 2)
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), parts.parameters(), strict=True))
