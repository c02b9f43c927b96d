"""The encoder as an ONNX graph that reads its weights from model.safetensors: one copy of the weights, two ways to open it.

An ONNX tensor may lie in another file at an offset; a safetensors file is a header and then raw tensors. So the graph
(a few hundred kB) points into it. Ours, because no library does this; checked against torch each time it is written.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import struct
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data

from tlcore.errors import TlcoreError
from tlcore.models.graphs import keep_graph, kept_graph
from tlcore.models.load import longest_input
from tlcore.models.pooling import pool_layers, token_layers

WEIGHTS, GRAPH = "model.safetensors", "model.onnx"
TOLERANCE = 1e-3
LONG = 512
"""Tokens of the longest text that the graph is tried on: enough to go beyond ModernBERT's windows and DeBERTa's buckets."""
PREFIX = "encoder."
SPARE = "tmp-"
"""What the folder of a half-made graph begins with: one that was killed leaves it behind."""


class Pooled(torch.nn.Module):
    """Token ids and mask -> pooled hidden states, or those of each token."""

    def __init__(self, encoder: Any, layers: Sequence[int], per_token: bool = False) -> None:
        super().__init__()
        self.encoder, self.layers, self.per_token = encoder, tuple(layers), per_token

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        # Each family makes of the mask what it needs (sliding windows, say). As floats, because XLNet takes it from 1.0,
        # and torch's exporter cannot subtract whole numbers from that.
        mask = attention_mask.to(torch.float32)
        states = self.encoder(input_ids=input_ids, attention_mask=mask, output_hidden_states=True).hidden_states
        return token_layers(states, self.layers) if self.per_token else pool_layers(states, self.layers, attention_mask)


@dataclass(frozen=True)
class Sample:
    """A batch, int64 [rows, tokens], and what torch makes of it, float32 [rows, features] ([rows, tokens, features] where each token is read)."""

    ids: np.ndarray
    mask: np.ndarray
    expected: np.ndarray


def export_onnx(encoder: Any, layers: Sequence[int], folder: Path, per_token: bool = False) -> None:
    """Write model.onnx beside the model.safetensors in `folder`. Raises TlcoreError if the two do not agree.

    One of the same shape that was traced before is used again; it is checked on these weights like a new one.
    """
    encoder = encoder.eval().to("cpu")
    samples = make_samples(encoder, layers, per_token)
    kept = kept_graph(encoder, layers, folder / WEIGHTS, per_token)
    with contextlib.suppress(OSError, TlcoreError):
        shutil.copyfile(kept, folder / GRAPH)
        check_graph(folder, samples)
        return
    _write_graph(encoder, layers, folder, per_token)
    check_graph(folder, samples)
    keep_graph(folder / GRAPH, kept)


def _write_graph(encoder: Any, layers: Sequence[int], folder: Path, per_token: bool) -> None:
    encoder.set_attn_implementation("eager")
    with tempfile.TemporaryDirectory(dir=folder, prefix=SPARE) as spare:
        try:
            _trace(Pooled(encoder, layers, per_token).eval(), Path(spare) / GRAPH)
        except Exception as error:  # torch raises no narrower class
            raise _refusal(folder, f"could not be written ({_first_line(error)})") from error
        graph = onnx.load(str(Path(spare) / GRAPH), load_external_data=False)
        point_into(graph, folder / WEIGHTS, Path(spare))
    forget_origin(graph)
    onnx.save(graph, str(folder / GRAPH))


def make_samples(encoder: Any, layers: Sequence[int], per_token: bool = False) -> list[Sample]:
    """What torch answers with the attention and the mask that the encoder was trained with, on shapes it is not traced with.

    The longest is there for what only shows in long texts: windows, buckets of distances, the last place of a table.
    """
    config, rng = encoder.config, np.random.default_rng(0)
    pad, longest = int(getattr(config, "pad_token_id", 0) or 0), min(LONG, longest_input(config))
    samples = []
    for rows, tokens, shortest in ((3, 11, 6), (1, 2, 2), (2, longest, longest // 2)):
        mask = np.ones((rows, tokens), dtype=np.int64)
        mask[1:2, shortest:] = 0
        drawn = rng.integers(1, min(1000, config.vocab_size), size=(rows, tokens))
        ids = np.where(mask == 1, np.where(drawn == pad, pad + 1, drawn), pad)
        given = torch.from_numpy(ids), torch.from_numpy(mask)
        with torch.inference_mode():
            states = encoder(input_ids=given[0], attention_mask=given[1], output_hidden_states=True).hidden_states
            found = token_layers(states, layers) if per_token else pool_layers(states, layers, given[1])
            samples.append(Sample(ids, mask, found.numpy()))
    return samples


def check_graph(folder: Path, samples: Sequence[Sample]) -> None:
    """Raises TlcoreError if the graph in `folder` does not give what torch gave."""
    try:
        answers = _run_graph(folder, samples)
    except Exception as error:  # onnxruntime raises no narrower class
        raise _refusal(folder, f"cannot be run ({_first_line(error)})") from error
    for sample, found in zip(samples, answers, strict=True):
        real = (
            sample.mask == 1 if sample.expected.ndim == 3 else slice(None)
        )  # what stands at padding is nobody's matter
        if not np.allclose(found[real], sample.expected[real], atol=TOLERANCE):
            difference = np.abs(found[real] - sample.expected[real]).max()
            raise _refusal(folder, f"does not give what the trained one gives (difference {difference:.2g})")


def _run_graph(folder: Path, samples: Sequence[Sample]) -> list[np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of what it does not fold, which is nobody's matter
    session = onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_inputs()]
    batches = [{"input_ids": sample.ids, "attention_mask": sample.mask} for sample in samples]
    return [session.run(None, {name: batch[name] for name in names})[0] for batch in batches]


def _refusal(folder: Path, why: str) -> TlcoreError:
    way_on = "This base model cannot be taken away as a zip yet. Choose another base in Plan."
    return TlcoreError(f"The exported model {why}.", str(folder), way_on)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"


def _trace(pooled: Pooled, target: Path) -> None:
    """Write the graph as torch gives it, its weights in a file of their own beside it: they may be larger than ONNX holds."""
    ids = torch.tensor([[5, 6, 7, 8, 9], [5, 6, 7, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    free = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens")}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it advises to install what is not needed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            pooled, (ids, mask), str(target), dynamo=True, optimize=False, verbose=False, external_data=True,
            input_names=["input_ids", "attention_mask"], output_names=["features"],
            dynamic_shapes={"input_ids": free, "attention_mask": free},
        )  # fmt: skip


def point_into(graph: onnx.ModelProto, weights: Path, spare: Path) -> None:
    """Give each weight of the graph its place in the safetensors file; what is not in there comes into the graph itself."""
    with weights.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    for tensor in graph.graph.initializer:
        entry = header.get(tensor.name.removeprefix(PREFIX))
        if entry is None or entry["dtype"] != "F32" or list(tensor.dims) != entry["shape"]:
            if uses_external_data(tensor):
                load_external_data_for_tensor(tensor, str(spare))
                tensor.data_location = onnx.TensorProto.DEFAULT
                del tensor.external_data[:]
            continue
        begin, end = entry["data_offsets"]
        tensor.ClearField("raw_data")
        del tensor.external_data[:]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", weights.name), ("offset", 8 + size + begin), ("length", end - begin)):
            tensor.external_data.add(key=key, value=str(value))


def forget_origin(message: Any) -> None:
    """Clear the notes that torch leaves on every part of the graph: they name folders of this machine."""
    for field, value in message.ListFields():
        if field.name in ("metadata_props", "doc_string"):
            message.ClearField(field.name)
        elif field.message_type is not None:
            for part in [value] if hasattr(value, "ListFields") else value:
                forget_origin(part)
