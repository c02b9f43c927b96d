"""A base model with the head that guesses words: masked ones (BERT and its kin), or the next one (GPT-2 and its kin)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.models.load import open_base, refuse_missing

MASKED, CAUSAL = "masked", "causal"
NO_OBJECTIVE = ("xlnet", "xlm", "flaubert", "reformer", "perceiver", "tapas", "layoutlm", "luke")
"""Kinds that guess words in a way of their own, or read more than text."""


@dataclass(frozen=True)
class LanguageModel:
    """model: transformers' own, the base in it and the head on it. objective: MASKED or CAUSAL.

    trained: whether the head came with the weights; else its numbers are random, but for what it shares with the embeddings.
    """

    model: Any
    objective: str
    trained: bool


def load_language_model(folder: Path) -> LanguageModel:
    """The base in a folder with its head for words, in fp32; the objective is that of its kind.

    Raises TlcoreError if it cannot be opened, or its kind has no such head.
    """
    import transformers

    config = open_config(folder)
    objective = objective_of(config, folder)
    kind = transformers.AutoModelForMaskedLM if objective == MASKED else transformers.AutoModelForCausalLM
    model, missing = open_base(kind, folder)
    inside = f"{model.base_model_prefix}."
    refuse_missing([name for name in missing if name.startswith(inside)], folder)
    return LanguageModel(model, objective, not missing)


def open_config(folder: Path) -> Any:
    """The config in a folder. Raises TlcoreError for one that cannot be read."""
    import transformers

    from tlcore.models.load import old_config

    try:
        return old_config(folder).get("config") or transformers.AutoConfig.from_pretrained(
            str(folder), trust_remote_code=False, local_files_only=True
        )
    except (OSError, ValueError, KeyError) as error:
        raise TlcoreError(
            "The base model could not be opened.", str(folder), f"Choose another one. ({str(error)[:200]})"
        ) from error


def objective_of(config: Any, folder: Path) -> str:
    """MASKED where the kind has a head for masked words, else CAUSAL. Raises TlcoreError for a kind that has neither."""
    import transformers

    odd = config.model_type in NO_OBJECTIVE or getattr(config, "is_encoder_decoder", False)
    if not odd and type(config) in transformers.MODEL_FOR_MASKED_LM_MAPPING:
        return MASKED
    if not odd and type(config) in transformers.MODEL_FOR_CAUSAL_LM_MAPPING:
        return CAUSAL
    raise TlcoreError(
        f"This kind of base model ({config.model_type}) cannot be taught by guessing words in your texts.",
        str(folder),
        "Choose another base model, or a way to train that does not read unlabelled texts first.",
    )
