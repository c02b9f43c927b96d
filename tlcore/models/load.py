"""Base models and tokenizers into memory: safetensors only, no code from elsewhere, no download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError


def load_encoder(folder: Path) -> Any:
    """The base model as a torch module in fp32, in eval mode.

    Raises TlcoreError if it cannot be opened, or its weights are not those that its config.json describes.
    """
    import transformers
    from safetensors import SafetensorError

    quiet()
    try:
        model, found = transformers.AutoModel.from_pretrained(
            str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True, dtype="float32",
            output_loading_info=True,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise TlcoreError(
            "The base model could not be opened.", str(folder), f"Choose another one. ({str(error)[:200]})"
        ) from error
    # transformers fills what is missing with random numbers; only the pooler, which no head of ours reads, may be.
    missing = sorted(name for name in found["missing_keys"] if "pooler" not in name.split("."))
    if missing:
        raise TlcoreError(
            f"The weights of this base model are not those that its config.json describes: {len(missing):,} are missing, "
            f"such as {missing[0]}.",
            str(folder),
            "Fetch it again, or choose another one.",
        )
    return model.eval()


def load_tokenizer(folder: Path, max_length: int) -> Any:
    """A `tokenizers.Tokenizer` that cuts at max_length and never pads (the shipped file would pad everything to 128).

    Raises TlcoreError if tokenizer.json cannot be opened.
    """
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # tokenizers raises no narrower class
        raise TlcoreError(
            "The tokenizer of this base model could not be opened.",
            str(file),
            f"Choose another base. ({str(error)[:200]})",
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    return tokenizer


def quiet() -> None:
    """Progress bars and advice belong to our events, not to the log."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def block_count(encoder: Any) -> int:
    """How many transformer blocks the encoder has."""
    return int(encoder.config.num_hidden_layers)
