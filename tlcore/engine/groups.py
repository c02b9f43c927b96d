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


KEYS_AND_VALUES = ("key", "value", "k_proj", "v_proj", "key_proj", "value_proj", "k_lin", "v_lin", "k", "v")
"""What the families call the layers of keys and values."""


def linear_names(encoder: torch.nn.Module, which: str) -> list[str]:
    """Full names of linear layers inside the blocks: `attention` those of the attention, `all` every one.

    In an encoder block, the linear layers from width to width are query, key, value and the attention's output. What
    stands beside one belongs to it (ModernBERT has query, key and value in one). All, where attention has none (XLNet).
    """
    linear, width = _linear(encoder), int(cast(Any, encoder).config.hidden_size)
    square = {n.rpartition(".")[0] for n, m in linear.items() if _sides(m) == (width, width)}
    attention = [n for n in linear if n.rpartition(".")[0] in square]
    return list(linear) if which == "all" or not attention else attention


def key_value_names(encoder: torch.nn.Module) -> list[str]:
    """Full names of the linear layers of keys and values; all of attention, where the family has them in one."""
    attention = linear_names(encoder, "attention")
    return [name for name in attention if name.rpartition(".")[2] in KEYS_AND_VALUES] or attention


def feedforward_names(encoder: torch.nn.Module) -> list[str]:
    """Full names of the linear layers that lead from the wide middle of a feed-forward half back to the model's width."""
    width = int(cast(Any, encoder).config.hidden_size)
    return [name for name, m in _linear(encoder).items() if _sides(m)[1] == width < _sides(m)[0]]


def _linear(encoder: torch.nn.Module) -> dict[str, torch.nn.Module]:
    """The linear layers inside the blocks, by full name; GPT-2's are of a class of their own, with the weight turned."""
    from transformers.pytorch_utils import Conv1D

    prefix, _ = blocks_of(encoder)
    kinds = (torch.nn.Linear, Conv1D)
    return {n: m for n, m in encoder.named_modules() if isinstance(m, kinds) and n.startswith(f"{prefix}.")}


def _sides(linear: Any) -> tuple[int, int]:
    """Numbers in, numbers out."""
    if isinstance(linear, torch.nn.Linear):
        return linear.in_features, linear.out_features
    return int(linear.nx), int(linear.nf)
