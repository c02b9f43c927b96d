"""The settings of a strategy where it teaches a model to write: its own without those of a classifier, and those of writing."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

from tlcore.plan import setting

SENSIBLE = "Rewrite the text."
RATES = {
    "lora": 1e-3,
    "lokr": 2e-3,
    "ia3": 1e-2,
    "top_layers": 1e-4,
    "full_finetune": 1e-4,
    "prompt_tuning": 1e-2,
    "prefix_tuning": 1e-2,
}
"""Peak learning rates: an encoder under a new head needs other ones than a model that writes already."""
LEFT_OUT = ("head_learning_rate", "watch", "layers", "dropout", "class_weight")
"""Settings of a classifier on top, which is not here."""

OWN: dict[str, Any] = {
    "instruction": setting(SENSIBLE, "Instruction", "What the model is told to do with every text. It is read before the text, also by the "
                           "untrained model that yours is compared with. A column of instructions takes its place.", term="prompt", asked=True),
    "max_new_tokens": setting(0, "Longest answer", "0 chooses by the right texts it learns from.", low=0, high=1024, unit="word pieces",
                              term="max_new_tokens", advanced=True),
    "num_beams": setting(1, "Ways to go on", "How many beginnings of an answer are followed at once. More is slower and sometimes better.",
                         low=1, high=8, term="beam search", advanced=True),
    "no_repeat": setting(6, "Guard against repeating", "So many word pieces in a row are never said twice in an answer; 0 lets it repeat itself.",
                         low=0, high=20, unit="word pieces", term="no_repeat_ngram_size", advanced=True),
    "gradient_checkpointing": setting("auto", "Save memory", "Computes parts twice instead of keeping them: a third slower, much less memory. "
                                      "Auto does so where memory is short.", choices=("auto", "yes", "no"), term="gradient checkpointing",
                                      advanced=True),
}  # fmt: skip


@cache
def writing_settings(strategy: Any) -> type[Any]:
    """A strategy's settings without those of a classifier, with those of writing; learning rates as they suit a model that writes."""
    name, kind = strategy.name, strategy.Settings
    fields: list[tuple[str, Any, Any]] = [(own, type(spec.default), _again(spec)) for own, spec in OWN.items()]
    for spec in dataclasses.fields(kind):
        if spec.name in LEFT_OUT or spec.name in OWN:
            continue
        changed = RATES.get(name) if spec.name == "learning_rate" else 2 if spec.name == "patience" else None
        fields.append((spec.name, spec.type, _again(spec, changed)))
    given = {"head_learning_rate": property(lambda self: self.learning_rate)}
    return dataclasses.make_dataclass("Settings", fields, frozen=True, namespace=given)


def _again(spec: dataclasses.Field[Any], default: Any = None) -> Any:
    meta = dict(spec.metadata)
    if default is not None and meta.get("high") is not None:
        meta["high"] = max(meta["high"], 10 * default)
    return dataclasses.field(default=spec.default if default is None else default, metadata=meta)
