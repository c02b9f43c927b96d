"""The encoder as an ONNX graph that reads its weights from model.safetensors: one copy of the weights, two ways to open it.

An ONNX tensor may lie in another file at an offset; a safetensors file is a header and then raw tensors. So the graph
(a few hundred kB) points into it. Ours, because no library does this; checked against torch each time it is written.
"""

from __future__ import annotations

import json
import logging
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from tlcore.errors import TlcoreError
from tlcore.models.pooling import pool_layers

WEIGHTS, GRAPH = "model.safetensors", "model.onnx"
TOLERANCE = 1e-3
PREFIX = "encoder."


class Pooled(torch.nn.Module):
    """Token ids and mask -> pooled hidden states; the mask is made here, so that tracing cannot fold it away."""

    def __init__(self, encoder: Any, layers: Sequence[int]) -> None:
        super().__init__()
        self.encoder, self.layers = encoder, tuple(layers)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        # [batch, tokens] -> [batch, 1, tokens, tokens]: added to the attention scores as it is
        hidden = (1.0 - attention_mask[:, None, None, :].to(torch.float32)) * -1e9
        mask = hidden.expand(-1, 1, input_ids.shape[1], -1)
        states = self.encoder(input_ids=input_ids, attention_mask=mask, output_hidden_states=True).hidden_states
        return pool_layers(states, self.layers, attention_mask)


def export_onnx(encoder: Any, layers: Sequence[int], folder: Path) -> None:
    """Write model.onnx beside the model.safetensors in `folder`. Raises TlcoreError if the two do not agree."""
    encoder = encoder.eval().to("cpu")
    encoder.set_attn_implementation("eager")
    pooled = Pooled(encoder, layers).eval()
    ids = torch.tensor([[5, 6, 7, 8, 9], [5, 6, 7, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    spare = folder / "graph.tmp.onnx"
    free = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens")}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it advises to install what is not needed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            pooled, (ids, mask), str(spare), dynamo=True, optimize=False, verbose=False, external_data=False,
            input_names=["input_ids", "attention_mask"], output_names=["features"],
            dynamic_shapes={"input_ids": free, "attention_mask": free},
        )  # fmt: skip
    graph = onnx.load(str(spare))
    spare.unlink()
    _point_into(graph, folder / WEIGHTS)
    _forget_origin(graph)
    onnx.save(graph, str(folder / GRAPH))
    _check(pooled, folder)


def _point_into(graph: onnx.ModelProto, weights: Path) -> None:
    """Replace each weight's bytes in the graph by its place in the safetensors file."""
    with weights.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    for tensor in graph.graph.initializer:
        entry = header.get(tensor.name.removeprefix(PREFIX))
        if entry is None or entry["dtype"] != "F32" or list(tensor.dims) != entry["shape"]:
            continue
        begin, end = entry["data_offsets"]
        tensor.ClearField("raw_data")
        del tensor.external_data[:]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", weights.name), ("offset", 8 + size + begin), ("length", end - begin)):
            tensor.external_data.add(key=key, value=str(value))


def _forget_origin(message: Any) -> None:
    """Clear the notes that torch leaves on every part of the graph: they name folders of this machine."""
    for field, value in message.ListFields():
        if field.name in ("metadata_props", "doc_string"):
            message.ClearField(field.name)
        elif field.message_type is not None:
            for part in [value] if hasattr(value, "ListFields") else value:
                _forget_origin(part)


def _check(pooled: Pooled, folder: Path) -> None:
    """The graph must give what torch gives, on shapes it was not traced with."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(folder / GRAPH), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    ids = rng.integers(1, min(1000, pooled.encoder.config.vocab_size), size=(3, 11))
    mask = np.ones_like(ids)
    mask[1, 6:] = 0
    with torch.inference_mode():
        expected = pooled(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    given = {"input_ids": ids, "attention_mask": mask}
    found = session.run(None, {item.name: given[item.name] for item in session.get_inputs()})[0]
    if not np.allclose(found, expected, atol=TOLERANCE):
        raise TlcoreError(
            f"The exported model does not give what the trained one gives (difference {np.abs(found - expected).max():.2g}).",
            str(folder),
            "This base model cannot be taken away as a zip yet. Choose another base in Plan.",
        )
