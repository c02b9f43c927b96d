"""bf16 where it is native and was measured to be quicker here, fp32 elsewhere."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from tlcore.files import read_json, write_json
from tlcore.machine import Machine, read_machine
from tlcore.workspace import Workspace

CLEARLY = 1.15
"""How many times as quick bf16 must be: below that, fp32 is more exact for the same time."""
MOST_ERROR = 0.02
"""Mean error of a bf16 product, in deviations of what it should be: bf16 keeps eight bits, about 0.3 %."""
KERNELS_KEPT = "64"
"""Batches have hundreds of shapes, and oneDNN makes kernels for each: its own limit (1,024) held 400 MB after 10,000 rows, and
saved no time that shows."""
TRIES, TOKENS, WIDTH, INNER = 5, 512, 384, 1536
"""The product that is timed: one of a small encoder's."""


@dataclass(frozen=True)
class Measured:
    """How many times as quick bf16 is as fp32 on this machine, and the error of its product (see MOST_ERROR)."""

    speedup: float
    error: float

    @property
    def worth_it(self) -> bool:
        return self.speedup >= CLEARLY and self.error <= MOST_ERROR


@functools.cache
def this_machine() -> Machine:
    """Looked at once a process: asked at every batch."""
    return read_machine()


def set_threads() -> None:
    """One thread a core, set once, before the first operation; and how many made-up kernels oneDNN keeps in memory."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", KERNELS_KEPT)
    torch.set_num_threads(this_machine().cores)


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def use_bf16() -> bool:
    """Whether bf16 is native here (emulated, it is slower than fp32) and pays."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return this_machine().bf16 and measured().worth_it


def autocast(keep_weights: bool = True) -> contextlib.AbstractContextManager[None]:
    """bf16 where it pays. keep_weights: a weight that was turned into bf16 stays so until the outermost of them ends."""
    if not use_bf16():
        return contextlib.nullcontext()
    return torch.autocast(device().type, dtype=torch.bfloat16, cache_enabled=keep_weights)


def say_precision(emit: Callable[..., Any]) -> None:
    """A note on how exactly this machine computes, and why."""
    if torch.cuda.is_available() or not this_machine().bf16:
        return
    times = f"{measured().speedup:.1f} times as quick"
    text = (
        f"Numbers are kept in 16 bits (bf16) where that is enough: measured, it is {times} on this machine."
        if use_bf16()
        else f"Numbers are kept in full (fp32): in 16 bits (bf16) this machine is {times}, which does not pay."
    )
    emit("note", level="info", text=text)


@functools.cache
def measured() -> Measured:
    """Measured once a machine and version of torch, and kept: what is computed must not change with a busy moment."""
    key = f"{platform.node()}, {this_machine().cores} cores, torch {torch.__version__}"
    file = Workspace().precision_file
    kept = read_json(file)
    known = kept if isinstance(kept, dict) else {}
    with contextlib.suppress(KeyError, TypeError):
        return Measured(**known[key])
    found = _measure()
    with contextlib.suppress(OSError):
        write_json(file, {**known, key: asdict(found)})
    return found


def _measure() -> Measured:
    chance = torch.Generator().manual_seed(0)
    x, w = (torch.randn(shape, generator=chance) for shape in ((TOKENS, WIDTH), (WIDTH, INNER)))
    small = x.bfloat16(), w.bfloat16()
    seconds: dict[bool, list[float]] = {True: [], False: []}
    with torch.inference_mode():
        for _ in range(
            TRIES + 1
        ):  # by turns, the quickest of each: the first are slow, and others use this machine too
            for bf16, (a, b) in ((False, (x, w)), (True, small)):
                begun = time.perf_counter()
                for _ in range(3):
                    found = a @ b
                seconds[bf16].append(time.perf_counter() - begun)
        exact = x @ w
        error = float((found.float() - exact).abs().mean() / exact.std())
    return Measured(round(min(seconds[False]) / min(seconds[True]), 2), round(error, 5))
