"""tlcore.models.scoring_graph: a decoder without torch says what it says with it, from the same file of weights."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlcore.errors import TlcoreError
from tlcore.models import scoring_graph
from tlcore.models.scoring_graph import GRAPH, export_scoring


def tiny_llama(folder: Path, tied: bool) -> Any:
    import torch
    import transformers

    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = transformers.LlamaConfig(
            vocab_size=2_000, hidden_size=32, intermediate_size=64, num_hidden_layers=2 if tied else 1, num_attention_heads=4,
            num_key_value_heads=2, initializer_range=0.3, tie_word_embeddings=tied,
        )  # fmt: skip
        model = transformers.LlamaForCausalLM(config)
    model.save_pretrained(str(folder))
    return model


def ask(folder: Path, ids: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(folder / GRAPH), providers=["CPUExecutionProvider"])
    return session.run(None, {"input_ids": ids})[0]


@pytest.mark.parametrize("tied", [True, False])
def test_it_says_what_torch_says_and_holds_no_weights(tied: bool, tmp_path: Path) -> None:
    import torch

    model = tiny_llama(tmp_path / "base", tied)
    export_scoring(model, tmp_path / "base")
    moved = Path(shutil.move(tmp_path / "base", tmp_path / "elsewhere"))
    ids = np.random.default_rng(5).integers(0, 2_000, size=(3, 17))
    with torch.inference_mode():
        said = model(torch.from_numpy(ids)).logits.log_softmax(-1).numpy()
    wanted = np.take_along_axis(said[:, :-1], ids[:, 1:, None], 2)[..., 0]
    assert np.allclose(ask(moved, ids), wanted, atol=1e-3)
    assert ask(moved, ids[:1, :2]).shape == (1, 1)
    assert np.allclose(ask(moved, ids[:, :9]), wanted[:, :8], atol=1e-3)  # what stands behind is not looked at
    assert (moved / GRAPH).stat().st_size < 120_000 < (moved / "model.safetensors").stat().st_size
    assert str(tmp_path).encode() not in (moved / GRAPH).read_bytes()


def test_a_graph_that_says_something_else_is_refused(tmp_path: Path) -> None:
    import onnx

    node = onnx.helper.make_node("Cast", ["input_ids"], ["said"], to=onnx.TensorProto.FLOAT)
    shapes = [onnx.helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, ["texts", "tokens"]),
              onnx.helper.make_tensor_value_info("said", onnx.TensorProto.FLOAT, ["texts", "tokens"])]  # fmt: skip
    graph = onnx.helper.make_graph([node], "wrong", shapes[:1], shapes[1:])
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10), str(tmp_path / GRAPH))  # fmt: skip
    ids = np.array([[1, 2]])
    scoring_graph._check(tmp_path, [(ids, ids.astype(np.float32))])
    with pytest.raises(TlcoreError, match="does not give what torch gives"):
        scoring_graph._check(tmp_path, [(ids, ids + 0.1)])
    (tmp_path / GRAPH).write_bytes(b"no graph")
    with pytest.raises(TlcoreError, match="cannot be run"):
        scoring_graph._check(tmp_path, [])
