"""Where a training was, on disk: so that a paused or killed one goes on to the same result. Safetensors and JSON, never pickle."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from tlcore.files import read_json, write_json

FOLDER, STATE, TENSORS = "checkpoint", "state.json", "tensors.safetensors"
TRAINER_STATE = "trainer_state.json"
"""The name that transformers.Trainer looks for."""


@dataclass
class Checkpoint:
    """state: counters and settings, JSON. tensors: by name, `model.*`, `best.*`, `optimizer.*`, `random.*`."""

    state: dict[str, Any]
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)

    def part(self, prefix: str) -> dict[str, torch.Tensor]:
        """The tensors under a prefix, without it."""
        return {name.removeprefix(f"{prefix}."): t for name, t in self.tensors.items() if name.startswith(f"{prefix}.")}

    def put(self, prefix: str, tensors: dict[str, torch.Tensor]) -> None:
        for name, tensor in tensors.items():
            self.tensors[f"{prefix}.{name}"] = tensor.detach().to("cpu").contiguous()


def save_checkpoint(work: Path, checkpoint: Checkpoint, trainer_state: Any) -> None:
    """Write `work/checkpoint`; one that was there stays until the new one is whole."""
    new, now, old = (work / f"{FOLDER}{ending}" for ending in (".new", "", ".old"))
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    save_file(_each_its_own(checkpoint.tensors), str(new / TENSORS))
    trainer_state.save_to_json(str(new / TRAINER_STATE))
    write_json(new / STATE, checkpoint.state)
    if now.exists():  # else a crash has left only the old one, and it stays until the new one is there
        shutil.rmtree(old, ignore_errors=True)
        now.rename(old)
    new.rename(now)
    shutil.rmtree(old, ignore_errors=True)


def _each_its_own(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Two names of one storage (a best round that is also the last) are refused by safetensors: the second gets a copy."""
    seen: set[int] = set()
    found = {}
    for name, tensor in tensors.items():
        place = tensor.untyped_storage().data_ptr()
        found[name] = tensor.clone() if place in seen else tensor
        seen.add(place)
    return found


def checkpoint_folder(work: Path) -> Path | None:
    """The last whole checkpoint, or None; a crash between two renamings leaves the one before under its other name."""
    return next((f for f in (work / FOLDER, work / f"{FOLDER}.old") if (f / STATE).exists()), None)


def load_checkpoint(work: Path) -> Checkpoint | None:
    """The last checkpoint; None if there is none, or it cannot be read: then training begins anew."""
    folder = checkpoint_folder(work)
    if folder is None:
        return None
    try:
        state, trainer_state = read_json(folder / STATE), read_json(folder / TRAINER_STATE)
        return Checkpoint(state, load_file(str(folder / TENSORS))) if state and trainer_state else None
    except (OSError, SafetensorError):
        return None


def random_state() -> dict[str, torch.Tensor]:
    """The state of torch's random numbers, on the processor and on each GPU."""
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), **{f"gpu{i}": state for i, state in enumerate(gpus)}}


def set_random_state(state: dict[str, torch.Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    gpus = [state[name] for name in sorted(state) if name.startswith("gpu")]
    if torch.cuda.is_available() and len(gpus) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(gpus)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """Adam's moments and steps by `index.name`."""
    state = optimizer.state_dict()["state"]
    return {f"{i}.{name}": value for i, of_one in state.items() for name, value in of_one.items()}


def optimizer_groups(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """Rates and settings of each group, JSON-able."""
    return [dict(group) for group in optimizer.state_dict()["param_groups"]]


def set_optimizer(optimizer: Any, groups: list[dict[str, Any]], tensors: dict[str, torch.Tensor]) -> None:
    """The opposite of the two above."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": groups})
