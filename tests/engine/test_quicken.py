"""tlcore.engine.quicken: dropout that keeps its mean, attention that says the same, a table of fewer rows; and all put back."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.conftest import FAMILIES
from tlcore.engine import beside, quicken
from tlcore.engine.classifier import TextClassifier
from tlcore.engine.quicken import ATTENTION, QuickDropout, drawing, only_rows, quickened
from tlcore.models.load import load_encoder

IDS = torch.tensor([[101, 4000, 5000, 6000, 102], [101, 7000, 102, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
PIECES = {0, 101, 102, 4000, 5000, 6000, 7000}


def kinds(model: torch.nn.Module) -> dict[str, tuple[type, bool]]:
    return {name: (type(module), module.training) for name, module in model.named_modules()}


def states(encoder: torch.nn.Module) -> torch.Tensor:
    return encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state[MASK.bool()]


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_it_drops_its_share_and_keeps_the_mean(p: float) -> None:
    with drawing(0):
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
    with drawing(3):
        first, second = drop(x), drop(x)
    with drawing(3):
        assert torch.equal(drop(x), first)
    assert not torch.equal(first, second)


def test_each_thread_draws_from_its_own_generator() -> None:
    drop, x, found = QuickDropout(0.2), torch.ones(1000), {}
    here = threading.Barrier(2, timeout=30)

    def draw(seed: int) -> None:
        with drawing(seed):
            here.wait()
            found[seed] = [drop(x) for _ in range(20)]

    threads = [threading.Thread(target=draw, args=(seed,)) for seed in (1, 2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for seed in (1, 2):
        with drawing(seed):
            assert all(torch.equal(drop(x), one) for one in found[seed])


@pytest.mark.parametrize("p", [0.0, 0.001, 1.0])
def test_the_ends_of_the_range(p: float) -> None:
    x = torch.ones(8)
    assert torch.equal(QuickDropout(p)(x), x * (p < 1))
    assert QuickDropout(p).eval()(x) is x


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
        assert (encoder.config._attn_implementation == ATTENTION) == (attention == "sdpa")
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


def test_attention_that_says_something_else_is_not_taken(
    make: Callable[..., TextClassifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in (lambda *args, **more: (torch.zeros(2, 5, 4, 8), None), lambda *args, **more: 1 / "x"):
        monkeypatch.setattr(quicken, "plain_attention", wrong)
        model = make()
        with quickened(model, None):
            assert model.encoder.config._attn_implementation == "sdpa"
            assert torch.isfinite(states(model.encoder)).all()


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
