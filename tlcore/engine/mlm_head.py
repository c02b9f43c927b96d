"""The head that guesses words, fitted on the frozen encoder first: else "before" would measure random numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from tlcore.engine.adam import HalvesAdamW
from tlcore.engine.mlm import Asked, WordGuesser, over_all
from tlcore.engine.precision import autocast, device

HEAD = "word_head.safetensors"
MOST_GUESSES, MOST_HELD_OUT = 16_000, 4_000
"""Hidden states that are stored to fit the head on, and to judge it by: about a minute of work for a small base."""
MOST_TIMES = 8
"""How often a text is read, each time with other words hidden, where there are few texts."""
GUESSES_A_STEP, MOST_STEPS, MOST_ROUNDS, PATIENCE = 512, 250, 40, 2
LEARNING_RATE = 4e-3
FALLS_ENOUGH = 0.01
"""Of the loss on the held-out texts; below that in a round, fitting ends."""
STATES_KEPT = 4_096
"""Guesses judged at once."""

Guesses = tuple[torch.Tensor, torch.Tensor]
"""Hidden states, float32 [guesses, width], and the ids of the right words [guesses]."""


def start_head(model: WordGuesser, reading: Asked) -> None:
    """Numbers to begin with, for a head that did not come with the weights; what it shares with the embeddings stays.

    Linear layers keep the size of what passes them; the norm makes the scores of words about 1 apart; each word's own bias is
    how often it comes in the texts.
    """
    shared = {id(parameter) for parameter in model.encoder.parameters()}
    table = model.encoder.get_input_embeddings().weight
    words = len(table)
    with torch.no_grad():
        for module in model.head.modules():
            if isinstance(module, torch.nn.Linear) and id(module.weight) not in shared and len(module.weight) != words:
                module.weight.normal_(0.0, module.in_features**-0.5)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, torch.nn.LayerNorm):
                module.weight.fill_(1 / float(table.norm(dim=1).mean()))
        for parameter in head_parameters(model).values():
            if parameter.ndim == 1 and len(parameter) == words:
                parameter.copy_(_log_shares(reading, words))


def _log_shares(reading: Asked, words: int) -> torch.Tensor:
    """float32 [words]: the log of each word piece's share of the texts; half a time for one that never comes."""
    ids = np.concatenate([np.asarray(one) for one in reading.ids])
    counts = np.bincount(ids, minlength=words)[:words] + 0.5
    return torch.tensor(np.log(counts / counts.sum()), dtype=torch.float32)


def head_parameters(model: WordGuesser) -> dict[str, torch.nn.Parameter]:
    """What of the head is its own, by name."""
    return {name: p for name, p in model.named_parameters() if not name.startswith("encoder.")}


