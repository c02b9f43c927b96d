"""A model of two encoders and two heads, and the folder that `tlcore.predict.pictures` reads."""

from __future__ import annotations

import logging
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors

from tlcore.engine.picture_features import Eye
from tlcore.errors import TlcoreError
from tlcore.models.onnx_export import SPARE, TOLERANCE, forget_origin, point_into
from tlcore.models.saved import Fitted, Head
from tlcore.predict.pictures import GRAPH, HEAD

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
        if self.eye is None or self.image_head is None or self.joint is None:
            raise TlcoreError("There is no half that reads pictures.", str(folder), "Report this.")
        width = self.head.weight.shape[1]
        joint = {
            "joint_text": self.joint.weight[:, :width], "joint_image": self.joint.weight[:, width:], "joint_bias": self.joint.bias,
        }  # fmt: skip
        tensors = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in joint.items()}
        save_file({**self.image_head.tensors(), **tensors}, str(folder / HEAD))
        export_eye(self.eye, folder)


class _Named(torch.nn.Module):
    """So that weights are called in the graph as in the file, behind PREFIX."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.encoder(pixels)
        return found


def export_eye(eye: Eye, folder: Path) -> None:
    """Write image.safetensors and the image.onnx that reads it. Raises TlcoreError if the graph does not give what torch gives."""
    encoder = eye.encoder.eval().to("cpu")
    save_tensors({name: v.contiguous().clone() for name, v in encoder.state_dict().items()}, str(folder / WEIGHTS))
    named = _Named(encoder).eval()
    sample = torch.from_numpy(np.random.default_rng(0).normal(0, 1, (3, 3, eye.size, eye.size)).astype(np.float32))
    with torch.inference_mode():
        expected = named(sample).numpy()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it advises to install what is not needed
    with tempfile.TemporaryDirectory(dir=folder, prefix=SPARE) as spare:
        target = Path(spare) / GRAPH
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                named, (sample[:2],), str(target), dynamo=True, optimize=False, verbose=False, external_data=True,
                input_names=["pixels"], output_names=["features"],
                dynamic_shapes={"pixels": {0: torch.export.Dim("batch")}},
            )  # fmt: skip
        graph = onnx.load(str(target), load_external_data=False)
        point_into(graph, folder / WEIGHTS, Path(spare))
    forget_origin(graph)
    onnx.save(graph, str(folder / GRAPH))
    _check(folder, sample.numpy(), expected)


def _check(folder: Path, sample: np.ndarray, expected: np.ndarray) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])
    found = session.run(None, {"pixels": sample})[0]
    if not np.allclose(found, expected, atol=TOLERANCE * max(1.0, float(np.abs(expected).max()))):
        far = float(np.abs(found - expected).max())
        raise TlcoreError(
            f"The exported image encoder does not give what the trained one gives ({far:.2g}).",
            str(folder),
            "Report this.",
        )


__all__ = ["Fused", "export_eye"]
