"""Graphs kept by shape: a graph says how an encoder computes, not with which weights, so one trace serves all of its kind."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import struct
from collections.abc import Sequence
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tlcore.workspace import Workspace

LARGEST = 4 * 2**20
"""Bytes of a graph that is kept; a larger one holds weights of its own."""
MADE_BY = ("torch", "transformers", "onnx", "onnxscript")
FORMAT = 1
"""Of what `onnx_export` traces: one more where that changes."""
PASSING = ("_name_or_path", "transformers_version", "architectures", "dtype")
"""Of a config: what says where the model came from, not what it computes."""


def kept_graph(encoder: Any, layers: Sequence[int], weights: Path, per_token: bool = False) -> Path:
    """Where the graph of such an encoder is kept, or would be: by its config, its layers and the places of its weights."""
    config = {name: value for name, value in encoder.config.to_dict().items() if name not in PASSING}
    with weights.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = file.read(size)
    parts = [
        FORMAT,
        type(encoder).__name__,
        json.dumps(config, sort_keys=True, default=str),
        list(layers),
        header.hex(),
    ]
    parts += ["each token"] * per_token
    parts += [version(name) for name in MADE_BY]
    name = blake2b("\n".join(map(str, parts)).encode(), digest_size=16).hexdigest()
    return Workspace().graph_cache / f"{name}.onnx"


def keep_graph(graph: Path, kept: Path) -> None:
    """Copy a graph that was checked to where it is kept. A full disk costs speed next time, nothing else."""
    if graph.stat().st_size > LARGEST:
        return
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        spare = kept.with_name(f"{kept.name}.{secrets.token_hex(4)}.tmp")
        shutil.copyfile(graph, spare)
        os.replace(spare, kept)
