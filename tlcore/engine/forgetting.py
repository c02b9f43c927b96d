"""A guard against catastrophic forgetting: does the model still see general sentences as it did before it was trained?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlcore.engine.callbacks import Remembers
from tlcore.engine.groups import HEAD
from tlcore.engine.precision import autocast, device
from tlcore.engine.tokens import by_length, pad, pad_id_of, tokenize
from tlcore.models.pooling import mean_pool

SENTENCES = Path(__file__).with_name("general_sentences.txt")
LIMIT = 0.5
MOST_SLOWINGS = 3
TOKENS_PER_BATCH = 2048


def general_sentences() -> list[str]:
    """Everyday sentences on many subjects, none of them from any task."""
    return [line for line in SENTENCES.read_text(encoding="utf-8").splitlines() if line.strip()]


def linear_cka(a: np.ndarray, b: np.ndarray) -> float:
    """Similarity of two sets of features [sentences, width] of the same sentences: 1 the same geometry, 0 nothing in common.

    Debiased linear centred kernel alignment: it does not change when features are rotated or scaled. Kornblith et al. 2019
    (arXiv 1905.00414); the unbiased estimate of Song et al. 2012, as few sentences would otherwise look alike.
    """
    aa, bb, ab = _hsic(a, a), _hsic(b, b), _hsic(a, b)
    if aa <= 0 or bb <= 0:
        return 0.0
    return float(np.clip(ab / np.sqrt(aa * bb), 0.0, 1.0))


def _hsic(a: np.ndarray, b: np.ndarray) -> float:
    """The unbiased Hilbert-Schmidt independence criterion with linear kernels, for four sentences or more."""
    k, m, n = a @ a.T, b @ b.T, len(a)
    np.fill_diagonal(k, 0.0)
    np.fill_diagonal(m, 0.0)
    one = float((k * m).sum()) + k.sum() * m.sum() / ((n - 1) * (n - 2)) - 2 * float(k.sum(0) @ m.sum(0)) / (n - 2)
    return one / (n * (n - 3))


class Geometry:
    """How an encoder sees the general sentences: taken once before training, compared with later."""

    def __init__(self, encoder: Any, folder: Path, sentences: Sequence[str] | None = None) -> None:
        self.ids = tokenize(folder, sentences or general_sentences(), 64)
        self.before = self._see(encoder)

    def similarity(self, encoder: Any) -> float:
        """Linear CKA between now and before."""
        return linear_cka(self.before, self._see(encoder))

    def _see(self, encoder: Any) -> np.ndarray:
        """float64 [sentences, width]: the mean of the last hidden state, centred."""
        pad_id, place, was_training = pad_id_of(encoder), device(), encoder.training
        encoder.eval()
        found = np.zeros((len(self.ids), int(encoder.config.hidden_size)))
        for batch in by_length([len(one) for one in self.ids], TOKENS_PER_BATCH):
            inputs = {name: t.to(place) for name, t in pad([self.ids[i] for i in batch], pad_id).items()}
            with torch.inference_mode(), autocast():
                states = encoder(**inputs).last_hidden_state
            found[batch] = mean_pool(states, inputs["attention_mask"]).cpu().numpy()
        encoder.train(was_training)
        return found - found.mean(0)


class ForgettingGuard(Remembers):
    """Looks after each round; once the similarity falls below `limit`, the body learns half as fast from there on.

    Emits `forgetting` events, and a note when it acts. The head's rate stays: it has nothing to forget.
    """

    kept = (*Remembers.kept, "slowed", "lowest")

    def __init__(self, measure: Callable[[], float], emit: Callable[..., None], limit: float = LIMIT) -> None:
        self.measure, self.emit, self.limit = measure, emit, limit
        self.slowed, self.lowest = 0, 1.0

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        similarity = self.measure()
        step = self.steps_before + state.global_step
        self.emit("forgetting", step=step, similarity=round(similarity, 4), limit=self.limit)
        if state.global_step >= state.max_steps:
            return  # nothing left to slow here; the next phase looks again
        further, self.lowest = similarity < self.lowest, min(self.lowest, similarity)
        if similarity < self.limit and further and self.slowed < MOST_SLOWINGS:
            self.slowed += 1
            slow_down(kwargs["optimizer"], kwargs["lr_scheduler"])
            self.emit("note", level="warning", text=_words(similarity))


def slow_down(optimizer: Any, scheduler: Any) -> None:
    """Halve the rates of all groups but the head, from now on."""
    for i, group in enumerate(optimizer.param_groups):
        if group["name"] != HEAD:
            group["lr"] /= 2
            group["initial_lr"] /= 2
            scheduler.base_lrs[i] /= 2


def _words(similarity: float) -> str:
    return (
        f"The model was forgetting what it knew: it sees general sentences only {similarity:.0%} as it did before. "
        "From here on its body learns half as fast."
    )
