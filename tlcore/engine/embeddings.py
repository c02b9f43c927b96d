"""Pooled hidden states kept on disk by content: no text is read twice by the same base model, whoever asks."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock

from tlcore.engine import encode
from tlcore.engine.precision import device, use_bf16
from tlcore.files import sha256
from tlcore.workspace import Workspace

MOST_BYTES = 3 * 2**30
"""Of all base models together; MiniLM's states of 10,000 texts are 54 MB. Above it the shards unused for longest go first."""
TEXTS_A_SHARD = 2_048
"""A job that dies has lost at most so many texts."""
HALF_WRITTEN_SECONDS = 3_600
"""A file that belongs to no shard and is older than this was left by a process that died."""
FORMAT = 2
"""One more where the same text gets other states, were it in the last bit."""
STATES, KEYS, LOCK = ".states.npy", ".keys.npy", ".lock"


@dataclass(frozen=True)
class Store:
    """A folder of shards: NAME.states.npy (float16 [texts, blocks + 1, width]) and NAME.keys.npy (uint8 [texts, 16]).

    The keys are written last: a shard without them does not exist yet. Shards are never changed, so readers need no lock.
    """

    folder: Path

    def look_up(self, keys: Sequence[bytes], found: np.ndarray) -> np.ndarray:
        """Fill found[i] where keys[i] is known; whether it is, bool [texts]."""
        known = np.zeros(len(keys), dtype=bool)
        places: dict[bytes, list[int]] = {}
        for i, key in enumerate(keys):
            places.setdefault(key, []).append(i)
        for keys_file, of_shard, states in self._shards(found.shape[1:]):
            here = [(row, places.pop(key)) for row, key in enumerate(of_shard) if key in places]
            for row, rows in here:
                found[rows], known[rows] = states[row], True
            if here:
                _touch(keys_file)
            if not places:
                break
        return known

    def add(self, keys: Sequence[bytes], states: np.ndarray) -> None:
        """One more shard, then room made if there is too much. A full disk costs speed next time, nothing else."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
            table = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), -1)
            for end, array in ((STATES, states), (KEYS, table)):
                spare = self.folder / f"{name}{end}.tmp"
                with spare.open("wb") as file:
                    np.save(file, array, allow_pickle=False)
                os.replace(spare, self.folder / f"{name}{end}")
            make_room(self.folder.parent)

    def _shards(self, shape: tuple[int, ...]) -> Iterator[tuple[Path, list[bytes], np.ndarray]]:
        """Each whole shard, the newest first; what is broken, of another shape or just going away is passed over."""
        for keys_file in sorted(self.folder.glob(f"*{KEYS}"), reverse=True):
            try:
                keys = np.load(keys_file, allow_pickle=False)
                states = np.load(_states_file(keys_file), mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError, EOFError):
                continue
            if states.shape == (len(keys), *shape) and states.dtype == np.float16 and keys.dtype == np.uint8:
                yield keys_file, [row.tobytes() for row in keys], states


def stored_states(
    encoder: Any,
    base: Path,
    ids: Sequence[Sequence[int]],
    emit: Callable[..., None],
    check_stop: Callable[[], None],
) -> np.ndarray:
    """What `encode.pooled_states` gives for the base model in the folder `base`, bit for bit; only new texts are read.

    encoder: that base, unchanged. ids: token ids of each text, as cut. float16 [texts, blocks + 1, width].
    """
    shape = (int(encoder.config.num_hidden_layers) + 1, int(encoder.config.hidden_size))
    found = np.zeros((len(ids), *shape), dtype=np.float16)
    store, keys = Store(Workspace().feature_cache / fingerprint(base)), [_key(one) for one in ids]
    known = store.look_up(keys, found)
    if known.any():
        emit("note", level="info", text=_said(int(known.sum()), len(ids)))
    first: dict[bytes, int] = {}
    for i in np.flatnonzero(~known):
        first.setdefault(keys[i], int(i))
    new = sorted(first.values(), key=lambda i: len(ids[i]))
    done = len(ids) - len(new)
    for start in range(0, len(new), TEXTS_A_SHARD):
        part = new[start : start + TEXTS_A_SHARD]
        read = encode.pooled_states(encoder, [ids[i] for i in part], _shifted(emit, done + start, len(ids)), check_stop)
        store.add([keys[i] for i in part], read)
        found[part] = read
    if not new:
        emit("progress", done=len(ids), total=len(ids), unit="texts")
    for i in np.flatnonzero(~known):  # the same text twice was read once
        found[i] = found[first[keys[i]]]
    return found


def fingerprint(base: Path) -> str:
    """What the states depend on besides the text: weights and shape of the base, torch, where and how exactly it computes."""
    parts = [str(FORMAT), torch.__version__, device().type, "bf16" if use_bf16() else "fp32"]
    parts += [f"{f.name} {sha256(f)}" for f in sorted([*base.glob("*.safetensors"), base / "config.json"])]
    return blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()


def make_room(cache: Path, most_bytes: int | None = None) -> None:
    """Delete what dead processes left half-written and, while all shards are more than `most_bytes`, those unused for longest."""
    limit = MOST_BYTES if most_bytes is None else most_bytes
    with FileLock(cache / LOCK):
        shards, left_over = [], []
        for file in cache.glob("*/*.*"):
            with contextlib.suppress(OSError):
                about = file.stat()
                if file.name.endswith(KEYS):
                    shards.append((about.st_mtime, about.st_size + _states_file(file).stat().st_size, file))
                elif time.time() - about.st_mtime > HALF_WRITTEN_SECONDS and not _belongs(file):
                    left_over.append(file)
        total = sum(size for _, size, _ in shards)
        for _, size, file in sorted(shards):
            if total <= limit:
                break
            left_over += [file, _states_file(file)]  # the keys first: from then on the shard is gone
            total -= size
        for file in left_over:
            with contextlib.suppress(OSError):  # on Windows a file that somebody reads stays, until the next time
                file.unlink(missing_ok=True)


def _belongs(file: Path) -> bool:
    return file.name.endswith(STATES) and file.with_name(file.name.removesuffix(STATES) + KEYS).exists()


def _states_file(keys_file: Path) -> Path:
    return keys_file.with_name(keys_file.name.removesuffix(KEYS) + STATES)


def _touch(file: Path) -> None:
    with contextlib.suppress(OSError):
        os.utime(file)


def _key(ids: Sequence[int]) -> bytes:
    return blake2b(np.asarray(ids, dtype=np.int64).tobytes(), digest_size=16).digest()


def _said(known: int, total: int) -> str:
    if known == total:
        return "All texts were read before; what the model said about them is used again."
    return f"{known:,} of {total:,} texts were read before; only the others are read now."


def _shifted(emit: Callable[..., None], before: int, total: int) -> Callable[..., None]:
    """Progress of a part as progress of the whole."""

    def shifted(kind: str, **fields: Any) -> None:
        if kind == "progress":
            fields |= {"done": before + fields["done"], "total": total}
        emit(kind, **fields)

    return shifted
