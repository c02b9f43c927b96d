"""The same training in less time: our dropout and attention, only the word pieces in use, and both halves of a batch at once.
All of it is put back afterwards; what a family cannot do is left as it is."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

import torch

from tlcore.engine.attention import attending, two_texts
from tlcore.engine.beside import cores, threads_an_operation
from tlcore.engine.dropout import QuickDropout, drawing
from tlcore.engine.precision import device


@contextlib.contextmanager
def quickened(model: Any, word_pieces: Collection[int] | None) -> Iterator[int]:
    """Within it `model` (with an `encoder`) trains quicker; yields into how many parts a batch may be cut that learn at once.

    word_pieces: every token id that the model will meet inside, if its table of them learns; else None.
    """
    with contextlib.ExitStack() as stack:
        parts = 1
        if device().type == "cpu":
            stack.enter_context(_quick_dropout(model))
            stack.enter_context(attending(model.encoder))
            parts = 2 if cores() > 1 and _keeps_to_its_chance(model.encoder) else 1
            stack.enter_context(threads_an_operation(max(1, cores() // parts)))
        if word_pieces is not None:
            stack.enter_context(only_rows(model.encoder, word_pieces))
        yield parts


@contextlib.contextmanager
def only_rows(encoder: Any, used: Collection[int]) -> Iterator[None]:
    """Within it the encoder's table of word pieces has only the rows `used`, under the same name, and ids still fit.

    The others get no gradient anyway, but optimizer, averages and copies would carry them: half of MiniLM's weights, two
    thirds of a multilingual base's. A row not in `used` raises IndexError.
    """
    table = encoder.get_input_embeddings()
    owners = sum(one is table.weight for m in encoder.modules() for one in m._parameters.values())
    if type(table) is not torch.nn.Embedding or owners > 1 or table.max_norm is not None:
        yield
        return
    whole, pad = table.weight, table.padding_idx
    rows = torch.tensor(sorted({*used, *([] if pad is None else [pad])}), device=whole.device)
    place = torch.full((len(whole),), -1, device=whole.device).scatter_(
        0, rows, torch.arange(len(rows), device=whole.device)
    )
    at = None if pad is None else int(place[pad])
    table.weight = torch.nn.Parameter(whole.detach()[rows], whole.requires_grad)
    vars(table)["forward"] = lambda ids: torch.nn.functional.embedding(place[ids], table.weight, at)
    try:
        yield
    finally:
        del vars(table)["forward"]
        with torch.no_grad():
            whole[rows] = table.weight.to(whole.device)
        table.weight = whole


@contextlib.contextmanager
def _quick_dropout(model: torch.nn.Module) -> Iterator[None]:
    swapped = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
        if type(child) is torch.nn.Dropout
    ]
    for parent, name, child in swapped:
        parent.add_module(name, QuickDropout(child.p).train(child.training))
    try:
        yield
    finally:
        for parent, name, child in swapped:
            parent.add_module(name, child.train(parent.training))


def _keeps_to_its_chance(encoder: Any) -> bool:
    """Whether nothing in training draws from the random numbers that all threads share: else their turns would be chance."""
    was_training, before = encoder.training, torch.get_rng_state()
    try:
        encoder.train()
        with torch.no_grad(), drawing(0):
            encoder(**two_texts())
        return torch.equal(torch.get_rng_state(), before)
    finally:
        encoder.train(was_training)
        torch.set_rng_state(before)
