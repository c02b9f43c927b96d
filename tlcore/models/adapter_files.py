"""What a way of training added to a base model, kept apart from it: some hundred kB instead of all the weights."""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from tlcore.files import sha256, write_json
from tlcore.predict.adapter import ABOUT_ADAPTER, ADDED, CONFIG, WEIGHTS, join

CLOSE = 2e-3
"""How far a weight put together from halves may be from the trained one."""


@dataclass(frozen=True)
class Added:
    """tensors by name, and what they are: peft's own config for its kinds, or {"peft_type": "PLAIN"} for tensors that take the
    place of the base's (or come to them); none at all where only the classifier was taught."""

    tensors: Mapping[str, np.ndarray] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=lambda: {"peft_type": "PLAIN"})


def added_by_peft(encoder: Any) -> Added:
    """What peft added to an encoder, before it is merged in."""
    from peft import get_peft_model_state_dict

    state = get_peft_model_state_dict(encoder)
    config = {name: _plain(value) for name, value in encoder.peft_config["default"].to_dict().items()}
    return Added({name: value.detach().cpu().numpy() for name, value in state.items()}, config)


def added_by_name(encoder: Any, ending: str) -> Added:
    """The encoder's parameters whose names end so."""
    found = {n: p.detach().cpu().numpy() for n, p in encoder.named_parameters() if n.endswith(ending)}
    return Added(found)


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset | tuple | list):
        return sorted(value) if all(isinstance(one, str) for one in value) else list(value)
    return value if isinstance(value, str | int | float | bool | dict) or value is None else str(value)


def save_adapter(added: Added, base: tuple[str, Path], model: Path, folder: Path) -> bool:
    """Write the adapter's folder; whether it could be: put together with the base it must give the model's weights again.

    base: its name and folder. model: the folder with the trained model's weights. Numbers are kept in 16 bits.
    """
    name, source = base[0], base[1] / WEIGHTS
    if not source.exists():
        return False  # a base in several files
    folder.mkdir(parents=True, exist_ok=True)
    save_file({n: np.ascontiguousarray(v, dtype=np.float16) for n, v in added.tensors.items()}, str(folder / ADDED))
    write_json(folder / CONFIG, dict(added.config))
    write_json(
        folder / ABOUT_ADAPTER,
        {"base": name, "base_sha256": sha256(source), "weights_head": _head(model / WEIGHTS)},
    )
    if not _fits(source, model, folder):
        shutil.rmtree(folder)
        return False
    return True


def _head(weights: Path) -> str:
    with weights.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        return file.read(size).decode("utf-8")


def _fits(source: Path, model: Path, folder: Path) -> bool:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        try:
            join(source, folder, Path(scratch) / WEIGHTS)
        except (ValueError, KeyError):
            return False
        made, trained = load_file(str(Path(scratch) / WEIGHTS)), load_file(str(model / WEIGHTS))
    return set(made) == set(trained) and all(np.allclose(made[n], v, atol=CLOSE) for n, v in trained.items())
