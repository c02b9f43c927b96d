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


def block_of(name: str, blocks: int) -> int:
    """Where a parameter lies: 0 the embeddings, i block i, blocks + 1 what follows (pooler, head). By structure of its name."""
    if name.startswith("classifier"):
        return blocks + 1
    parts = name.split(".")
    numbers = [int(part) for part in parts if part.isdigit()]
    if numbers:
        return numbers[0] + 1
    return 0 if "embed" in name else blocks + 1


def learning_rate_groups(
    model: TextClassifier, blocks: int, learning_rate: float, decay: float, head_rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Optimizer groups, one a block and one for the head: lower blocks learn more slowly, by `decay` a block.

    Discriminative learning rates: Howard and Ruder 2018 (arXiv 1801.06146). Biases and norms are not decayed.
    """
    groups: dict[tuple[int, bool], dict[str, Any]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        place = block_of(name, blocks)
        plain = parameter.ndim < 2
        rate = head_rate if place == blocks + 1 else learning_rate * decay ** (blocks - place)
        title = "head" if place == blocks + 1 else "embeddings" if place == 0 else f"block {place}"
        group = groups.setdefault(
            (place, plain), {"params": [], "lr": rate, "weight_decay": 0.0 if plain else weight_decay, "name": title}
        )
        group["params"].append(parameter)
    return [groups[key] for key in sorted(groups)]
