"""tlcore.engine.classifier: the network, where each weight lies, and how fast each part learns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tlcore.engine.classifier import TextClassifier, block_of, learning_rate_groups
from tlcore.engine.tokens import pad
from tlcore.models.load import load_encoder
from tlcore.models.pooling import mean_pool
from tlcore.models.saved import Head

FAMILIES = ["bert", "distilbert", "roberta", "electra"]


def head(classes: int = 3, width: int = 32) -> Head:
    rng = np.random.default_rng(0)
    return Head(rng.normal(size=(classes, width)), rng.normal(size=classes))


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    return pad([[101, 2000, 2001, 102], [101, 2002, 102], [101, 102]], 0)


def test_it_starts_as_the_head_says_and_gives_that_head_back(
    tiny_base: Callable[[str], Path], batch: dict[str, torch.Tensor]
) -> None:
    model = TextClassifier(load_encoder(tiny_base("bert")), head(), 0.5, None).eval()
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
    model = TextClassifier(load_encoder(tiny_base("bert")), head(), 0.0, wanted).eval()
    labels = torch.tensor([0, 1, 2])
    out = model(**batch, labels=labels)
    expected = torch.nn.functional.cross_entropy(out["logits"], labels, weight=wanted)
    assert out["loss"].item() == pytest.approx(expected.item(), abs=1e-6)
    assert "loss" not in model(**batch)
    assert not [name for name in model.state_dict() if "class_weights" in name]


def test_dropout_hides_features_while_training_only(
    tiny_base: Callable[[str], Path], batch: dict[str, torch.Tensor]
) -> None:
    model = TextClassifier(load_encoder(tiny_base("bert")), head(), 0.5, None)
    model.eval()
    assert torch.equal(model(**batch)["logits"], model(**batch)["logits"])
    model.train()
    model.encoder.eval()
    assert not torch.equal(model(**batch)["logits"], model(**batch)["logits"])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_weight_lies_in_a_block_and_every_block_has_weights(
    tiny_base: Callable[[str], Path], family: str
) -> None:
    model = TextClassifier(load_encoder(tiny_base(family)), head(), 0.0, None)
    blocks = model.encoder.config.num_hidden_layers
    places = {name: block_of(name, blocks) for name, _ in model.named_parameters()}
    assert set(places.values()) == set(range(blocks + 2))
    assert places["classifier.weight"] == places["classifier.bias"] == blocks + 1
    for name, place in places.items():
        if "word_embeddings" in name:
            assert place == 0
    assert [block_of(f"encoder.encoder.layer.{i}.output.dense.weight", 6) for i in range(6)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_weight_is_in_one_group_and_lower_blocks_learn_more_slowly(
    tiny_base: Callable[[str], Path], family: str
) -> None:
    model = TextClassifier(load_encoder(tiny_base(family)), head(), 0.0, None)
    blocks = model.encoder.config.num_hidden_layers
    groups = learning_rate_groups(model, blocks, 1e-3, 0.5, 7e-2, 0.1)
    grouped = [id(p) for group in groups for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in model.parameters())
    rates = {group["name"]: group["lr"] for group in groups}
    assert rates["head"] == 7e-2
    assert rates[f"block {blocks}"] == pytest.approx(1e-3)
    assert rates["embeddings"] == pytest.approx(1e-3 * 0.5**blocks)
    order = [rates["embeddings"], *(rates[f"block {i + 1}"] for i in range(blocks))]
    assert order == sorted(order)
    for group in groups:
        assert group["weight_decay"] == (0.1 if group["params"][0].ndim > 1 else 0.0)


def test_what_is_frozen_is_in_no_group(tiny_base: Callable[[str], Path]) -> None:
    model = TextClassifier(load_encoder(tiny_base("bert")), head(), 0.0, None)
    for parameter in model.encoder.parameters():
        parameter.requires_grad = False
    groups = learning_rate_groups(model, 3, 1e-3, 0.5, 7e-2, 0.1)
    assert {group["name"] for group in groups} == {"head"}
