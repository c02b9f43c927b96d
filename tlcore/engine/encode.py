"""Pooled hidden states of a frozen encoder: each text is read once, all layers are kept."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Lock
from typing import Any

import numpy as np
import torch

from tlcore.engine.precision import autocast, device
from tlcore.engine.tokens import pad, pad_id_of
from tlcore.models.pooling import mean_pool

TOKENS_PER_BATCH = 4096
SECONDS_BETWEEN_EVENTS = 0.5


def pooled_states(
    encoder: Any, ids: Sequence[Sequence[int]], emit: Callable[..., None], check_stop: Callable[[], None]
) -> np.ndarray:
    """float16 [texts, blocks + 1, width]: hidden states 0 (embeddings) to the last, averaged over tokens.

    float16 halves the memory; the features are standardised afterwards and lose nothing that matters. What a text gets does
    not depend on the texts beside it, bit for bit: no batch is padded (padding changes the last bits, company does not), so
    that a stored state is the one that would be computed.
    """
    encoder = encoder.eval().to(device())
    shape = (len(ids), int(encoder.config.num_hidden_layers) + 1, encoder.config.hidden_size)
    found = np.zeros(shape, dtype=np.float16)
    reader = _Reader(encoder, ids, found)
    begun = time.monotonic()
    with _one_thread_each() as readers, ThreadPoolExecutor(readers) as pool:
        working = {pool.submit(reader.read) for _ in range(readers)}
        try:
            while working:
                check_stop()
                ended, working = wait(working, SECONDS_BETWEEN_EVENTS, FIRST_COMPLETED)
                for one in ended:
                    one.result()
                rate = round(reader.done / max(time.monotonic() - begun, 1e-6), 1)
                emit("progress", done=reader.done, total=len(ids), unit="texts", texts_per_second=rate)
        finally:
            reader.end()
    return found


class _Reader:
    """Batches that several threads take one by one; each writes the rows of its own."""

    def __init__(self, encoder: Any, ids: Sequence[Sequence[int]], found: np.ndarray) -> None:
        self.encoder, self.ids, self.found, self.done = encoder, ids, found, 0
        self._batches, self._lock = _of_one_length(ids, TOKENS_PER_BATCH), Lock()

    def read(self) -> None:
        """Until no batch is left."""
        place, pad_id = device(), pad_id_of(self.encoder)
        with torch.inference_mode(), autocast():  # around all batches: the weights are turned into bf16 once
            while batch := self._next():
                inputs = {name: t.to(place) for name, t in pad([self.ids[i] for i in batch], pad_id).items()}
                states = self.encoder(**inputs, output_hidden_states=True).hidden_states
                pooled = torch.stack([mean_pool(state, inputs["attention_mask"]) for state in states], dim=1)
                self.found[batch] = pooled.to("cpu", torch.float16).numpy()
                with self._lock:
                    self.done += len(batch)

    def end(self) -> None:
        """No batch is begun any more."""
        with self._lock:
            self._batches = iter(())

    def _next(self) -> list[int] | None:
        with self._lock:
            return next(self._batches, None)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[int]:
    """How many threads shall read at once, each of which computes alone: two batches side by side keep two cores busy, one
    batch cut in two does not (a fifth to a third quicker on two cores). On a GPU one."""
    many = torch.get_num_threads()
    if device().type != "cpu" or many < 2:
        yield 1
        return
    torch.set_num_threads(1)
    try:
        yield many
    finally:
        torch.set_num_threads(many)


def _of_one_length(ids: Sequence[Sequence[int]], budget: int) -> Iterator[list[int]]:
    """Row indices in batches of texts with equally many tokens, the shortest first, each at most `budget` tokens (or one row)."""
    of_length: dict[int, list[int]] = defaultdict(list)
    for i, one in enumerate(ids):
        of_length[len(one)].append(i)
    for length in sorted(of_length):
        rows, most = of_length[length], max(1, budget // max(1, length))
        yield from (rows[start : start + most] for start in range(0, len(rows), most))
