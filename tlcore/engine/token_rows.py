"""What is learned token by token: rows that are windows of texts, and a network with a head on every token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from tlcore.engine.classifier import TextClassifier
from tlcore.engine.training import Rows
from tlcore.models.pooling import token_layers
from tlcore.predict.windows import Window

NONE = -100
"""The label of a token that nothing is learned from, as torch's losses have it."""


@dataclass(frozen=True)
class TokenRows(Rows):
    """y: a label for each token of a window, NONE for those that have none. windows: where each stands in its text."""

    windows: Sequence[Window] = field(default=())
    beside: Sequence[np.ndarray] = field(default=())
    """float32 [tokens, features] of each window, which the head reads beside the model's states; () for nothing."""

    def inputs(self, rows: Sequence[int], pad_id: int) -> dict[str, torch.Tensor]:
        given = super().inputs(rows, pad_id)
        if not self.beside:
            return given
        found = torch.zeros((*given["input_ids"].shape, self.beside[0].shape[1]))
        for place, i in enumerate(rows):
            found[place, : len(self.ids[i])] = torch.from_numpy(self.beside[i])
        return {**given, "beside": found}

    def labels(self, rows: Sequence[int]) -> torch.Tensor:
        """int64 [rows, longest], filled up with NONE."""
        longest = max(len(self.y[i]) for i in rows)
        found = torch.full((len(rows), longest), NONE)
        for place, i in enumerate(rows):
            found[place, : len(self.y[i])] = torch.tensor(self.y[i])
        return found


class TokenClassifier(TextClassifier):
    """forward(input_ids, attention_mask [batch, tokens], labels [batch, tokens]) -> {"loss", "logits" [batch, tokens, outputs]}."""

    per_token = True

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None,
        start: torch.Tensor | None = None,
        below: torch.Tensor | None = None,
        beside: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        read = token_layers(self.states(input_ids, attention_mask, start), self.layers)
        read = self.dropout(read)
        if beside is not None:
            read = torch.cat([read, beside.to(read.dtype)], dim=-1)
        logits = self.classifier(read).float()
        if labels is None:
            return {"logits": logits}
        return {"loss": self.objective.loss(logits, labels, None), "logits": logits}
