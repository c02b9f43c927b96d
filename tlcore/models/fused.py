"""A model that reads texts and pictures, and the folder that `tlcore.predict.pictures` reads."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors

from tlcore import __version__
from tlcore.engine.picture_features import Eye
from tlcore.errors import TlcoreError
from tlcore.files import write_json
from tlcore.models import onnx_export
from tlcore.models.onnx_export import SPARE, TOLERANCE, forget_origin, point_into
from tlcore.models.saved import TOKENIZER_FILES, Fitted, Head
from tlcore.predict.pictures import GRAPH, HEAD
from tlcore.predict.predictor import ABOUT

WEIGHTS = "image.safetensors"


@dataclass
class Fused(Fitted):
    """As Fitted, which holds the half that reads the text; eye and image_head are the other. joint: a head on the features of the text
    and, behind them, of the picture."""

    eye: Eye | None = None
    image_head: Head | None = None
    joint: Head | None = None

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        """Raises TlcoreError if an exported graph does not agree with the trained model."""
        super().save(folder, about)
        self._save_eye(folder)

    def _save_eye(self, folder: Path) -> None:
        if self.eye is None or self.image_head is None or self.joint is None:
            raise TlcoreError("There is no half that reads pictures.", str(folder), "Report this.")
        width = self.head.weight.shape[1]
        joint = {
            "joint_text": self.joint.weight[:, :width], "joint_image": self.joint.weight[:, width:], "joint_bias": self.joint.bias,
        }  # fmt: skip
        tensors = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in joint.items()}
        save_file({**self.image_head.tensors(), **tensors}, str(folder / HEAD))
        size = self.eye.size
        pixels = np.random.default_rng(0).normal(0, 1, (3, 3, size, size)).astype(np.float32)
        export_tower(self.eye.encoder, {"pixels": torch.from_numpy(pixels)}, folder, (WEIGHTS, GRAPH))


@dataclass
class TwoTowers(Fused):
    """As Fused, of a base in which both halves are one model (tlcore.models.clip); `encoder` is its text tower."""

    tokens: int = 0
    pad: int = 0

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in TOKENIZER_FILES:
            if (self.tokenizer_folder / name).exists():
                shutil.copyfile(self.tokenizer_folder / name, folder / name)
        save_file(self.head.tensors(), str(folder / "head.safetensors"))
        ids = torch.full((3, self.tokens), self.pad, dtype=torch.int64)
        ids[:, :4] = torch.tensor([[5, 6, 7, 8], [9, 8, 7, 6], [5, 5, 6, 6]])
        export_tower(self.encoder, {"input_ids": ids}, folder, (onnx_export.WEIGHTS, onnx_export.GRAPH))
        self._save_eye(folder)
        more = {"layers": [0], "max_length": self.tokens, "pad_token_id": self.pad, "pad_to": self.tokens}
        write_json(folder / ABOUT, {"format": 1, "nudge": __version__, **about, **more})


class _Named(torch.nn.Module):
    """So that weights are called in the graph as in the file, behind onnx_export.PREFIX."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.encoder(given)
        return found


def export_tower(encoder: Any, sample: Mapping[str, torch.Tensor], folder: Path, names: tuple[str, str]) -> None:
    """Write the weights and the graph that reads them. sample: the input by its name, three of them. names: of both files.

    Raises TlcoreError if the graph does not give what torch gives.
    """
    encoder = encoder.eval().to("cpu")
    weights, graph_name = names
    save_tensors({name: v.contiguous().clone() for name, v in encoder.state_dict().items()}, str(folder / weights))
    ((name, given),) = sample.items()
    named = _Named(encoder).eval()
    with torch.inference_mode():
        expected = named(given).numpy()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it advises to install what is not needed
    with tempfile.TemporaryDirectory(dir=folder, prefix=SPARE) as spare:
        target = Path(spare) / graph_name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                named, (given[:2],), str(target), dynamo=True, optimize=False, verbose=False, external_data=True,
                input_names=[name], output_names=["features"], dynamic_shapes=({0: torch.export.Dim("batch")},),
            )  # fmt: skip
        graph = onnx.load(str(target), load_external_data=False)
        point_into(graph, folder / weights, Path(spare))
    forget_origin(graph)
    onnx.save(graph, str(folder / graph_name))
    _check(folder / graph_name, {name: given.numpy()}, expected)


def _check(graph: Path, sample: Mapping[str, np.ndarray], expected: np.ndarray) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    found = session.run(None, dict(sample))[0]
    if not np.allclose(found, expected, atol=TOLERANCE * max(1.0, float(np.abs(expected).max()))):
        far = float(np.abs(found - expected).max())
        what = f"The exported model does not give what the trained one gives (difference {far:.2g})."
        raise TlcoreError(
            what, str(graph), "This base model cannot be taken away as a zip yet. Choose another base in Plan."
        )
