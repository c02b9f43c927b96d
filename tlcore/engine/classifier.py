"""The network that is fine-tuned: encoder, mean of some hidden states, dropout, linear head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tlcore.engine.cut import Cut
from tlcore.engine.objectives import Objective, OneOf
from tlcore.models.pooling import pool_layers
from tlcore.models.saved import Head


class TextClassifier(torch.nn.Module):
    """forward(input_ids, attention_mask [batch, tokens], labels [batch]) -> {"loss", "logits" [batch, classes]}.

    layers: hidden states whose means the head reads (0 = embeddings, i = after block i). The loss is that of the objective (one
    class a text, unless another is given): the sum over the rows, each times the weight of its class, by the number of rows. So
    the losses of the parts of a batch add up to that of all.
    """

    per_token = False
    """Whether the head reads each token, or the mean of all."""

    def __init__(
        self, encoder: Any, head: Head, layers: Sequence[int], dropout: float, class_weights: torch.Tensor | None,
        objective: Objective | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.encoder, self.layers = encoder, tuple(layers)
        self.cut: Cut | None = None
        self.dropout = torch.nn.Dropout(dropout)
        classes, width = head.weight.shape
        self.objective: Objective = objective or OneOf([str(i) for i in range(classes)])
        self.classifier = torch.nn.Linear(width, classes)
        with torch.no_grad():
            self.classifier.weight.copy_(torch.from_numpy(head.weight.astype("float32")))
            self.classifier.bias.copy_(torch.from_numpy(head.bias.astype("float32")))
        self.register_buffer("class_weights", class_weights, persistent=False)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None,
        start: torch.Tensor | None = None,
        below: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        """start: [batch, tokens, width], what the blocks below `cut` gave; below: means of the `layers` under it, if any."""
        states = self.states(input_ids, attention_mask, start)
        known = 0 if below is None else below.shape[1] // states[-1].shape[-1]
        read = pool_layers(states, self.layers[known:], attention_mask)
        if below is not None:
            read = torch.cat([below.to(read.dtype), read], dim=-1)
        logits = self.classifier(self.dropout(read)).float()
        if labels is None:
            return {"logits": logits}
        weights = self.class_weights if isinstance(self.class_weights, torch.Tensor) else None
        return {"loss": self.objective.loss(logits, labels, weights), "logits": logits}

    def states(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, start: torch.Tensor | None
    ) -> Sequence[torch.Tensor]:
        """Hidden states 0 (embeddings) to the last, [batch, tokens, width] each; start: as in forward."""
        if start is not None and self.cut:
            self.cut.feed(start)
        found: Sequence[torch.Tensor] = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True
        ).hidden_states
        return found

    def head(self) -> Head:
        return Head(self.classifier.weight.detach().cpu().numpy(), self.classifier.bias.detach().cpu().numpy())
