"""tlcore.engine.low_weights: the losses and gradients of autocast, weights turned once, and all of it put back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.conftest import FAMILIES
from tlcore.engine import low_weights
from tlcore.engine.low_weights import LowWeights
from tlcore.models.load import load_encoder

USE_A_LAYER_TWICE = ("albert", "deberta-v2")
GIVEN = {
    "input_ids": torch.tensor([[101, 4000, 5000, 6000, 102], [101, 7000, 102, 0, 0]]),
    "attention_mask": torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]),
}


@pytest.fixture(autouse=True)
def sixteen_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(low_weights, "use_bf16", lambda: True)


def gradients(encoder: torch.nn.Module, by: list[torch.Tensor]) -> tuple[float, list[torch.Tensor]]:
    with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
        loss = encoder(**GIVEN).last_hidden_state.float().square().mean()
    found = torch.autograd.grad(loss, by, materialize_grads=True)
    return float(loss.detach()), [one.float() for one in found]


@pytest.mark.parametrize("family", FAMILIES)
def test_losses_and_gradients_are_those_of_autocast(family: str, tiny_base: Callable[[str], Path]) -> None:
    encoder = load_encoder(tiny_base(family))
    moving = list(encoder.parameters())
    plain_loss, plain = gradients(encoder, moving)
    low = LowWeights(encoder)
    with low.in_place(moving) as stand_in:
        assert any(one.dtype == torch.bfloat16 for one in stand_in)
        loss, found = gradients(encoder, stand_in)
    assert loss == plain_loss
    for one, other in zip(plain, found, strict=True):
        if family in USE_A_LAYER_TWICE:
            assert float((one - other).norm()) <= 0.01 * float(one.norm())
        else:
            assert torch.equal(one, other)


def test_all_is_put_back_even_if_it_fails(tiny_base: Callable[[str], Path]) -> None:
    encoder = load_encoder(tiny_base("bert"))
    before = dict(encoder.named_parameters())
    with pytest.raises(KeyError), LowWeights(encoder).in_place(list(before.values())):
        raise KeyError
    assert {name: id(one) for name, one in encoder.named_parameters()} == {
        name: id(one) for name, one in before.items()
    }


def test_what_stays_as_it_is_is_turned_once_until_it_changes(tiny_base: Callable[[str], Path]) -> None:
    encoder = load_encoder(tiny_base("bert")).requires_grad_(False)
    dense = encoder.encoder.layer[0].intermediate.dense
    dense.bias.requires_grad_(True)
    low, held = LowWeights(encoder), []
    for step in range(3):
        with low.in_place([dense.bias]) as stand_in:
            held.append((dense.weight, stand_in[0]))
        with torch.no_grad():
            dense.bias += 1
            if step == 1:
                dense.weight += 1
    (first, bias), (second, other), (third, _) = held
    assert first is second
    assert torch.equal(third, dense.weight.to(torch.bfloat16))
    assert not torch.equal(third, second)
    assert bias is not other


def test_weights_that_two_layers_share_are_left(tiny_base: Callable[[str], Path]) -> None:
    encoder = load_encoder(tiny_base("bert"))
    first, second = (encoder.encoder.layer[i].output.dense for i in (0, 1))
    second.weight = first.weight
    with LowWeights(encoder).in_place([first.weight, first.bias]) as stand_in:
        assert stand_in[0] is first.weight
        assert second.weight is first.weight
        assert stand_in[1].dtype == torch.bfloat16


def test_in_full_precision_nothing_is_turned(tiny_base: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(low_weights, "use_bf16", lambda: False)
    encoder = load_encoder(tiny_base("bert"))
    moving = list(encoder.parameters())
    with LowWeights(encoder).in_place(moving) as stand_in:
        assert all(one is other for one, other in zip(stand_in, moving, strict=True))
