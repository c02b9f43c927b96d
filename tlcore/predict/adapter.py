"""A base model's weights and what was added to them, put together: numpy and safetensors, no torch, no peft.

An adapter's folder: `adapter_model.safetensors` and `adapter_config.json` (as peft writes them, for LoRA, IA3 and LoKr),
`adapter.json` (which base, by its sha256; the head of the weights' file as the graph expects it).
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

ADDED, CONFIG, ABOUT_ADAPTER, WEIGHTS = (
    "adapter_model.safetensors", "adapter_config.json", "adapter.json", "model.safetensors",
)  # fmt: skip
PEFT_PREFIX = "base_model.model."


def join(base: Path, adapter: Path, target: Path, without: bool = False) -> None:
    """Write the weights that were trained, as one safetensors file: those of `base` (a file) and what the adapter adds.

    without: the base's own weights, in the same layout. Raises ValueError where the base is another one, or a part is missing.
    """
    about = json.loads((adapter / ABOUT_ADAPTER).read_text(encoding="utf-8"))
    if file_sha256(base) != about["base_sha256"]:
        raise ValueError(f"{base} is not the base model that this adapter was made for ({about['base']}).")
    config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
    changes = {} if without else dict(_changes(load_file(str(adapter / ADDED)), config))
    spare = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    head = about["weights_head"].encode("utf-8")
    with safe_open(str(base), "numpy") as weights, spare.open("wb") as out:
        out.write(struct.pack("<Q", len(head)) + head)
        names = set(weights.keys())
        for name, shape in _in_order(json.loads(head)):
            value = weights.get_tensor(name).astype(np.float32) if name in names else None
            for change in changes.get(name, ()):
                value = change(value)
            if value is None or list(value.shape) != shape:
                raise ValueError(f"The adapter and the base model do not fit each other at {name}.")
            out.write(np.ascontiguousarray(value, dtype=np.float32).tobytes())
    os.replace(spare, target)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _in_order(head: Mapping[str, Any]) -> Iterator[tuple[str, list[int]]]:
    """Names and shapes as they lie in the file."""
    entries = [(one["data_offsets"][0], name, one["shape"]) for name, one in head.items() if name != "__metadata__"]
    yield from ((name, shape) for _, name, shape in sorted(entries))


def _changes(added: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Name of a weight -> what is done to it, one after the other."""
    kind = config["peft_type"]
    parts: dict[str, dict[str, np.ndarray]] = {}
    for name, value in added.items():
        module, _, part = name.removeprefix(PEFT_PREFIX).removesuffix(".weight").rpartition(".")
        parts.setdefault(module, {})[part] = value.astype(np.float32)
    if kind == "PLAIN":  # biases that moved, learned words before the text: they take the place of what is there
        return {name: [lambda _, new=value: new] for name, value in added.items()}
    make = {"LORA": _lora, "LOKR": _lokr, "IA3": _ia3}[kind]
    found: dict[str, list[Any]] = {}
    for module, own in parts.items():
        for name, change in make(own, config).items():
            found.setdefault(f"{module}.{name}", []).append(change)
    return found


def _lora(own: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> dict[str, Any]:
    delta = (own["lora_B"] @ own["lora_A"]) * (config["lora_alpha"] / config["r"])
    return {"weight": lambda weight: weight + delta}


def _lokr(own: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> dict[str, Any]:
    first, second = (
        own[f"lokr_w{i}"] if f"lokr_w{i}" in own else own[f"lokr_w{i}_a"] @ own[f"lokr_w{i}_b"] for i in (1, 2)
    )
    delta = np.kron(first, second) * (config["alpha"] / config["r"])
    return {"weight": lambda weight: weight + delta.reshape(weight.shape)}


def _ia3(own: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> dict[str, Any]:
    scale = own["ia3_l"]  # [out, 1] for keys and values; [1, in] for what the wide middle of a block says
    if scale.shape[0] == 1:
        return {"weight": lambda weight: weight * scale}
    return {"weight": lambda weight: weight * scale, "bias": lambda bias: bias * scale[:, 0]}
