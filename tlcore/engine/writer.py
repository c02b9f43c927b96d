"""The network that is taught to write: a language model, what all its prompts begin with read once, and the loss of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tlcore.engine.pairs import NOT_ASKED
from tlcore.models.virtual_tokens import count_of, numbers_places, unhooked
from tlcore.predict.decoding import Start, start_of


class Writer(torch.nn.Module):
    """forward(input_ids, attention_mask, targets [sequences, tokens]) -> {"loss"}: cross-entropy of the words of the answers.

    lm: transformers' own; `encoder` is the part of it that a strategy changes (all of it, for one that reads first). before: word
    pieces that all prompts begin with. They go through once a batch instead of once a text, and all texts go on from there.
    """

    lm: Any

    def __init__(self, lm: Any, encoder: Any, before: Sequence[int], whole_head: bool = False) -> None:
        super().__init__()
        self.encoder, self.before, self.cut = encoder, tuple(before), None
        self.reads_first = bool(getattr(lm.config, "is_encoder_decoder", False))
        self.virtual = 0 if self.reads_first else count_of(lm.base_model)
        self.checkpointing = False
        object.__setattr__(self, "lm", lm)  # not a part of its own: its base is `encoder` already
        if whole_head and not self.reads_first:
            self.words = lm.get_output_embeddings()

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, targets: torch.Tensor, labels: Any = None,
        segments: torch.Tensor | None = None, places: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:  # fmt: skip
        if self.reads_first:
            return {"loss": self.lm(input_ids=input_ids, attention_mask=attention_mask, labels=targets).loss}
        if self.checkpointing and self.training and segments is None:
            return {"loss": self._from_scratch(input_ids, attention_mask, targets)}
        start = self.start(grad=True)
        rows, tokens = input_ids.shape
        own = torch.arange(tokens, device=input_ids.device).expand(rows, -1) if places is None else places
        mask = torch.cat([attention_mask.new_ones(rows, start.tokens), attention_mask], dim=1)
        if segments is not None:
            mask = block_mask(segments, start.tokens)
        out = self._base(
            input_ids=input_ids,
            attention_mask=mask,
            position_ids=start.place + own,
            past_key_values=start.cache(rows),
            use_cache=True,
        )
        return {"loss": self._loss(out.last_hidden_state, targets)}

    def _from_scratch(self, ids: torch.Tensor, mask: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Every text with its beginning: where states are forgotten and computed again, none can be shared."""
        rows, before = len(ids), torch.tensor(self.before, device=ids.device)
        ids = torch.cat([before.expand(rows, -1), ids], dim=1)
        mask = torch.cat([mask.new_ones(rows, len(before)), mask], dim=1)
        out = self._base(input_ids=ids, attention_mask=mask, use_cache=False)
        return self._loss(out.last_hidden_state[:, len(before) :], targets)

    def _base(self, **given: Any) -> Any:
        """The base without its learned words: what was read with them is in the cache."""
        if not self.virtual:
            return self.lm.base_model(**given)
        with unhooked(self.lm.base_model):
            return self.lm.base_model(**given)

    def _loss(self, states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        states, targets = states[:, :-1], targets[:, 1:]
        asked = targets != NOT_ASKED
        scores = self.lm.get_output_embeddings()(states[asked])  # [asked, word pieces]
        return torch.nn.functional.cross_entropy(scores.float(), targets[asked])

    def start(self, grad: bool = False) -> Start:
        """What all prompts begin with, read by the model as it is now, learned words first."""
        ids = torch.tensor([self.before], device=next(self.lm.parameters()).device)
        with torch.set_grad_enabled(grad and torch.is_grad_enabled()):
            out = self.lm.base_model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=True)
        first = len(self.before) + (0 if numbers_places(self.lm.base_model) else self.virtual)
        return start_of(out.past_key_values, self.before, first, self.virtual + len(self.before))


def block_mask(segments: torch.Tensor, before: int) -> torch.Tensor:
    """What may be looked at, bool [sequences, 1, tokens, before + tokens]: the common beginning, and what stands before in the
    same text. segments: [sequences, tokens], 0 where nothing stands."""
    rows, tokens = segments.shape
    same = segments.unsqueeze(2) == segments.unsqueeze(1)
    earlier = torch.ones(tokens, tokens, dtype=torch.bool, device=segments.device).tril()
    common = torch.ones(rows, tokens, before, dtype=torch.bool, device=segments.device)
    return torch.cat([common, same & earlier], dim=2).unsqueeze(1)
