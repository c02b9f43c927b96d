"""Learned vectors that a model reads before every text, and that nobody after it sees: prompt tuning, and prefix tuning.

They live in the encoder itself: as parameters of it (so its safetensors and its graph have them) and as hooks that put them
before a text and take their places off what comes out. So whatever pools, exports or measures an encoder need not know of them.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from tlcore.engine.groups import blocks_of

NAME = "virtual_tokens"
"""Of the parameter, [count, width], and of the entry in the config that says how many there are."""
TOKENS_FIRST = "_nudge_tokens_first"
HOOKS = "_nudge_hooks"
COMMON = (1_000, 5_000)
"""Ids from which the first vectors are taken: early in a vocabulary stand the common words (Lester et al. 2021, section 3.2)."""


def add_prompt(encoder: Any, count: int, seed: int = 0) -> Any:
    """Prompt tuning (Lester et al. 2021, arXiv 2104.08691): `count` learned word vectors, which begin as common words."""
    ids = _common_ids(encoder, count, seed)
    with torch.no_grad():
        start = encoder.get_input_embeddings()(ids)
    encoder.register_parameter(NAME, torch.nn.Parameter(start.clone()))
    return _hooked(encoder, count)


def add_prefix(encoder: Any, count: int, seed: int = 0) -> Any:
    """Prefix tuning (Li and Liang 2021, arXiv 2101.00190), as deep prompts (Liu et al. 2022, arXiv 2110.07602): in every block
    the text's tokens also attend to `count` learned states, whose keys and values the block makes itself.

    They begin as what the block is given where the text stands behind common words.
    """
    add_prompt(encoder, count, seed)
    starts = [state[0, :count].clone() for state in _block_inputs(encoder)]
    delattr(encoder, NAME)
    for block, start in zip(blocks_of(encoder)[1], starts, strict=True):
        block.register_parameter(NAME, torch.nn.Parameter(start))
    return _hooked_blocks(encoder)


def again(encoder: Any, folder: Path) -> Any:
    """An encoder that was saved with such vectors, and opened without them, as it was: they are read from its folder."""
    from safetensors import safe_open

    count = int(getattr(encoder.config, NAME, 0) or 0)
    if not count:
        return encoder
    with safe_open(str(folder / "model.safetensors"), "pt") as file:
        for name in (key for key in file.keys() if key.rpartition(".")[2] == NAME):  # noqa: SIM118, it is no dictionary
            owner = encoder.get_submodule(name.rpartition(".")[0])
            owner.register_parameter(NAME, torch.nn.Parameter(file.get_tensor(name)))
    return _hooked_blocks(_hooked(encoder, count))


def count_of(encoder: Any) -> int:
    """How many there are."""
    return int(getattr(encoder.config, NAME, 0) or 0)


def numbers_places(encoder: Any) -> bool:
    """Whether a text keeps the places that it has without them (see `_table_of_places`); elsewhere they come first."""
    return _table_of_places(encoder) is not None


@contextlib.contextmanager
def unhooked(encoder: Any) -> Iterator[None]:
    """Within it they are not put before a text: for one that goes on from what was read with them."""
    for hook in encoder.__dict__.pop(HOOKS, []):
        hook.remove()
    for block in blocks_of(encoder)[1]:
        for hook in block.__dict__.pop(HOOKS, []):
            hook.remove()
    try:
        yield
    finally:
        _hooked(encoder, count_of(encoder))
        for block in blocks_of(encoder)[1]:
            if hasattr(block, NAME):
                _hook_block(block)


def _hooked(encoder: Any, count: int) -> Any:
    setattr(encoder.config, NAME, count)
    hooks = (encoder.register_forward_pre_hook(_put_before, with_kwargs=True), encoder.register_forward_hook(_take_off))
    encoder.__dict__[HOOKS] = list(hooks)
    return encoder


def _hook_block(block: Any) -> None:
    block.__dict__[HOOKS] = [block.register_forward_pre_hook(_put_in, with_kwargs=True)]


def _hooked_blocks(encoder: Any) -> Any:
    blocks = [block for block in blocks_of(encoder)[1] if hasattr(block, NAME)]
    if blocks:
        tokens_first = _block_inputs(encoder, turned=False)[0].shape[0] != 1
        for block in blocks:
            setattr(block, TOKENS_FIRST, tokens_first)
            _hook_block(block)
    return encoder


def _put_before(encoder: Any, args: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Ids and mask, [batch, tokens] each -> word vectors [batch, count + tokens, width] and the mask that fits them."""
    given = dict(given)
    ids, mask = given.pop("input_ids"), given.pop("attention_mask")
    words = encoder.get_input_embeddings()(ids)
    count = int(encoder.config.virtual_tokens)
    own = getattr(encoder, NAME, None)
    own = words.new_zeros(count, words.shape[-1]) if own is None else own.to(words.dtype)
    given["inputs_embeds"] = torch.cat([own.unsqueeze(0).expand(ids.shape[0], -1, -1), words], dim=1)
    given["attention_mask"] = torch.cat([mask.new_ones(mask.shape[0], count), mask], dim=1)
    if (table := _table_of_places(encoder)) is not None:
        first = 0 if table.padding_idx is None else table.padding_idx + 1
        last = torch.arange(table.num_embeddings - count, table.num_embeddings, device=ids.device)
        given["position_ids"] = torch.cat([last, first + torch.arange(ids.shape[1], device=ids.device)]).unsqueeze(0)
    return args, given