def fit_head(
    model: WordGuesser, reading: Asked, held_out: Asked, emit: Callable[..., None], check_stop: Callable[[], None]
) -> None:
    """Fit the head alone, in place, until guesses in the held-out texts get no better; the encoder is read once."""
    check_stop()
    learn = _read_often(model, reading, check_stop)
    judge = stored_guesses(model, held_out, MOST_HELD_OUT, check_stop)
    chance, size = torch.Generator().manual_seed(reading.seed), len(learn[1])
    own = list(head_parameters(model).values())
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for parameter in own:
        parameter.requires_grad_(True)
    optimizer = HalvesAdamW([{"params": own, "lr": LEARNING_RATE, "weight_decay": 0.0}])
    best, kept, waited = _loss(model, judge), [p.detach().clone() for p in own], 0
    rounds = min(MOST_ROUNDS, -(-MOST_STEPS * GUESSES_A_STEP // size))
    for done in range(rounds):
        for rows in torch.randperm(size, generator=chance).split(GUESSES_A_STEP):
            check_stop()
            _step(model, learn, rows, own, optimizer)
        now = _loss(model, judge)
        emit("progress", done=done + 1, total=rounds, unit="rounds at most")
        waited = 0 if now < best * (1 - FALLS_ENOUGH) else waited + 1
        if now < best:
            best, kept = now, [p.detach().clone() for p in own]
        if waited == PATIENCE:
            break
    with torch.no_grad():
        for parameter, value in zip(own, kept, strict=True):
            parameter.copy_(value)


def _read_often(model: WordGuesser, reading: Asked, check_stop: Callable[[], None]) -> Guesses:
    """Guesses in texts, read again with other words hidden where there are few."""
    found: list[Guesses] = []
    while len(found) < MOST_TIMES and (left := MOST_GUESSES - sum(len(right) for _, right in found)) > 0:
        again = Asked(reading.pieces, reading.masking, reading.seed, len(found))
        found.append(stored_guesses(model, again, left, check_stop))
        if reading.masking is None:
            break  # every word was asked for already
    return torch.cat([states for states, _ in found]), torch.cat([right for _, right in found])


def stored_guesses(model: WordGuesser, asked: Asked, most: int, check_stop: Callable[[], None]) -> Guesses:
    """What the frozen encoder says where words are hidden, of as many texts as give about `most` guesses."""
    parts: dict[bytes, tuple[torch.Tensor, torch.Tensor]] = {}

    def read(batches: Iterator[dict[str, torch.Tensor]]) -> None:
        with torch.inference_mode(), autocast():
            for inputs in batches:
                states, right = model.states(**inputs)
                key = inputs["input_ids"].cpu().numpy().tobytes()
                parts[key] = states.float().cpu(), right.cpu()

    over_all(model, _some(asked, most), read, check_stop)
    ordered = [parts[key] for key in sorted(parts)]  # whichever thread was first
    # Not inference tensors any more: the head's gradients go through copies of them.
    return torch.cat([s for s, _ in ordered]).clone(), torch.cat([r for _, r in ordered]).clone()


def _some(asked: Asked, most: int) -> Asked:
    """Pieces taken by chance that hold about `most` guesses."""
    share = asked.masking.share if asked.masking else 1.0
    order = np.random.default_rng(asked.seed).permutation(len(asked))
    tokens = np.cumsum([len(asked.ids[i]) for i in order]) * share
    count = int(np.searchsorted(tokens, most)) + 1
    return Asked([asked.pieces[i] for i in sorted(order[:count])], asked.masking, asked.seed, asked.round)


def _step(model: WordGuesser, learn: Guesses, rows: torch.Tensor, own: list[Any], optimizer: HalvesAdamW) -> None:
    states, right = (one[rows].to(device()) for one in learn)
    with autocast(keep_weights=False):
        loss = torch.nn.functional.cross_entropy(model.logits(states), right)
    for parameter, gradient in zip(own, torch.autograd.grad(loss, own), strict=True):
        parameter.grad = gradient
    optimizer.step()


def _loss(model: WordGuesser, guesses: Guesses) -> float:
    states, right = guesses
    total = 0.0
    with torch.inference_mode(), autocast():
        for start in range(0, len(right), STATES_KEPT):
            part = slice(start, start + STATES_KEPT)
            logits = model.logits(states[part].to(device()))
            total += float(torch.nn.functional.cross_entropy(logits, right[part].to(device()), reduction="sum"))
    return total / max(1, len(right))


def save_word_head(model: WordGuesser, folder: Path) -> None:
    """Keep the fitted head, so that a run that goes on has it already."""
    folder.mkdir(parents=True, exist_ok=True)
    spare = folder / f"{HEAD}.tmp"
    save_file({name: p.detach().cpu().contiguous() for name, p in head_parameters(model).items()}, str(spare))
    spare.replace(folder / HEAD)


def load_word_head(model: WordGuesser, folder: Path) -> bool:
    """Put a kept head in the model; False where there is none that fits."""
    own = head_parameters(model)
    if not (folder / HEAD).exists():
        return False
    kept = load_file(str(folder / HEAD))
    if {name: t.shape for name, t in kept.items()} != {name: p.shape for name, p in own.items()}:
        return False
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(kept[name])
    return True
