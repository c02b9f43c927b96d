"""Where each weight of an encoder lies, found by structure: embeddings, block 1 to n, what stands on top."""

from __future__ import annotations

from typing import Any, cast

import torch

EMBEDDINGS, TOP, HEAD = "embeddings", "top", "head"


def block_name(number: int) -> str:
    """Blocks are counted from 1, input side first."""
    return f"block {number}"


def blocks_of(encoder: torch.nn.Module) -> tuple[str, torch.nn.ModuleList]:
    """The list of transformer blocks and its name in the encoder: the longest list of modules with the most weights.

    Raises ValueError for a model that has none.
    """
    lists = [(name, m) for name, m in encoder.named_modules() if isinstance(m, torch.nn.ModuleList) and len(m)]
    if not lists:
        raise ValueError("this encoder has no list of blocks")
    return max(lists, key=lambda pair: sum(p.numel() for p in pair[1].parameters()))


def layer_groups(encoder: torch.nn.Module) -> dict[str, str]:
    """Parameter name -> `embeddings`, `block i` or `top`, by where the parameter stands against the list of blocks.

    Embeddings are what comes before the first block, and every nn.Embedding (some models keep one for relative places
    behind their blocks); on top is the rest: a last norm, a pooler.
    """
    prefix, _ = blocks_of(encoder)
    tables = tuple(f"{name}." for name, m in encoder.named_modules() if isinstance(m, torch.nn.Embedding))
    found, passed = {}, False
    for name, _ in encoder.named_parameters():
        rest = name.removeprefix(f"{prefix}.")
        if rest != name:
            found[name], passed = block_name(int(rest.split(".")[0]) + 1), True
        else:
            found[name] = EMBEDDINGS if not passed or name.startswith(tables) else TOP
    return found


def linear_names(encoder: torch.nn.Module, which: str) -> list[str]:
    """Full names of linear layers inside the blocks: `attention` those of the attention, `all` every one.

    In an encoder block, the linear layers from width to width are query, key, value and the attention's output. What
    stands beside one belongs to it (ModernBERT has query, key and value in one). All, where attention has none (XLNet).
    """
    prefix, _ = blocks_of(encoder)
    width = int(cast(Any, encoder).config.hidden_size)
    linear = {n: m for n, m in encoder.named_modules() if isinstance(m, torch.nn.Linear) and n.startswith(f"{prefix}.")}
    square = {n.rpartition(".")[0] for n, m in linear.items() if m.in_features == m.out_features == width}
    attention = [n for n in linear if n.rpartition(".")[0] in square]
    return list(linear) if which == "all" or not attention else attention
