"""How many texts a step, and how many rounds over the rows, where the user leaves that open."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tlcore.strategies.base import FitInput

STEPS_WORTH_TAKING = 210
MIN_EPOCHS, MAX_EPOCHS = 3, 10
"""Few large steps whose weights are averaged and then mixed with those the model came with: small steps (5e-5) left what
csabstruct needs unlearned, and large ones alone cost banking77 what the model knew (0.883 macro-F1; mixed 0.896)."""
SMALL_BATCH, BATCH, ROWS_FOR_BATCH = 16, 32, 1_000


def batch_size_of(settings: Any, rows: int) -> int:
    return settings.batch_size or default_batch_size(rows)


def default_batch_size(rows: int) -> int:
    """Few rows make few steps: a smaller batch makes more of them."""
    return SMALL_BATCH if rows < ROWS_FOR_BATCH else BATCH


def default_epochs(rows: int, batch_size: int) -> int:
    """Enough rounds for about STEPS_WORTH_TAKING steps; early stopping ends most runs before."""
    return max(MIN_EPOCHS, min(MAX_EPOCHS, math.ceil(STEPS_WORTH_TAKING * batch_size / max(1, rows))))


def epochs_of(settings: Any, rows: int) -> int:
    return settings.epochs or default_epochs(rows, batch_size_of(settings, rows))


def with_rounds(given: FitInput, steps: int, between: tuple[int, int]) -> FitInput:
    """With enough rounds for about so many steps, least and most, where the number of rounds is left open."""
    return replace(given, settings=rounded(given.settings, len(given.train_texts), steps, between))


def rounded(settings: Any, rows: int, steps: int, between: tuple[int, int]) -> Any:
    """The same of settings alone."""
    if getattr(settings, "epochs", None) != 0:
        return settings
    rounds = math.ceil(steps * batch_size_of(settings, rows) / max(1, rows))
    return replace(settings, epochs=max(between[0], min(between[1], rounds)))
