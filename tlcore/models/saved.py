"""A fitted model and the folder it is kept in: the layout that `tlcore.predict` reads."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save_file

from tlcore import __version__
from tlcore.files import write_json
from tlcore.models.adapter_files import Added
from tlcore.models.onnx_export import SPARE, export_onnx
from tlcore.predict.predictor import ABOUT

if TYPE_CHECKING:
    from tlcore.strategies.asking import Teaching

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


@dataclass(frozen=True)
class Head:
    """A linear head: weight float32 [classes, features], bias [classes]; Platt's a and b [classes] for an SVM."""

    weight: np.ndarray
    bias: np.ndarray
    platt_a: np.ndarray | None = None
    platt_b: np.ndarray | None = None

    def tensors(self) -> dict[str, np.ndarray]:
        named = {"weight": self.weight, "bias": self.bias, "platt_a": self.platt_a, "platt_b": self.platt_b}
        return {name: np.ascontiguousarray(v, dtype=np.float32) for name, v in named.items() if v is not None}


@dataclass
class Fitted:
    """What a strategy leaves: the encoder (torch), which hidden states are pooled, the head, and what it can say of itself.

    validation_probabilities: float32 [rows, classes] of the validation rows, by a model that did not see them.
    sklearn_head: the fitted scikit-learn pipeline, if the head came from one; kept beside as skops.
    added: what can be kept apart from the base; None where too much of it moved.
    pretraining: what reading unlabelled texts first did (see `strategies.mlm_then_finetune`); unadapted: the same without it,
    to be scored on the same test rows.
    asked: the language model whose answers it learned from (see `strategies.asking`), to be asked about the test rows, too.
    """

    encoder: Any
    tokenizer_folder: Path
    layers: tuple[int, ...]
    head: Head
    max_length: int
    epochs: float | None
    trainable_parameters: int
    total_parameters: int
    chosen: dict[str, Any] = field(default_factory=dict)
    sklearn_head: Any = None
    validation_probabilities: np.ndarray | None = None
    added: Added | None = None
    pretraining: dict[str, Any] | None = None
    unadapted: Fitted | None = None
    asked: Teaching | None = None
    per_token: bool = False
    """Whether the head reads each token, or the mean of all."""
    answer: dict[str, Any] | None = None
    """How the predictor is to read what it gives, where the objective does not say."""
    validation_answers: list[str] | None = None
    """Of the validation rows, by a model that did not learn from them; where there are no probabilities."""

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        """Write the model's folder, as tlcore.predict reads it; about: what nudge.json says."""
        save_model(self, folder, about)


def save_model(fitted: Fitted, folder: Path, about: dict[str, Any]) -> None:
    """Write the model's folder. Raises TlcoreError if the exported graph does not agree with the trained model."""
    folder.mkdir(parents=True, exist_ok=True)
    for left_over in folder.glob(f"{SPARE}*"):  # of an export that was killed; the zip would try to take it along
        shutil.rmtree(left_over, ignore_errors=True)
    # Under the names that the encoder's weights have now, not those of an old checkpoint: the graph points at them.
    fitted.encoder.save_pretrained(str(folder), save_original_format=False)
    for name in TOKENIZER_FILES:
        if (fitted.tokenizer_folder / name).exists():
            shutil.copyfile(fitted.tokenizer_folder / name, folder / name)
    save_file(fitted.head.tensors(), str(folder / "head.safetensors"))
    if fitted.sklearn_head is not None:
        import skops.io

        skops.io.dump(fitted.sklearn_head, folder / "head.skops")
    export_onnx(fitted.encoder, fitted.layers, folder, fitted.per_token)
    write_json(
        folder / ABOUT,
        {
            "format": 1,
            "nudge": __version__,
            **about,
            "layers": list(fitted.layers),
            "max_length": fitted.max_length,
            "pad_token_id": int(getattr(fitted.encoder.config, "pad_token_id", 0) or 0),
        },
    )
