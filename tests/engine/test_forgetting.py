"""tlcore.engine.forgetting: how alike two geometries are, what a base saw before it was trained, and who slows down."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tlcore.engine.forgetting import (  # fmt: skip
    LIMIT,
    MOST_SLOWINGS,
    ForgettingGuard,
    Geometry,
    general_sentences,
    linear_cka,
)
from tlcore.engine.groups import blocks_of
from tlcore.models.load import load_encoder


def drawn(seed: int, rows: int = 64, width: int = 24) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, width))


def rotation(seed: int, width: int = 24) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(width, width)))[0]


def by_definition(a: np.ndarray, b: np.ndarray) -> float:
    """Debiased CKA from the mean over all fours of different sentences, as the estimate is defined; slow."""

    def hsic(k: np.ndarray, m: np.ndarray) -> float:
        fours = list(permutations(range(len(k)), 4))
        return sum(k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q]) for i, j, q, r in fours) / len(fours)

    k, m = a @ a.T, b @ b.T
    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


def test_features_that_are_turned_scaled_or_spread_over_more_numbers_are_the_same() -> None:
    a = drawn(0)
    assert linear_cka(a, a) == pytest.approx(1)
    assert linear_cka(a, 7.5 * a @ rotation(1)) == pytest.approx(1)
    assert linear_cka(a, np.concatenate([a, a], axis=1)) == pytest.approx(1)
    assert linear_cka(a, a + 100.0) == pytest.approx(1)  # moved


def test_features_of_nothing_in_common_are_near_nothing_however_wide() -> None:
    for width in (24, 384):
        found = [linear_cka(drawn(seed, width=width), drawn(seed + 100, width=width)) for seed in range(10)]
        assert np.mean(found) < 0.05
        assert max(found) < 0.2


def test_the_more_noise_the_less_alike() -> None:
    a, noise = drawn(0), drawn(1)
    found = [linear_cka(a, a + size * noise) for size in (0.0, 0.3, 1.0, 3.0, 30.0)]
    assert found == sorted(found, reverse=True)
    assert found[1] > 0.8 > 0.2 > found[3]
    assert linear_cka(a, a + noise) == pytest.approx(linear_cka(a + noise, a))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_is_what_its_definition_gives(seed: int) -> None:
    a = drawn(seed, rows=7, width=3)
    b = a @ np.random.default_rng(seed + 9).normal(size=(3, 5)) + 0.3 * drawn(seed + 1, rows=7, width=5)
    expected = by_definition(a, b)
    assert 0 < expected < 1
    assert linear_cka(a, b) == pytest.approx(expected)


def test_features_that_say_nothing_are_like_nothing() -> None:
    assert linear_cka(np.zeros((8, 3)), drawn(0, 8, 3)) == 0
    assert linear_cka(drawn(0, 8, 3), np.ones((8, 3))) == 0


def test_the_general_sentences_are_64_different_ones() -> None:
    sentences = general_sentences()
    assert len(sentences) == len({sentence.lower() for sentence in sentences}) == 64
    assert all(len(sentence.split()) >= 4 and sentence == sentence.strip() for sentence in sentences)


@pytest.fixture
def encoder(tiny_base: Callable[[str], Path]) -> Any:
    return load_encoder(tiny_base("modernbert"))


def nudge(encoder: Any, size: float) -> None:
    """Move the weights of the blocks at random."""
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in blocks_of(encoder)[1].parameters():
            weight.add_(size * weight.std(correction=0) * torch.randn(weight.shape, generator=draw))


def test_before_training_it_sees_all_as_before_and_the_further_it_moves_the_less(
    encoder: Any, tiny_base: Callable[[str], Path]
) -> None:
    geometry = Geometry(encoder, tiny_base("modernbert"))
    found = [geometry.similarity(encoder)]
    assert found[0] == pytest.approx(1)
    for size in (0.3, 1.0):
        nudge(encoder, size)
        found.append(geometry.similarity(encoder))
    assert found[0] - 0.01 > found[1] > found[2] + 0.01
    assert geometry.before.shape == (64, 32)


@pytest.mark.parametrize("training", [False, True])
def test_looking_changes_nothing(encoder: Any, tiny_base: Callable[[str], Path], training: bool) -> None:
    for module in encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.5
    encoder.train(training)
    before, random = {n: v.clone() for n, v in encoder.state_dict().items()}, torch.get_rng_state()
    geometry = Geometry(encoder, tiny_base("modernbert"))
    assert geometry.similarity(encoder) == pytest.approx(1)  # no dropout while looking
    assert {module.training for module in encoder.modules()} == {training}
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)


def test_other_sentences_may_be_given(encoder: Any, tiny_base: Callable[[str], Path]) -> None:
    geometry = Geometry(encoder, tiny_base("modernbert"), ["one thing", "another", "a third thing", "word " * 300])
    assert [len(ids) for ids in geometry.ids] == [4, 3, 5, 64]
    assert np.allclose(geometry.before.mean(0), 0, atol=1e-6)


class Watched:
    """A guard that is shown one similarity after the other, with an optimizer of a body and a head on a straight schedule."""

    def __init__(self, similarities: list[float], **more: Any) -> None:
        self.events: list[dict[str, Any]] = []
        self.values: Iterator[float] = iter(similarities)
        self.guard = ForgettingGuard(lambda: next(self.values), self.emit, **more)
        weights = {name: torch.nn.Parameter(torch.zeros(1)) for name in ("block 1", "block 2", "head")}
        groups = [{"params": [p], "lr": 4.0 if n == "head" else 1.0, "name": n} for n, p in weights.items()]
        self.optimizer = torch.optim.SGD(groups)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: 1 - step / 100)

    def emit(self, kind: str, **fields: Any) -> None:
        self.events.append({"kind": kind, **fields})

    def look(self, step: int = 1, last: int = 100) -> None:
        at = SimpleNamespace(global_step=step, max_steps=last, epoch=float(step))
        self.guard.on_evaluate(None, at, None, optimizer=self.optimizer, lr_scheduler=self.schedule, metrics={})

    def rates(self) -> dict[str, float]:
        return {group["name"]: group["lr"] for group in self.optimizer.param_groups}

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]


def test_each_look_is_told() -> None:
    run = Watched([1.0, 0.87654, 0.6])
    for step in (0, 10, 20):
        run.look(step)
    told = [(event["step"], event["similarity"], event["limit"]) for event in run.of("forgetting")]
    assert told == [(0, 1.0, LIMIT), (10, 0.8765, LIMIT), (20, 0.6, LIMIT)]
    assert run.of("note") == []
    assert run.rates() == {"block 1": 1.0, "block 2": 1.0, "head": 4.0}


def test_below_the_limit_the_body_learns_half_as_fast_from_there_on_and_the_head_as_before() -> None:
    run = Watched([0.4])
    run.look()
    assert run.rates() == {"block 1": 0.5, "block 2": 0.5, "head": 4.0}
    (note,) = run.of("note")
    assert note["level"] == "warning"
    assert "40%" in note["text"]
    run.optimizer.step()
    run.schedule.step()  # the schedule goes on from the halved rates
    assert run.rates() == pytest.approx({"block 1": 0.5 * 0.99, "block 2": 0.5 * 0.99, "head": 4.0 * 0.99})


def test_it_slows_down_only_while_it_gets_worse_and_not_for_ever() -> None:
    run = Watched([0.49, 0.49, 0.6, 0.495, 0.48, 0.3, 0.2, 0.1])
    slowed = []
    for _ in range(8):
        run.look()
        slowed.append(run.guard.slowed)
    assert slowed == [1, 1, 1, 1, 2, 3, 3, 3]
    assert run.rates() == {"block 1": 1 / 2**MOST_SLOWINGS, "block 2": 1 / 2**MOST_SLOWINGS, "head": 4.0}
    assert len(run.of("note")) == MOST_SLOWINGS == 3
    assert len(run.of("forgetting")) == 8
    assert run.guard.lowest == 0.1


def test_the_limit_may_be_another_one() -> None:
    run = Watched([0.85, 0.7], limit=0.8)
    run.look()
    assert run.guard.slowed == 0
    run.look()
    assert run.guard.slowed == 1
    assert run.of("forgetting")[0]["limit"] == 0.8


def test_after_the_last_step_there_is_nothing_to_slow_down() -> None:
    run = Watched([0.2])
    run.look(step=50, last=50)
    assert run.rates()["block 1"] == 1.0
    assert run.guard.slowed == 0
    assert len(run.of("forgetting")) == 1


def test_what_it_knows_survives_a_pause() -> None:
    run = Watched([0.3])
    run.look(step=5)
    run.guard.on_train_end(None, SimpleNamespace(global_step=10, epoch=2.0), None)
    kept = json.loads(json.dumps(run.guard.state_dict()))
    again = Watched([0.35, 0.25, 0.2, 0.1])
    again.guard.load_state_dict(kept)
    assert (again.guard.slowed, again.guard.lowest) == (1, 0.3)
    for step in (1, 2, 3, 4):
        again.look(step)
    assert [event["step"] for event in again.of("forgetting")] == [11, 12, 13, 14]  # counted on over the phases
    assert again.rates()["block 1"] == 1 / 2 ** (MOST_SLOWINGS - 1)  # not for 0.35, and three times in all
