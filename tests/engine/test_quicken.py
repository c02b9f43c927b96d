"""tlcore.engine.quicken: dropout that drops its share and keeps the mean; a model that says the same and is put back as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.conftest import FAMILIES
from tlcore.engine.quicken import QuickDropout, quickened
from tlcore.models.load import load_encoder

IDS = torch.tensor([[101, 4000, 5000, 6000, 102], [101, 7000, 102, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


def kinds(encoder: torch.nn.Module) -> dict[str, tuple[type, bool]]:
    return {name: (type(module), module.training) for name, module in encoder.named_modules()}


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_it_drops_its_share_and_keeps_the_mean(p: float) -> None:
    torch.manual_seed(0)
    found = QuickDropout(p)(torch.ones(999, 101))
    assert float((found == 0).float().mean()) == pytest.approx(p, abs=0.01)
    assert float(found.mean()) == pytest.approx(1.0, abs=0.01)


def test_what_was_dropped_gets_no_gradient_and_the_rest_its_scale() -> None:
    x = torch.ones(50, 7, requires_grad=True)
    found = QuickDropout(0.3)(x)
    found.sum().backward()
    assert torch.equal(x.grad, found.detach())


def test_the_same_seed_drops_the_same_and_each_call_something_else() -> None:
    drop, x = QuickDropout(0.2), torch.ones(1000)
    torch.manual_seed(3)
    first, second = drop(x), drop(x)
    torch.manual_seed(3)
    assert torch.equal(drop(x), first)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("p", [0.0, 0.001, 1.0])
def test_the_ends_of_the_range(p: float) -> None:
    x = torch.ones(8)
    assert torch.equal(QuickDropout(p)(x), x * (p < 1))
    assert QuickDropout(p).eval()(x) is x


@pytest.mark.parametrize("family", FAMILIES)
def test_a_quickened_encoder_says_the_same_and_is_put_back(family: str, tiny_base: Callable[[str], Path]) -> None:
    encoder = load_encoder(tiny_base(family))
    before, attention = kinds(encoder), encoder.config._attn_implementation
    with torch.inference_mode():
        plain = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
        with contextlib.suppress(KeyError), quickened(encoder):
            inside = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
            assert any(isinstance(module, QuickDropout) for module in encoder.modules())
            raise KeyError
    assert torch.allclose(inside[MASK.bool()], plain[MASK.bool()], atol=1e-5)
    assert kinds(encoder) == before
    assert encoder.config._attn_implementation == attention


def test_while_it_trains_something_is_dropped(tiny_base: Callable[[str], Path]) -> None:
    encoder = load_encoder(tiny_base("bert")).train()
    with quickened(encoder):
        one, other = (encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state for _ in range(2))
    assert not torch.allclose(one, other)
    assert all(module.training for module in encoder.modules())
