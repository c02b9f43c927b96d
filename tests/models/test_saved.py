"""tlcore.models.saved: the folder that is kept is the model that was fitted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
import torch
from safetensors.numpy import load_file, save_file

from tests.conftest import FAMILIES
from tlcore.engine.tokens import pad, tokenize
from tlcore.files import read_json
from tlcore.models import saved as saved_module
from tlcore.models.load import load_encoder
from tlcore.models.onnx_export import WEIGHTS
from tlcore.models.pooling import pool_layers
from tlcore.models.saved import Fitted, Head, save_model
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


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "bert"])
def test_the_folder_answers_as_the_encoder_and_the_head_did_in_torch(saved: Callable[[str], Any], family: str) -> None:
    model = saved(family)
    inputs = pad(tokenize(model.folder, TEXTS, 16), model.encoder.config.pad_token_id)
    with torch.inference_mode():
        states = model.encoder(**inputs, output_hidden_states=True).hidden_states
    features = pool_layers(states, model.layers, inputs["attention_mask"]).numpy()
    expected = linear_probabilities(model.head.tensors(), features)
    assert np.allclose(Predictor.load(model.folder).probabilities(TEXTS), expected, atol=1e-3)


def test_the_folder_says_of_itself_what_the_predictor_must_know(saved: Callable[[str], Any]) -> None:
    about = {family: read_json(saved(family).folder / "nudge.json") for family in FAMILIES}
    assert about["roberta"]["labels"] == ["no", "yes", "unsure"]
    assert about["roberta"]["text_columns"] == ["text"]
    assert about["roberta"]["layers"] == [0, 1, 2, 3]
    assert about["roberta"]["max_length"] == 16
    assert about["roberta"]["format"] == 1
    other = {"roberta": 1, "xlm-roberta": 1, "mpnet": 1, "modernbert": 3, "xlnet": 5}
    assert {family: one["pad_token_id"] for family, one in about.items()} == {f: other.get(f, 0) for f in FAMILIES}


def test_weights_of_an_old_checkpoint_are_kept_under_the_names_that_the_graph_knows(
    tiny_base: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = Path(shutil.copytree(tiny_base("bert"), tmp_path / "base"))
    old = {n.replace("LayerNorm.weight", "LayerNorm.gamma"): w for n, w in load_file(base / WEIGHTS).items()}
    save_file(old, base / WEIGHTS, metadata={"format": "pt"})
    monkeypatch.setattr(saved_module, "export_onnx", lambda *_: None)
    encoder = load_encoder(base)
    save_model(Fitted(encoder, base, (3,), Head(np.ones((3, 32)), np.zeros(3)), 16, None, 3, 4), tmp_path / "kept", {})
    assert set(load_file(tmp_path / "kept" / WEIGHTS)) == {name for name, _ in encoder.named_parameters()}


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


def test_what_a_killed_export_left_behind_is_gone_when_the_model_is_saved_again(
    tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "model" / "tmp-half").mkdir(parents=True)
    (tmp_path / "model" / "tmp-half" / "graph.onnx").write_bytes(b"half")
    base = tiny_base("bert")
    fitted = Fitted(load_encoder(base), base, (3,), Head(np.zeros((2, 32)), np.zeros(2)), 16, None, 3, 4)
    save_model(fitted, tmp_path / "model", {"labels": ["no", "yes"], "text_columns": ["text"], "task": "classify"})
    assert all(path.is_file() for path in (tmp_path / "model").iterdir())
