"""What training the network says as it goes: which parts move, how much moved, what was kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tlcore.strategies.base import Block, FitInput

if TYPE_CHECKING:
    from tlcore.engine.phases import Phase


def pictured(blocks: int, moving: Sequence[str], classifier: bool = True) -> tuple[Block, ...]:
    """The parts of a model, input side first, and which of them are among the layer groups that move."""
    names = ["embeddings", *(f"block {i + 1}" for i in range(blocks))]
    return (*(Block(name, name in moving) for name in names), Block("classifier", classifier))


def block_total(encoder: Any) -> int:
    from tlcore.engine.groups import blocks_of

    return len(blocks_of(encoder)[1])


def show_moving(given: FitInput, encoder: Any, groups: Sequence[str], classifier: bool = True) -> None:
    parts = pictured(block_total(encoder), groups, classifier)
    given.emit("blocks", blocks=[vars(block) for block in parts])


def begin(given: FitInput, encoder: Any, phase: Phase) -> None:
    given.emit("note", level="info", text=f"{phase.title}.")
    show_moving(given, encoder, tuple(phase.rates))


def moved_weights(given: FitInput, model: Any, moved: int) -> dict[str, Any]:
    """How many weights moved, the head apart: printed, for it is what these strategies differ in."""
    total = sum(p.numel() for p in model.encoder.parameters())
    share = moved / max(1, total)
    given.emit(
        "note",
        level="info",
        text=f"{moved:,} of the model's {total:,} weights moved ({share:.2%}), the classifier apart.",
    )
    return {"moved": moved, "moved_share": round(share, 5)}


def kept_round(best_epoch: float, judged: bool) -> str:
    if judged:
        return f"The best round was number {best_epoch:.0f}; its weights are kept."
    return "No rows were left to judge the rounds by; the last one is kept."


def tell_similarity(given: FitInput, similarity: float) -> None:
    """How much of its view of general language the model has kept, 0 to 1."""
    given.emit("note", level="info", text=f"It sees general sentences {similarity:.0%} as it did before (linear CKA).")
