"""tlcore.models.saved: the folder that is kept is the model that was fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skops.io
import torch
from safetensors.numpy import load_file

from tlcore.engine.tokens import pad, tokenize
from tlcore.files import read_json
from tlcore.models.pooling import pool_layers
from tlcore.models.saved import Head
from tlcore.predict.predictor import Predictor, linear_probabilities

TEXTS = ["I want my money back.", "ok", "Where is the parcel that I ordered three weeks ago, please?"]


def test_a_head_keeps_only_what_it_has_as_plain_float32() -> None:
    weight = np.arange(6, dtype=np.float64).reshape(3, 2).T  # not contiguous
    tensors = Head(weight, np.zeros(2)).tensors()
    assert set(tensors) == {"weight", "bias"}
    assert all(v.dtype == np.float32 and v.flags.c_contiguous for v in tensors.values())
    assert np.array_equal(tensors["weight"], weight)
    assert set(Head(weight, np.zeros(2), np.ones(2), np.ones(2)).tensors()) == {
        "weight",
        "bias",
        "platt_a",
        "platt_b",
    }


@pytest.mark.parametrize("family", ["distilbert", "roberta", "electra"])
def test_the_folder_answers_as_the_encoder_and_the_head_did_in_torch(saved: Callable[[str], Any], family: str) -> None:
    model = saved(family)
    inputs = pad(tokenize(model.folder, TEXTS, 16), 0)
    with torch.inference_mode():
        states = model.encoder(**inputs, output_hidden_states=True).hidden_states
    features = pool_layers(states, model.layers, inputs["attention_mask"]).numpy()
    expected = linear_probabilities(model.head.tensors(), features)
    assert np.allclose(Predictor.load(model.folder).probabilities(TEXTS), expected, atol=1e-3)


def test_the_folder_says_of_itself_what_the_predictor_must_know(saved: Callable[[str], Any]) -> None:
    about = {family: read_json(saved(family).folder / "nudge.json") for family in ("roberta", "electra")}
    assert about["roberta"]["labels"] == ["no", "yes", "unsure"]
    assert about["roberta"]["text_columns"] == ["text"]
    assert about["roberta"]["layers"] == [0, 1, 2, 3]
    assert about["roberta"]["max_length"] == 16
    assert about["roberta"]["format"] == 1
    assert (about["roberta"]["pad_token_id"], about["electra"]["pad_token_id"]) == (1, 0)


def test_a_trained_folder_is_complete_and_holds_no_pickle(trained: Any) -> None:
    names = {path.name for path in (trained.folder / "model").iterdir()}
    needed = {"nudge.json", "config.json", "tokenizer.json", "model.safetensors", "model.onnx", "head.safetensors"}
    assert needed | {"head.skops"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pth", ".pkl", ".pickle", ".joblib", ".tmp"))]


def test_the_scikit_learn_head_beside_it_opens_without_trust_and_is_the_same_head(trained: Any) -> None:
    model = trained.folder / "model"
    assert skops.io.get_untrusted_types(file=model / "head.skops") == []
    pipeline = skops.io.load(model / "head.skops", trusted=[])
    head = load_file(model / "head.safetensors")
    features = np.random.default_rng(0).normal(size=(20, head["weight"].shape[1])).astype(np.float32)
    assert np.allclose(linear_probabilities(head, features), pipeline.predict_proba(features), atol=1e-3)


def test_a_model_without_a_scikit_learn_head_has_none_beside_it(tiny_trained: Any) -> None:
    assert not (tiny_trained.folder / "model" / "head.skops").exists()
