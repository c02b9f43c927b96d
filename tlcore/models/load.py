"""Base models and tokenizers into memory: safetensors only, no code from elsewhere, no download."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.files import read_json

NO_LIMIT = 1_000_000
"""The longest input of a base that numbers no positions: more tokens than anything fits into memory."""


def load_encoder(folder: Path) -> Any:
    """The base model as a torch module in fp32, in eval mode.

    Raises TlcoreError if it cannot be opened, or its weights are not those that its config.json describes.
    """
    import transformers

    from tlcore.models.virtual_tokens import again

    model, missing = open_base(transformers.AutoModel, folder)
    refuse_missing(missing, folder)
    return again(model, folder).eval()


def open_base(kind: Any, folder: Path) -> tuple[Any, list[str]]:
    """The model in a folder as `kind` (an Auto class of transformers), in fp32 and eval mode, and the weights that were not there.

    Raises TlcoreError if it cannot be opened.
    """
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError

    quiet()
    try:
        model, found = kind.from_pretrained(
            str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True, dtype="float32",
            output_loading_info=True, **old_config(folder),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, StrictDataclassError) as error:
        raise TlcoreError(
            "The base model could not be opened.", str(folder), f"Choose another one. ({str(error)[:200]})"
        ) from error
    return model.eval(), sorted(found["missing_keys"])


def refuse_missing(names: Iterable[str], folder: Path) -> None:
    """Raises TlcoreError where weights of the base are missing.

    transformers fills what is missing with random numbers; only the pooler, which no head of ours reads, may be.
    """
    missing = [name for name in names if "pooler" not in name.split(".")]
    if missing:
        raise TlcoreError(
            f"The weights of this base model are not those that its config.json describes: {len(missing):,} are missing, "
            f"such as {missing[0]}.",
            str(folder),
            "Fetch it again, or choose another one.",
        )


def old_config(folder: Path) -> dict[str, Any]:
    """BERT's config where config.json names no kind, as TinyBERT's and FinBERT's do not: they are older than the others.

    Another padding id is RoBERTa's, whose weights have the same names; other weights are refused as missing.
    """
    import transformers

    said = read_json(folder / "config.json")
    if not isinstance(said, dict) or "model_type" in said or said.get("pad_token_id"):
        return {}
    return {"config": transformers.BertConfig.from_dict(said)}


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
    """How many transformer blocks a text passes: hidden states less the first. ALBERT's pass through one block many times."""
    return int(encoder.config.num_hidden_layers)


def longest_input(config: Any) -> int:
    """How many tokens the longest text may have, special ones included; NO_LIMIT where none are numbered (XLNet).

    Not always `max_position_embeddings`: RoBERTa and its kin count from behind the padding id, and of 514 places 512 are left.
    """
    import torch
    import transformers

    places = int(getattr(config, "max_position_embeddings", 0) or 0)
    if places < 1:
        return NO_LIMIT
    with torch.device("meta"):  # the structure without the weights: a few hundredths of a second
        encoder = transformers.AutoModel.from_config(copy.deepcopy(config))
    words = encoder.get_input_embeddings()
    tables = [m for m in encoder.modules() if isinstance(m, torch.nn.Embedding) and m is not words]
    # A table of positions has a padding id only where positions are counted from behind it.
    skipped = [m.padding_idx + 1 for m in tables if m.num_embeddings == places and m.padding_idx is not None]
    return places - max(skipped, default=0) - int(getattr(config, "virtual_tokens", 0) or 0)