def _table_of_places(encoder: Any) -> torch.nn.Embedding | None:
    """The table of places, where the family has one and lets them be named.

    There a text keeps the places it has without the vectors, and these take the last ones: so MiniLM, with eight of them
    before any has learned, sees general sentences 97 % as it does without; with the text moved by eight places, 87 %.
    """
    if "position_ids" not in inspect.signature(type(encoder).forward).parameters:
        return None
    words, places = encoder.get_input_embeddings(), int(getattr(encoder.config, "max_position_embeddings", 0) or 0)
    tables = [m for m in encoder.modules() if isinstance(m, torch.nn.Embedding) and m is not words]
    return next((m for m in tables if m.num_embeddings == places), None)


def _put_in(block: Any, args: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The block's own vectors in the place of whatever the block below made of the ones there."""
    hidden = args[0] if args else given["hidden_states"]
    at = 0 if getattr(block, TOKENS_FIRST) else 1
    count = len(block.virtual_tokens)
    shape = list(hidden.shape)
    shape[at] = count
    own = block.virtual_tokens.to(hidden.dtype).unsqueeze(1 - at).expand(shape)
    hidden = torch.cat([own, hidden.narrow(at, count, hidden.shape[at] - count)], dim=at)
    return ((hidden, *args[1:]), given) if args else (args, {**given, "hidden_states": hidden})


def _take_off(encoder: Any, _: Any, found: Any) -> Any:
    count = int(encoder.config.virtual_tokens)
    found.last_hidden_state = found.last_hidden_state[:, count:]
    if found.hidden_states is not None:
        found.hidden_states = tuple(state[:, count:] for state in found.hidden_states)
    return found


def _common_ids(encoder: Any, count: int, seed: int) -> torch.Tensor:
    words = len(encoder.get_input_embeddings().weight)
    low, high = (COMMON[0], min(COMMON[1], words)) if words > 2 * COMMON[0] else (words // 4, words)
    return torch.randint(low, high, (count,), generator=torch.Generator().manual_seed(seed))


def _block_inputs(encoder: Any, turned: bool = True) -> list[torch.Tensor]:
    """What each block is given for one short text, [1, tokens, width]; of a block that is run several times, the first.

    turned: also where the family's blocks are given [tokens, 1, width], as XLNet's are.
    """
    blocks = list(blocks_of(encoder)[1])
    seen: dict[torch.nn.Module, torch.Tensor] = {}

    def see(block: Any, args: tuple[Any, ...], given: dict[str, Any]) -> None:
        seen.setdefault(block, args[0] if args else given["hidden_states"])

    hooks = [block.register_forward_pre_hook(see, with_kwargs=True) for block in blocks]
    ids = _common_ids(encoder, 4, 1).unsqueeze(0)
    try:
        with torch.no_grad():
            encoder.eval()(input_ids=ids, attention_mask=torch.ones_like(ids))
    finally:
        for hook in hooks:
            hook.remove()
    found = [seen[block] for block in blocks]
    return [one if one.shape[0] == 1 else one.transpose(0, 1) for one in found] if turned else found
