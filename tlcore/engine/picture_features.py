"""What an image encoder says of each picture, kept on disk by content: no picture is read twice by the same encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import torch

from tlcore.engine.embeddings import Store
from tlcore.predict.picture_files import Pictures, normalised, open_picture, pixels
from tlcore.workspace import Workspace

AT_ONCE, A_SHARD = 16, 1_024
FORMAT = 1
"""One more where the same picture gets other features."""


@dataclass(frozen=True)
class Eye:
    """An image encoder (torch: float32 [n, 3, size, size] -> features [n, width]), and how a picture is made ready for it.

    name: changes with its weights; what is kept on disk is kept under it.
    """

    encoder: Any
    width: int
    size: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    name: str

    @property
    def fingerprint(self) -> str:
        parts = (FORMAT, torch.__version__, self.name, self.size, self.mean, self.scale)
        return blake2b(repr(parts).encode(), digest_size=12).hexdigest()

    def look(self, images: Sequence[Any]) -> np.ndarray:
        """Pictures (None where there is none) -> float32 [rows, width], zeros for None; nothing is kept."""
        found = np.zeros((len(images), self.width), dtype=np.float32)
        there = [i for i, image in enumerate(images) if image is not None]
        for start in range(0, len(there), AT_ONCE):
            part = there[start : start + AT_ONCE]
            found[part] = self.see([pixels(images[i], self.size) for i in part])
        return found

    def see(self, batch: Sequence[np.ndarray]) -> np.ndarray:
        """uint8 pictures [size, size, 3] -> float32 [pictures, width]."""
        with torch.inference_mode():
            return np.asarray(self.encoder(torch.from_numpy(normalised(batch, self.mean, self.scale))).float().numpy())


def picture_features(
    eye: Eye, pictures: Pictures, names: Iterable[str], emit: Callable[..., None], check_stop: Callable[[], None]
) -> tuple[np.ndarray, np.ndarray]:
    """float32 [rows, width] and whether there is a picture that can be read, bool [rows]; zeros where there is none."""
    rows = list(names)
    store = Store(Workspace().feature_cache / eye.fingerprint)
    place: dict[str, int] = {}
    keys: list[bytes] = []
    for name in dict.fromkeys(rows):
        data, problem = pictures.read(name)
        if not problem:
            place[name] = len(keys)
            keys.append(blake2b(data, digest_size=16).digest())
    found = np.zeros((len(keys), 1, eye.width), dtype=np.float16)
    known, readable = store.look_up(keys, found), np.ones(len(keys), dtype=bool)
    todo = [name for name, i in place.items() if not known[i]]
    if known.any():
        emit("note", level="info", text=f"{int(known.sum()):,} of {len(keys):,} pictures were looked at before.")
    for start in range(0, len(todo), A_SHARD):
        shard = todo[start : start + A_SHARD]
        new: dict[int, np.ndarray] = {}
        for at in range(0, len(shard), AT_ONCE):
            check_stop()
            new |= _see(eye, pictures, {place[name]: name for name in shard[at : at + AT_ONCE]})
            done = len(keys) - len(todo) + start + min(at + AT_ONCE, len(shard))
            emit("progress", done=done, total=len(keys), unit="pictures")
        readable[[place[name] for name in shard if place[name] not in new]] = False
        for i, features in new.items():
            found[i, 0] = features
        if new:
            store.add([keys[i] for i in new], found[list(new)])
    there = np.array([name in place and readable[place[name]] for name in rows], dtype=bool)
    features = np.zeros((len(rows), eye.width), dtype=np.float32)
    features[there] = found[[place[name] for name, has in zip(rows, there, strict=True) if has], 0]
    return features, there


def _see(eye: Eye, pictures: Pictures, names: dict[int, str]) -> dict[int, np.ndarray]:
    """Features by place, of those that can be read."""
    ready = {}
    for i, name in names.items():
        data, problem = pictures.read(name)
        seen = None if problem else open_picture(data).image
        if seen is not None:
            ready[i] = pixels(seen, eye.size)
    return dict(zip(ready, eye.see(list(ready.values())), strict=True)) if ready else {}
