"""bf16 where the processor computes in it, fp32 elsewhere."""

from __future__ import annotations

import contextlib
import os

import torch

from tlcore.machine import read_machine


def set_threads() -> None:
    """One thread a core, set once, before the first operation."""
    torch.set_num_threads(max(1, os.cpu_count() or 1))


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def use_bf16() -> bool:
    """Whether bf16 is native here; emulated, it is slower than fp32."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return read_machine().bf16


def autocast(keep_weights: bool = True) -> contextlib.AbstractContextManager[None]:
    """bf16 where it is native. keep_weights: a weight that was turned into bf16 stays so until the outermost of them ends."""
    if not use_bf16():
        return contextlib.nullcontext()
    return torch.autocast(device().type, dtype=torch.bfloat16, cache_enabled=keep_weights)
