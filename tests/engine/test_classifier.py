"""tlcore.engine.classifier: the network that is trained, its head, its loss."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tlcore.engine.classifier import TextClassifier
from tlcore.engine.tokens import pad
from tlcore.models.load import load_encoder
from tlcore.models.pooling import mean_pool
from tlcore.models.saved import Head


def head(classes: int = 3, width: int = 32) -> Head:
    rng = np.random.default_rng(0)
    return Head(rng.normal(size=(classes, width)), rng.normal(size=classes))


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    return pad([[101, 2000, 2001, 102], [101, 2002, 102], [101, 102]], 0)


def test_it_starts_as_the_head_says_and_gives_that_head_back(
    tiny_base: Callable[[str], Path], batch: dict[str, torch.Tensor]
) -> None:
    model = TextClassifier(load_encoder(tiny_base("bert")), head(), (3,), 0.5, None).eval()
    states = model.encoder(**batch).last_hidden_state
    expected = mean_pool(states, batch["attention_mask"]).detach().numpy() @ head().weight.T + head().bias
    assert np.allclose(model(**batch)["logits"].detach().numpy(), expected, atol=1e-4)
    assert np.allclose(model.head().weight, head().weight, atol=1e-6)
    assert np.allclose(model.head().bias, head().bias, atol=1e-6)


@pytest.mark.parametrize("weights", [None, [1.0, 5.0, 0.1]])
def test_the_loss_is_cross_entropy_with_the_weights_of_the_classes(
    tiny_base: Callable[[str], Path], batch: dict[str, torch.Tensor], weights: list[float] | None
) -> None:
    wanted = None if weights is None else torch.tensor(weights)
    model = TextClassifier(load_encoder(tiny_base("bert")), head(), (3,), 0.0, wanted).eval()
    labels = torch.tensor([0, 1, 2])
    out = model(**batch, labels=labels)
    expected = torch.nn.functional.cross_entropy(out["logits"], labels, weight=wanted, reduction="sum") / 3
    assert out["loss"].item() == pytest.approx(expected.item(), abs=1e-6)
    assert "loss" not in model(**batch)
    assert not [name for name in model.state_dict() if "class_weights" in name]


def test_dropout_hides_features_while_training_only(
    tiny_base: Callable[[str], Path], batch: dict[str, torch.Tensor]
) -> None:
    model = TextClassifier(load_encoder(tiny_base("bert")), head(), (3,), 0.5, None)
    model.eval()
    assert torch.equal(model(**batch)["logits"], model(**batch)["logits"])
    model.train()
    model.encoder.eval()
    assert not torch.equal(model(**batch)["logits"], model(**batch)["logits"])


def test_the_head_may_read_several_layers(tiny_base: Callable[[str], Path], batch: dict[str, torch.Tensor]) -> None:
    both = head(width=64)
    model = TextClassifier(load_encoder(tiny_base("bert")), both, (1, 3), 0.0, None).eval()
    states = model.encoder(**batch, output_hidden_states=True).hidden_states
    read = [mean_pool(states[i], batch["attention_mask"]).detach().numpy() for i in (1, 3)]
    expected = np.concatenate(read, axis=1) @ both.weight.T + both.bias
    assert np.allclose(model(**batch)["logits"].detach().numpy(), expected, atol=1e-4)
    below = model(**batch, below=torch.from_numpy(read[0]))
    assert np.allclose(below["logits"].detach().numpy(), expected, atol=1e-4)
