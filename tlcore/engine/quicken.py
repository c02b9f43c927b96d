"""The same training in less time: dropout from random bytes, attention whose way back is short, only the word pieces in use,
and both halves of a batch at once. All of it is put back afterwards; what a family cannot do is left as it is."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator
from typing import Any

import torch

from tlcore.engine.beside import cores, threads_an_operation
from tlcore.engine.precision import device

LEVELS = 256
ATTENTION = "nudge"
CLOSE = 1e-3
"""How far a quickened encoder may be from the plain one in fp32, in deviations of its states."""
_chance = threading.local()


@contextlib.contextmanager
def drawing(seed: int) -> Iterator[None]:
    """Within it this thread's dropout draws from a generator of its own, begun at `seed`."""
    _chance.generator = torch.Generator().manual_seed(seed % 2**32)
    try:
        yield
    finally:
        _chance.generator = None


def kept_share(like: torch.Tensor, p: float) -> torch.Tensor:
    """What dropout multiplies with, of the shape of `like`: 0, or the inverse of the chance to stay.

    Chances are whole 256ths: a random byte an element instead of a random float, which took a tenth of a step. The scale is
    that of the chance as it is here, so the mean is unchanged (Srivastava et al. 2014).
    """
    least, count = round(LEVELS * p), like.numel()
    if least >= LEVELS:
        return torch.zeros_like(like)
    drawn = torch.empty(-(-count // 8), dtype=torch.int64, device=like.device)
    drawn.random_(-(2**63), None, generator=getattr(_chance, "generator", None))
    kept = drawn.view(torch.uint8)[:count].view(like.shape) >= least
    return kept.to(like.dtype).mul_(LEVELS / (LEVELS - least))


class QuickDropout(torch.nn.Dropout):
    """Dropout by `kept_share`."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not self.training or round(LEVELS * self.p) == 0:
            return input
        return input * kept_share(input, self.p)


def plain_attention(
    module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attention_mask: torch.Tensor | None,
    scaling: float | None = None, dropout: float = 0.0, **_: Any,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Attention as transformers calls it, [batch, heads, tokens, width of a head] each; attention_mask is added.

    In fp32, as torch's own is where it trains; on a processor the way back through that takes a third of a step, through this
    a fifteenth.
    """
    with torch.autocast(query.device.type, enabled=False):
        query = query.float() * (query.size(-1) ** -0.5 if scaling is None else scaling)
        scores = torch.matmul(query, key.float().transpose(2, 3))
        shares = torch.softmax(scores if attention_mask is None else scores + attention_mask, dim=-1)
        if module.training and round(LEVELS * dropout):
            shares = shares * kept_share(shares, dropout)
        found = torch.matmul(shares.to(value.dtype), value)
    return found.transpose(1, 2).contiguous(), shares


@contextlib.contextmanager
def quickened(model: Any, word_pieces: Collection[int] | None) -> Iterator[int]:
    """Within it `model` (with an `encoder`) trains quicker; yields into how many parts a batch may be cut that learn at once.

    word_pieces: every token id that the model will meet inside, if its table of them learns; else None.
    """
    with contextlib.ExitStack() as stack:
        parts = 1
        if device().type == "cpu":
            stack.enter_context(_quick_dropout(model))
            stack.enter_context(_quick_attention(model.encoder))
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


@contextlib.contextmanager
def _quick_attention(encoder: Any) -> Iterator[None]:
    """Only where the model uses torch's own fused attention (others have their reasons) and says the same with ours: tried."""
    before = getattr(encoder.config, "_attn_implementation", None)
    if before != "sdpa":
        yield
        return
    _register()
    try:
        if not _same_with(encoder, ATTENTION):
            encoder.set_attn_implementation(before)
        yield
    finally:
        encoder.set_attn_implementation(before)


def _register() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import eager_mask

    AttentionInterface.register(ATTENTION, plain_attention)
    AttentionMaskInterface.register(ATTENTION, eager_mask)


def _same_with(encoder: Any, attention: str) -> bool:
    """Whether the encoder says the same with that attention, which it has from here on: in fp32, on two texts of unlike length."""
    given, was_training = _two_texts(), encoder.training
    encoder.eval()
    try:
        with torch.inference_mode():
            plain = encoder(**given).last_hidden_state[given["attention_mask"].bool()]
            encoder.set_attn_implementation(attention)
            found = encoder(**given).last_hidden_state[given["attention_mask"].bool()]
    except (RuntimeError, TypeError, ValueError, AttributeError):
        return False
    finally:
        encoder.train(was_training)
    return torch.allclose(found, plain, atol=CLOSE * float(plain.std()))


def _keeps_to_its_chance(encoder: Any) -> bool:
    """Whether nothing in training draws from the random numbers that all threads share: else their turns would be chance."""
    was_training, before = encoder.training, torch.get_rng_state()
    try:
        encoder.train()
        with torch.no_grad(), drawing(0):
            encoder(**_two_texts())
        return torch.equal(torch.get_rng_state(), before)
    finally:
        encoder.train(was_training)
        torch.set_rng_state(before)


def _two_texts() -> dict[str, torch.Tensor]:
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    return {"input_ids": torch.tensor([[5, 6, 7, 8, 9], [8, 5, 9, 0, 0]]), "attention_mask": mask}
