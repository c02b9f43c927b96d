"""tlcore.engine.dropout: it keeps its mean, and each thread draws its own chance."""

from __future__ import annotations

import threading

import pytest
import torch

from tlcore.engine.dropout import QuickDropout, drawing


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
