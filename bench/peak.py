"""How much of what this machine can multiply in bf16 a piece of work used, and how much less it can in fp32."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SHAPES = ((2048, 384, 1536), (2048, 1024, 1024), (4096, 2048, 2048))
TRIES, SECONDS = 5, 0.3


def bf16_peak() -> float:
    """Multiplications and additions a second, the best of some products of real shapes, a thread a core and all for one."""
    return _peak("bfloat16")


def fp32_peak() -> float:
    """The same in fp32: what a peer can reach at best, so that no more than their quotient is to be had by bf16 alone."""
    return _peak("float32")


def _peak(numbers: str) -> float:
    import torch

    cores = torch.get_num_threads()
    found = [_rate(shape, threads, cores, numbers) for shape in SHAPES for threads in {1, cores}]
    torch.set_num_threads(cores)
    return max(found)


def _rate(shape: tuple[int, int, int], threads: int, cores: int, numbers: str) -> float:
    import torch

    rows, inner, outer = shape
    torch.set_num_threads(cores // threads)
    kind = getattr(torch, numbers)
    a, b = torch.ones(rows, inner, dtype=kind), torch.ones(inner, outer, dtype=kind)
    often = max(1, round(SECONDS * 2e11 / (2 * rows * inner * outer)))

    def multiply(_: int) -> None:
        for _ in range(often):
            a @ b

    rates = []
    with torch.inference_mode(), ThreadPoolExecutor(threads) as pool:
        for _ in range(TRIES):
            begun = time.perf_counter()
            list(pool.map(multiply, range(threads)))
            rates.append(threads * often * 2 * rows * inner * outer / (time.perf_counter() - begun))
    return max(rates)


def share_of_peak(encoder: Any, tokens: int, seconds: float, passes: int = 1) -> dict[str, float]:
    """Of real tokens (padding is no work) through all linear layers of the blocks; a step of training is three passes."""
    import torch

    from tlcore.engine.groups import blocks_of

    blocks = blocks_of(encoder)[1]
    weights = sum(m.weight.numel() for block in blocks for m in block.modules() if isinstance(m, torch.nn.Linear))
    peak = bf16_peak()
    rate = 2 * weights * tokens * passes / seconds
    return {
        "share_of_peak": round(rate / peak, 3), "gflops": round(rate / 1e9), "peak_gflops": round(peak / 1e9),
        "fp32_peak_gflops": round(fp32_peak() / 1e9),
    }  # fmt: skip
