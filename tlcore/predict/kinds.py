"""Which class answers: by how nudge.json says that a model is to be read."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from .answers import kind_of
from .predictor import ABOUT, Predictor

KINDS: dict[str, tuple[str, str]] = {
    "spans": ("spans", "SpanPredictor"),
    "passage": ("passages", "PassagePredictor"),
    "text": ("rewriter", "Rewriter"),
    "pictures": ("pictures", "PicturePredictor"),
}
"""Kind of answer -> module of this package and class with `load`; all others are read by Predictor."""


def load_predictor(folder: Path | str, threads: int | None = None, quick: bool = False) -> Any:
    """Open a model's folder and try it, whatever kind it is. Raises OSError or ValueError, in words, if it is not one.

    What comes back has `about`, `labels`, `text_columns`, `reads`, `answer`, `quick` and `predict`, as Predictor has.
    """
    folder = Path(folder)
    try:
        kind = kind_of(json.loads((folder / ABOUT).read_text(encoding="utf-8")).get("answer"))
    except ValueError as error:
        raise ValueError(
            f"The model in {folder} cannot be opened: {ABOUT} is damaged. Unpack or download it again."
        ) from error
    if kind not in KINDS:
        return Predictor.load(folder, threads, quick)
    module, name = KINDS[kind]
    return getattr(import_module(f".{module}", __package__), name).load(folder, threads, quick)
