"""A model that was taught to write, and the folder it is kept in: the layout that `tlcore.predict.rewriter` reads."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tlcore import __version__
from tlcore.files import write_json
from tlcore.models.saved import TOKENIZER_FILES
from tlcore.predict.predictor import ABOUT
from tlcore.predict.rewriter import START

Progress = Callable[[int, int], None]


@dataclass
class FittedWriter:
    """What teaching leaves. Has what `models.saved.Fitted` has, so far as a job asks for it.

    lm: transformers' own, what was added to it merged in. start: what all prompts begin with (tlcore.predict.decoding.Start), None
    for a model that reads first. untuned: texts -> what the base answers to them as it came.
    """

    lm: Any
    start: Any
    base_folder: Path
    answer: dict[str, Any]
    max_length: int
    epochs: float | None
    trainable_parameters: int
    total_parameters: int
    chosen: dict[str, Any]
    untuned: Callable[[Sequence[str], Progress], list[str]]
    validation_answers: list[str] | None = None
    validation_probabilities: Any = None
    added: Any = None
    pretraining: Any = None
    unadapted: Any = None
    asked: Any = None
    warnings: list[str] = field(default_factory=list)

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        """Write the model's folder; the network is let go of then, for whoever goes on opens what was kept."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        self.lm.save_pretrained(str(folder), save_original_format=False)
        (folder / "generation_config.json").unlink(missing_ok=True)  # nudge.json says how it writes
        for name in (*TOKENIZER_FILES, "chat_template.jinja"):
            if (self.base_folder / name).exists():
                shutil.copyfile(self.base_folder / name, folder / name)
        if self.start is not None:
            tensors = {"keys": self.start.keys.float().contiguous(), "values": self.start.values.float().contiguous()}
            save_file(tensors, str(folder / START))
        write_json(
            folder / ABOUT,
            {"format": 1, "nudge": __version__, **about, "max_length": self.max_length, "pad_token_id": 0},
        )
        self.lm = self.start = None
