"""Rows of a task that writes: what is asked and what is to be answered as word pieces, as batches with little padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from tlcore.engine.tokens import pad

NOT_ASKED = -100
WORTH_PACKING = 0.9
"""Several texts go into one sequence where that leaves less than this of the word pieces; a mask of its own costs time, too."""


@dataclass
class Pairs:
    """Has the shape of `training.Rows`: ids, labels (nothing: what is asked is in `answers`), inputs.

    prompts, answers: word pieces of each row. reads_first: a model of two halves, which reads the prompt and writes the answer;
    else both are one sequence. packs: whether several rows may share a sequence.
    """

    prompts: list[list[int]]
    answers: list[list[int]]
    reads_first: bool = False
    packs: bool = False
    ids: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = [[*asked, *answer] for asked, answer in zip(self.prompts, self.answers, strict=True)]

    def __len__(self) -> int:
        return len(self.ids)

    def inputs(self, rows: Sequence[int], pad_id: int) -> dict[str, torch.Tensor]:
        """input_ids, attention_mask and targets, int64 [sequences, longest]; packed: also `segments` (which text, from 1) and
        `places` (of a word in its text)."""
        if self.reads_first:
            targets = pad([self.answers[i] for i in rows], NOT_ASKED)["input_ids"]
            return {**pad([self.prompts[i] for i in rows], pad_id), "targets": targets}
        lengths = [len(self.ids[i]) for i in rows]
        bins = packed(lengths) if self.packs else []
        if not bins or len(bins) * max(sum(lengths[i] for i in one) for one in bins) > WORTH_PACKING * len(rows) * max(
            lengths
        ):
            return {
                **pad([self.ids[i] for i in rows], pad_id),
                "targets": pad([self._asked(i) for i in rows], NOT_ASKED)["input_ids"],
            }
        return self._packed([[rows[i] for i in one] for one in bins], pad_id)

    def labels(self, rows: Sequence[int]) -> torch.Tensor:
        return torch.zeros(len(rows), dtype=torch.int64)

    def _asked(self, row: int) -> list[int]:
        """The answer where it stands, and nothing before it: only what is answered is learned."""
        return [*[NOT_ASKED] * len(self.prompts[row]), *self.answers[row]]

    def _packed(self, bins: Sequence[Sequence[int]], pad_id: int) -> dict[str, torch.Tensor]:
        joined = [[piece for i in one for piece in self.ids[i]] for one in bins]
        # The first word of a text is never asked for, so that no text answers for the one before it in the sequence.
        targets = [[piece for i in one for piece in self._asked(i)] for one in bins]
        segments = [np.repeat(np.arange(1, len(one) + 1), [len(self.ids[i]) for i in one]).tolist() for one in bins]
        places = [[place for i in one for place in range(len(self.ids[i]))] for one in bins]
        return {
            **pad(joined, pad_id), "targets": pad(targets, NOT_ASKED)["input_ids"],
            "segments": pad(segments, 0)["input_ids"], "places": pad(places, 0)["input_ids"],
        }  # fmt: skip


def packed(lengths: Sequence[int]) -> list[list[int]]:
    """Places of rows, put together so that no sum is larger than the longest of them: first fit, the longest first."""
    room: list[int] = []
    bins: list[list[int]] = []
    most = max(lengths, default=0)
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        at = next((n for n, left in enumerate(room) if left >= lengths[i]), None)
        if at is None:
            room.append(most)
            bins.append([])
            at = len(bins) - 1
        room[at] -= lengths[i]
        bins[at].append(i)
    return bins
