"""What fine-tuning is made of: a list of phases, each saying which weights move, how fast, until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch

from tlcore.engine.groups import EMBEDDINGS, HEAD, block_name, layer_groups

ADAPTERS = ("lora_", "ia3_", "lokr_", "virtual_tokens")
"""How added parts are called, peft's and ours."""

PARTS = {
    "weights": lambda name: True,
    "biases": lambda name: name.endswith("bias"),
    "adapters": lambda name: any(part in name for part in ADAPTERS),
}
"""Which parameters of a layer group move; the head always moves whole."""


@dataclass(frozen=True)
class Phase:
    """One stretch of training.

    rates: layer group (`embeddings`, `block i`, `top`, `head`) -> peak learning rate; a group not named stays as it is.
    part: `weights`, `biases` or `adapters` of these groups. Ends after `epochs`, or when `patience` rounds brought nothing.
    """

    name: str
    title: str
    rates: Mapping[str, float]
    epochs: int
    patience: int
    warmup: float = 0.1
    weight_decay: float = 0.01
    part: str = "weights"


def discriminative_rates(groups: Sequence[str], top: float, decay: float, head: float) -> dict[str, float]:
    """Peak learning rate by group: the topmost of `groups` (input side first) learns at `top`, each below slower by `decay`.

    Discriminative learning rates: Howard and Ruder 2018 (arXiv 1801.06146).
    """
    rates = {name: top * decay**below for below, name in enumerate(reversed(groups))}
    return {**rates, HEAD: head}


def gradual_unfreezing(
    blocks: int, lowest: int, steps: int, rates: tuple[float, float, float], epochs: Sequence[int], **more: Any
) -> list[Phase]:
    """Phases that open the blocks from the top one down to block `lowest`, in so many steps; embeddings stay frozen.

    rates: peak learning rate of the top block, decay a block, rate of the head. epochs: of each phase.
    Gradual unfreezing: Howard and Ruder 2018 (arXiv 1801.06146).
    """
    top, decay, head = rates
    many = blocks - lowest + 1
    phases = []
    for step in range(1, steps + 1):
        count = max(1, round(many * step / steps))
        open_blocks = [block_name(i) for i in range(blocks - count + 1, blocks + 1)]
        what = "the top block" if count == 1 else f"the top {count} blocks"
        title = f"Adjusting {what} and the classifier"
        moving = discriminative_rates(open_blocks, top, decay, head)
        phases.append(Phase(f"top {count}", title, moving, epochs[step - 1], **more))
    return phases


def frozen_below(phases: Sequence[Phase]) -> int:
    """How many blocks, from the bottom, stay as they are in all phases; 0 where embeddings move."""
    groups = {name for phase in phases for name in phase.rates}
    numbers = [int(name.removeprefix("block ")) for name in groups if name.startswith("block ")]
    return 0 if EMBEDDINGS in groups or not numbers else min(numbers) - 1


def moving_parameters(model: torch.nn.Module, phase: Phase) -> dict[str, tuple[str, torch.nn.Parameter]]:
    """Name -> (group, parameter) of all that moves in a phase."""
    groups = model_groups(model)
    moves = PARTS[phase.part]
    return {
        name: (groups[name], parameter)
        for name, parameter in model.named_parameters()
        if groups[name] in phase.rates and (groups[name] == HEAD or moves(name))
    }


def moving_names(model: torch.nn.Module, phases: Sequence[Phase]) -> list[str]:
    """The names of all that moves in some phase, in their order."""
    return sorted({name for phase in phases for name in moving_parameters(model, phase)})


def model_groups(model: torch.nn.Module) -> dict[str, str]:
    """Parameter name -> layer group of the whole network, which is an `encoder` and what stands on it: its head."""
    inside = {f"encoder.{name}": group for name, group in layer_groups(cast(torch.nn.Module, model.encoder)).items()}
    return {name: inside.get(name, HEAD) for name, _ in model.named_parameters()}


def open_phase(model: torch.nn.Module, phase: Phase) -> list[dict[str, Any]]:
    """Freeze what stays, and give the optimizer groups of what moves; biases and norms are not decayed."""
    moving = moving_parameters(model, phase)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in moving)
    groups: dict[tuple[str, bool], dict[str, Any]] = {}
    for _, (group, parameter) in moving.items():
        plain = parameter.ndim < 2
        found = groups.setdefault(
            (group, plain),
            {
                "params": [],
                "lr": phase.rates[group],
                "weight_decay": 0.0 if plain else phase.weight_decay,
                "name": group,
            },
        )
        found["params"].append(parameter)
    return list(groups.values())
