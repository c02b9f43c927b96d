"""The network that is fine-tuned: encoder, mean of the last hidden state, dropout, linear head."""

from __future__ import annotations

from typing import Any

import torch

from tlcore.models.pooling import mean_pool
from tlcore.models.saved import Head


class TextClassifier(torch.nn.Module):
    """forward(input_ids, attention_mask [batch, tokens], labels [batch]) -> {"loss", "logits" [batch, classes]}."""

    def __init__(self, encoder: Any, head: Head, dropout: float, class_weights: torch.Tensor | None) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = torch.nn.Dropout(dropout)
        classes, width = head.weight.shape
        self.classifier = torch.nn.Linear(width, classes)
        with torch.no_grad():
            self.classifier.weight.copy_(torch.from_numpy(head.weight.astype("float32")))
            self.classifier.bias.copy_(torch.from_numpy(head.bias.astype("float32")))
        self.register_buffer("class_weights", class_weights, persistent=False)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor | None = None
    ) -> dict[str, torch.Tensor]:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        logits = self.classifier(self.dropout(mean_pool(states, attention_mask))).float()
        if labels is None:
            return {"logits": logits}
        weights = self.class_weights if isinstance(self.class_weights, torch.Tensor) else None
        return {"loss": torch.nn.functional.cross_entropy(logits, labels, weight=weights), "logits": logits}

    def head(self) -> Head:
        return Head(self.classifier.weight.detach().cpu().numpy(), self.classifier.bias.detach().cpu().numpy())
