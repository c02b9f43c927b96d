"""tlcore.engine.quicken: a model that says the same with a table of fewer rows, in halves; and all put back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.conftest import FAMILIES
from tlcore.engine import beside, quicken
from tlcore.engine.attention import LEARNING
from tlcore.engine.classifier import TextClassifier
from tlcore.engine.dropout import QuickDropout
from tlcore.engine.quicken import only_rows, quickened
from tlcore.models.load import load_encoder

IDS = torch.tensor([[101, 4000, 5000, 6000, 102], [101, 7000, 102, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
PIECES = {0, 101, 102, 4000, 5000, 6000, 7000}


def kinds(model: torch.nn.Module) -> dict[str, tuple[type, bool]]:
    return {name: (type(module), module.training) for name, module in model.named_modules()}


def states(encoder: torch.nn.Module) -> torch.Tensor:
    return encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state[MASK.bool()]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_quickened_model_says_the_same_and_is_put_back(family: str, tiny_base: Callable[[str], Path]) -> None:
    model = torch.nn.Module()
    model.encoder = encoder = load_encoder(tiny_base(family))
    before, attention, threads = kinds(model), encoder.config._attn_implementation, torch.get_num_threads()
    weights = {name: one.clone() for name, one in model.state_dict().items()}
    with torch.inference_mode():
        plain = states(encoder)
    with contextlib.suppress(KeyError), torch.inference_mode(), quickened(model, PIECES):
        inside = states(encoder)
        assert any(isinstance(module, QuickDropout) for module in model.modules())
        assert len(encoder.get_input_embeddings().weight) <= len(PIECES) + 1
        assert (encoder.config._attn_implementation == LEARNING) == (attention == "sdpa")
        raise KeyError
    assert torch.allclose(inside, plain, atol=1e-4)
    assert kinds(model) == before
    assert encoder.config._attn_implementation == attention
    assert torch.get_num_threads() == threads
    assert all(torch.equal(weights[name], one) for name, one in model.state_dict().items())


def test_halves_are_for_models_whose_chance_is_their_own(
    make: Callable[..., TextClassifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quicken, "cores", lambda: 2)
    model = make()
    with quickened(model, None) as parts:
        assert parts == 2
        assert torch.get_num_threads() == 1
    plain = model.encoder.forward

    def noisy(*args: object, **more: object) -> object:
        torch.rand(1 if model.encoder.training else 0)
        return plain(*args, **more)

    vars(model.encoder)["forward"] = noisy
    state = torch.get_rng_state()
    with quickened(model, None) as parts:
        assert parts == 1
    assert torch.equal(torch.get_rng_state(), state)
    monkeypatch.setattr(quicken, "cores", lambda: 1)
    with quickened(make(), None) as parts:
        assert parts == 1


def test_while_it_trains_something_is_dropped(make: Callable[..., TextClassifier]) -> None:
    model = make().train()
    with quickened(model, None):
        one, other = (states(model.encoder) for _ in range(2))
    assert not torch.allclose(one, other)
    assert all(module.training for module in model.modules())


def test_the_rows_in_use_learn_and_the_others_stay(tiny_base: Callable[[str], Path]) -> None:
    encoder = load_encoder(tiny_base("bert"))
    table = encoder.get_input_embeddings()
    whole, before = table.weight, table.weight.detach().clone()
    with only_rows(encoder, PIECES):
        assert "embeddings.word_embeddings.weight" in dict(encoder.named_parameters())
        states(encoder).square().sum().backward()
        with torch.no_grad():
            table.weight -= 0.1 * table.weight.grad
        with pytest.raises(IndexError):
            encoder(input_ids=IDS + 1)
    assert table.weight is whole
    moved = sorted(torch.nonzero((whole != before).any(1)).flatten().tolist())
    assert moved == sorted(PIECES - {0})  # padding never learns
    assert torch.isfinite(states(encoder)).all()


def test_a_table_that_two_layers_share_is_left_whole(tiny_base: Callable[[str], Path]) -> None:
    encoder = load_encoder(tiny_base("bert"))
    encoder.also = torch.nn.Linear(32, 30522, bias=False)
    encoder.also.weight = encoder.get_input_embeddings().weight
    with only_rows(encoder, PIECES):
        assert len(encoder.get_input_embeddings().weight) == 30522


def test_cores_are_those_of_the_machine() -> None:
    assert quicken.cores is beside.cores
