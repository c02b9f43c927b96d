"""Texts to token ids once, and batches of like length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlcore.models.load import load_tokenizer

TOKENIZE_AT_ONCE = 4096


def tokenize(folder: Path, texts: Sequence[str], max_length: int) -> list[list[int]]:
    """Token ids of each text, special tokens included, cut at max_length."""
    tokenizer = load_tokenizer(folder, max_length)
    ids: list[list[int]] = []
    for start in range(0, len(texts), TOKENIZE_AT_ONCE):
        ids.extend(e.ids for e in tokenizer.encode_batch_fast(list(texts[start : start + TOKENIZE_AT_ONCE])))
    return ids


def pad(ids: Sequence[Sequence[int]], pad_id: int) -> dict[str, torch.Tensor]:
    """input_ids and attention_mask, int64 [rows, longest]."""
    lengths = np.array([len(one) for one in ids])
    mask = np.arange(lengths.max()) < lengths[:, None]
    tokens = np.full(mask.shape, pad_id, dtype=np.int64)
    tokens[mask] = np.concatenate([np.asarray(one, dtype=np.int64) for one in ids])
    return {"input_ids": torch.from_numpy(tokens), "attention_mask": torch.from_numpy(mask.astype(np.int64))}


def pad_id_of(encoder: Any) -> int:
    """The id that fills up short rows."""
    return int(getattr(encoder.config, "pad_token_id", 0) or 0)


def by_length(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Row indices in batches of neighbours in length, each at most `budget` padded tokens (or one row)."""
    batch: list[int] = []
    for i in np.argsort(np.asarray(lengths), kind="stable"):
        if batch and (len(batch) + 1) * lengths[i] > budget:
            yield batch
            batch = []
        batch.append(int(i))
    if batch:
        yield batch


def shuffled_by_length(lengths: Sequence[int], batch_size: int, seed: int, pool: int = 50) -> list[list[int]]:
    """Batches for training: shuffled, then sorted by length within pools of batches, then the batches shuffled.

    Padding nearly vanishes and each epoch still sees a new order.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(lengths))
    size = batch_size * pool
    sizes = np.asarray(lengths)
    batches: list[list[int]] = []
    for start in range(0, len(order), size):
        part = order[start : start + size]
        part = part[np.argsort(sizes[part], kind="stable")]
        batches.extend(part[i : i + batch_size].tolist() for i in range(0, len(part), batch_size))
    return [batches[i] for i in rng.permutation(len(batches))]
