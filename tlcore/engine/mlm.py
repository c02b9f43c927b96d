"""Learning a domain's language by guessing words in its texts: hidden ones, or for a decoder each next one; and perplexity."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions

from tlcore.engine.beside import side_by_side
from tlcore.engine.forgetting import ForgettingGuard
from tlcore.engine.precision import autocast, device
from tlcore.engine.tokens import by_length, pad, pad_id_of
from tlcore.engine.whole_words import NOT_ASKED, Masking, Piece
from tlcore.models.language_model import CAUSAL, LanguageModel

TOKENS_PER_PASS = {False: 4096, True: 1024}
"""By whether every token is guessed: what is guessed costs memory, as many numbers a token as the tokenizer has word pieces."""
HELD_OUT_ROUND = 1_000_003
"""The round whose masks are those of the held-out texts: always the same, and those of no round of learning."""
HIGHEST = 30.0
"""Loss from which perplexity is no longer told apart."""


class WordGuesser(torch.nn.Module):
    """An `encoder` and the `head` on it: forward(input_ids, attention_mask, targets [rows, tokens]) -> mean loss of what is asked.

    The head is transformers' own model of the kind with an echo in the place of its base, so that it is applied only to the
    hidden states of the tokens that are asked for: on all of them it would cost as much as the encoder.
    """

    def __init__(self, of: LanguageModel) -> None:
        super().__init__()
        self.objective, self._place = of.objective, of.model.base_model_prefix
        self.encoder = of.model.base_model
        setattr(of.model, self._place, _Echo())
        self.head = of.model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, targets: torch.Tensor, labels: Any = None
    ) -> dict[str, torch.Tensor]:
        states, asked = self.states(input_ids, attention_mask, targets)
        return {"loss": torch.nn.functional.cross_entropy(self.logits(states), asked)}

    def states(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Hidden states [asked, width] from which words are guessed, and those words' ids [asked]."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        if self.objective == CAUSAL:
            states, targets = states[:, :-1], targets[:, 1:]
        places = targets != NOT_ASKED
        return states[places], targets[places]

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """float32 [asked, word pieces]."""
        return self.head(input_ids=states[None]).logits[0].float()

    def whole(self) -> Any:
        """transformers' model with its base back in its place, to be saved; this one is of no use afterwards."""
        setattr(self.head, self._place, self.encoder)
        return self.head


class _Echo(torch.nn.Module):
    """Stands where a base was: what it is given instead of token ids are hidden states, and it says them."""

    def forward(self, input_ids: torch.Tensor, **_: Any) -> BaseModelOutputWithPastAndCrossAttentions:
        return BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=input_ids)


@dataclass
class Asked:
    """Pieces of texts, each time with other words to guess: `round` says which time. masking None: every next word is asked for.

    Has the shape of `training.Rows`: ids, labels (nothing: a text is its own answer), inputs.
    """

    pieces: list[Piece]
    masking: Masking | None
    seed: int
    round: int = 0
    ids: list[list[int]] = field(init=False)
    y: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.ids, self.y = [piece.ids for piece in self.pieces], [0] * len(self.pieces)

    def __len__(self) -> int:
        return len(self.pieces)

    def inputs(self, rows: Sequence[int], pad_id: int) -> dict[str, torch.Tensor]:
        """input_ids, attention_mask and targets, int64 [rows, longest]."""
        asked = [self._ask(i) for i in rows]
        targets = pad([one for _, one in asked], NOT_ASKED)["input_ids"]
        return {**pad([ids for ids, _ in asked], pad_id), "targets": targets}

    def labels(self, rows: Sequence[int]) -> torch.Tensor:
        return torch.zeros(len(rows), dtype=torch.int64)

    def _ask(self, i: int) -> tuple[Any, Any]:
        if self.masking is None:
            return self.ids[i], self.ids[i]
        return self.masking.hide(self.pieces[i], np.random.default_rng([self.seed, self.round, i]))


class Rounds(ForgettingGuard):
    """The guard against forgetting, which also tells the texts when a round begins, so that other words are hidden in it."""

    def __init__(self, asked: Asked, measure: Callable[[], float], emit: Callable[..., None]) -> None:
        super().__init__(measure, emit)
        self.asked = asked

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.asked.round = int((state.epoch or 0.0) + 1e-6)


def held_out_metrics(model: WordGuesser, asked: Asked) -> dict[str, float | None]:
    """eval_loss, eval_perplexity, and eval_likelihood, which is 1 / perplexity: the mean probability of the right word."""
    total, count = 0.0, 0
    for loss, many in held_out_losses(model, asked):
        total, count = total + loss, count + many
    loss = total / max(1, count)
    return {"eval_loss": loss, "eval_perplexity": perplexity(loss), "eval_likelihood": 1 / perplexity(loss)}


def held_out_losses(model: WordGuesser, asked: Asked) -> list[tuple[float, int]]:
    """Summed loss and number of guesses of each batch."""
    found: list[tuple[float, int]] = []

    def guess(batches: Iterator[dict[str, torch.Tensor]]) -> None:
        with torch.inference_mode(), autocast():
            for inputs in batches:
                states, right = model.states(**inputs)
                loss = torch.nn.functional.cross_entropy(model.logits(states), right, reduction="sum")
                found.append((float(loss), len(right)))

    over_all(model, asked, guess)
    return sorted(found)  # whichever thread was first: sums come out the same to the last bit


def over_all(
    model: WordGuesser, asked: Asked, work: Callable[[Iterator[dict[str, torch.Tensor]]], None],
    meanwhile: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Call `work` with the inputs of all pieces in batches of like length, side by side, the model in eval mode."""
    place, pad_id, was_training = device(), pad_id_of(model.encoder), model.training
    budget = TOKENS_PER_PASS[asked.masking is None]

    def moved(batches: Iterator[list[int]]) -> Iterator[dict[str, torch.Tensor]]:
        for batch in batches:
            yield {name: t.to(place) for name, t in asked.inputs(batch, pad_id).items()}

    model.eval()
    side_by_side(by_length([len(one) for one in asked.ids], budget), lambda batches: work(moved(batches)), meanwhile)
    model.train(was_training)


def perplexity(loss: float) -> float:
    """Among how many words, on average, the model wavers: e to the mean loss of a guess."""
    return math.exp(min(loss, HIGHEST))
