"""Where the model starts: above its frozen blocks, fed with the hidden states these gave, which are computed once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tlcore.engine.beside import side_by_side
from tlcore.engine.groups import blocks_of
from tlcore.engine.precision import autocast, device
from tlcore.engine.tokens import by_length, pad, pad_id_of
from tlcore.models.pooling import mean_pool

TOKENS_PER_BATCH = 4096
MOST_STORED_BYTES = 1_000_000_000
CLOSE = 0.05
"""How far the cut model may be from the whole one, in deviations of its states: what bf16 and float16 round off, no more."""


class Cut:
    """An encoder whose first `at` blocks are passed over: `feed` says what the last of them would have given.

    The blocks stay where they are, with their names and weights; only what they compute is replaced, until `close`.
    """

    def __init__(self, encoder: torch.nn.Module, at: int) -> None:
        self.at = at
        self._own = threading.local()  # each thread feeds and sees its own
        self._blocks = list(blocks_of(encoder)[1])[:at]
        self._more: int | None = None

    def open(self) -> None:
        for block in self._blocks:
            vars(block)["forward"] = self._passed  # on the instance; the class keeps its own

    def close(self) -> None:
        for block in self._blocks:
            vars(block).pop("forward", None)

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """Within it, the encoder computes all its blocks."""
        self.close()
        try:
            yield
        finally:
            self.open()

    def feed(self, start: torch.Tensor) -> None:
        """start: [batch, tokens, width], the hidden states after block `at`."""
        self._own.start = start

    def _passed(self, *_: Any, **__: Any) -> Any:
        return self._own.start if self._more is None else (self._own.start, *[None] * self._more)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Within it `states` may be asked, by several threads at once."""
        hooks = [block.register_forward_hook(self._see) for block in self._blocks]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def states(self, encoder: Any, inputs: dict[str, torch.Tensor]) -> list[torch.Tensor]:
        """Hidden states 0 (embeddings) to `at`, [batch, tokens, width] each; the blocks above are not run."""
        self._own.found = []
        with contextlib.suppress(_Reached):
            encoder(**inputs)
        return self._own.found

    def _see(self, _: Any, given: Any, output: Any) -> None:
        found = self._own.found
        if not found:
            found.append(given[0])
        self._more = len(output) - 1 if isinstance(output, tuple) else None
        found.append(output[0] if isinstance(output, tuple) else output)
        if len(found) > self.at:
            raise _Reached


class _Reached(Exception):
    """The last block that was wanted has answered."""


@dataclass(frozen=True)
class Stored:
    """What the blocks below a cut gave for each row.

    states: float16 [tokens of all rows, width], row i from first[i] on. below: float16 [rows, layers read below * width].
    """

    states: torch.Tensor
    first: np.ndarray
    below: torch.Tensor | None

    def of(self, rows: Sequence[int], lengths: Sequence[int]) -> dict[str, torch.Tensor]:
        """`start` [rows, longest, width] and, if the head reads layers below the cut, `below`; float32."""
        start = torch.zeros((len(rows), max(lengths), self.states.shape[1]))
        for place, (row, length) in enumerate(zip(rows, lengths, strict=True)):
            begin = int(self.first[row])
            start[place, :length] = self.states[begin : begin + length]
        known = {} if self.below is None else {"below": self.below[list(rows)].float()}
        return {"start": start, **known}


def stored_bytes(ids: Sequence[Sequence[int]], width: int) -> int:
    return 2 * width * sum(map(len, ids))


def store(
    encoder: Any, cut: Cut, ids: Sequence[Sequence[int]], layers: Sequence[int], check_stop: Callable[[], None]
) -> Stored:
    """Run the blocks below the cut over all rows, once, without dropout. layers: what the head reads."""
    place, pad_id = device(), pad_id_of(encoder)
    lengths = [len(one) for one in ids]
    first = np.concatenate([[0], np.cumsum(lengths)])
    width = int(encoder.config.hidden_size)
    states = torch.zeros((int(first[-1]), width), dtype=torch.float16)
    under = [layer for layer in layers if layer < cut.at]
    below = torch.zeros((len(ids), len(under) * width), dtype=torch.float16) if under else None
    encoder = encoder.eval().to(place)

    def read(batches: Iterator[list[int]]) -> None:
        with torch.inference_mode(), autocast():
            for batch in batches:
                inputs = {name: t.to(place) for name, t in pad([ids[i] for i in batch], pad_id).items()}
                found = cut.states(encoder, inputs)
                last = found[-1].to("cpu", torch.float16)
                for at, row in enumerate(batch):
                    states[first[row] : first[row + 1]] = last[at, : lengths[row]]
                if below is not None:
                    means = [mean_pool(found[layer], inputs["attention_mask"]) for layer in under]
                    below[batch] = torch.cat(means, dim=-1).to("cpu", torch.float16)

    with cut.watched():
        side_by_side(by_length(lengths, TOKENS_PER_BATCH), read, check_stop)
    return Stored(states, first, below)


def can_cut(encoder: Any, at: int) -> bool:
    """Whether this encoder gives the same when it starts after block `at`: tried, for families differ in how they call blocks."""
    if not 0 < at < len(blocks_of(encoder)[1]):
        return False
    ids, pad_id, cut = [[5, 6, 7, 8, 9], [5, 6, 7]], pad_id_of(encoder), Cut(encoder.eval().to(device()), at)
    inputs = {name: t.to(device()) for name, t in pad(ids, pad_id).items()}
    try:
        with torch.inference_mode():
            whole = encoder(**inputs).last_hidden_state
            known = store(encoder, cut, ids, (at,), lambda: None).of([0, 1], [5, 3])
            cut.feed(known["start"].to(device()))
            cut.open()
            found = encoder(**inputs).last_hidden_state
    except (RuntimeError, TypeError, ValueError, IndexError, AttributeError):
        return False
    finally:
        cut.close()
    real = inputs["attention_mask"].bool()
    near = CLOSE * float(whole[real].std())
    return found.shape == whole.shape and torch.allclose(found[real], whole[real], atol=near)
