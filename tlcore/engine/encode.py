"""Pooled hidden states of a frozen encoder: each text is read once, all layers are kept."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from tlcore.engine.beside import side_by_side
from tlcore.engine.precision import autocast, device
from tlcore.engine.reader import Reader, reader_of

TOKENS_PER_BATCH = 4096


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
    done: list[int] = []
    begun = time.monotonic()

    reader = reader_of(encoder)

    def read(batches: Iterator[list[int]]) -> None:
        # Around all batches: the weights are turned into bf16 once.
        with torch.inference_mode(), contextlib.nullcontext() if reader else autocast():
            for batch in batches:
                tokens = torch.tensor([ids[i] for i in batch]).to(device())
                pooled = torch.stack([state.float().mean(1) for state in _states(encoder, reader, tokens)], dim=1)
                found[batch] = pooled.to("cpu", torch.float16).numpy()
                done.append(len(batch))

    def meanwhile() -> None:
        check_stop()
        rate = round(sum(done) / max(time.monotonic() - begun, 1e-6), 1)
        emit("progress", done=sum(done), total=len(ids), unit="texts", texts_per_second=rate)

    side_by_side(_of_one_length(ids, TOKENS_PER_BATCH), read, meanwhile)
    return found


def _states(encoder: Any, reader: Reader | None, tokens: torch.Tensor) -> Sequence[torch.Tensor]:
    if reader:
        return reader.states(tokens)
    mask = torch.ones_like(tokens)
    states: Sequence[torch.Tensor] = encoder(
        input_ids=tokens, attention_mask=mask, output_hidden_states=True
    ).hidden_states
    return states


def _of_one_length(ids: Sequence[Sequence[int]], budget: int) -> Iterator[list[int]]:
    """Row indices in batches of texts with equally many tokens, the shortest first, each at most `budget` tokens (or one row)."""
    of_length: dict[int, list[int]] = defaultdict(list)
    for i, one in enumerate(ids):
        of_length[len(one)].append(i)
    for length in sorted(of_length):
        rows, most = of_length[length], max(1, budget // max(1, length))
        yield from (rows[start : start + most] for start in range(0, len(rows), most))
