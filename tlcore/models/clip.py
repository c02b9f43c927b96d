"""CLIP and SigLIP: two towers that were taught to say the same of a picture and of its caption, from a folder or the Hub.

Radford et al. 2021 (arXiv 2103.00020), Zhai et al. 2023 (arXiv 2303.15343).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlcore.engine.embeddings import fingerprint
from tlcore.engine.picture_features import Eye
from tlcore.engine.tokens import tokenize
from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.models.load import open_base, refuse_missing

MEAN, SCALE = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""CLIP's own, of channels of 0..1; where preprocessor_config.json does not say."""
AT_ONCE = 32
BLOCK = "layers."


class TextTower(torch.nn.Module):
    """Token ids, int64 [texts, tokens] of one length -> unit vectors float32 [texts, width]."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.text_model = model.text_model
        self.projection = getattr(model, "text_projection", None) or torch.nn.Identity()

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        # No mask: CLIP looks back only, so what stands behind the end changes nothing; SigLIP was taught with its padding.
        found = self.projection(self.text_model(input_ids=input_ids).pooler_output)
        return torch.nn.functional.normalize(found, dim=-1)


class ImageTower(torch.nn.Module):
    """float32 [pictures, 3, size, size], normalised -> unit vectors float32 [pictures, width]."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.vision_model = model.vision_model
        self.projection = getattr(model, "visual_projection", None) or torch.nn.Identity()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        found = self.projection(self.vision_model(pixel_values=pixels).pooler_output)
        return torch.nn.functional.normalize(found, dim=-1)


@dataclass
class Towers:
    """Both towers, and how a text is made ready: cut and filled up to `tokens` with `pad`. sharpness: what cosines are multiplied by."""

    folder: Path
    text: TextTower
    eye: Eye
    tokens: int
    pad: int
    sharpness: float

    def ids(self, texts: Sequence[str]) -> np.ndarray:
        """int64 [texts, tokens]."""
        found = np.full((len(texts), self.tokens), self.pad, dtype=np.int64)
        for row, ids in enumerate(tokenize(self.folder, texts, self.tokens)):
            found[row, : len(ids)] = ids
        return found

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32 [texts, width]."""
        ids = torch.from_numpy(self.ids(texts))
        with torch.inference_mode():
            parts = [self.text(ids[i : i + AT_ONCE]) for i in range(0, len(ids), AT_ONCE)]
        return torch.cat(parts).numpy() if parts else np.zeros((0, self.eye.width), dtype=np.float32)

    def blocks(self) -> int:
        """Of the taller tower."""
        towers = (self.text.text_model.encoder.layers, self.eye.encoder.vision_model.encoder.layers)
        return max(map(len, towers))


def load_towers(folder: Path) -> Towers:
    """Raises TlcoreError if the folder holds neither CLIP nor SigLIP, or its weights cannot be opened."""
    import transformers

    kind = str((read_json(folder / "config.json", {}) or {}).get("model_type"))
    classes = {"clip": transformers.CLIPModel, "siglip": transformers.SiglipModel}
    if kind not in classes:
        raise TlcoreError(
            f"This base model ({kind}) has no two towers for texts and pictures.",
            str(folder),
            "Choose a CLIP or SigLIP model, such as openai/clip-vit-base-patch32, or another way to train.",
        )
    model, missing = open_base(classes[kind], folder)
    refuse_missing(missing, folder)
    model.set_attn_implementation("eager")
    text, vision = model.config.text_config, model.config.vision_config
    said = read_json(folder / "preprocessor_config.json", {}) or {}
    mean, scale = (
        tuple(255 * float(v) for v in said.get(name, usual))
        for name, usual in (("image_mean", MEAN), ("image_std", SCALE))
    )
    image, tower = ImageTower(model).eval(), TextTower(model).eval()
    width = int(model.config.projection_dim if kind == "clip" else text.hidden_size)
    eye = Eye(image, width, int(vision.image_size), mean, scale, fingerprint(folder))
    pad = int(getattr(text, "pad_token_id", 0) or 0)
    return Towers(folder, tower, eye, int(text.max_position_embeddings), pad, float(model.logit_scale.detach().exp()))
