"""A base model that came as GGUF (weights in few bits) made into a folder like any other: `python -m tlcore.models.gguf_base
FILE sha256:HEX FOLDER`. Once; atomic. What the few bits lost stays lost: the numbers are the same, only written out in full."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any

from filelock import FileLock

from tlcore.errors import TlcoreError
from tlcore.files import sha256

OWN = ("quantization_config", "_name_or_path")
"""Of the config: what is true of the GGUF file, not of the folder."""


def convert(source: Path, revision: str, folder: Path) -> None:
    """Write config.json, model.safetensors (fp32), tokenizer.json and chat_template.jinja of a GGUF file into `folder`.

    revision: `sha256:` and the digest of the file. Raises TlcoreError if the file is another one.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if (folder / "config.json").exists():  # another process was quicker
            return
        if f"sha256:{sha256(source)}" != revision:
            raise TlcoreError("This base model is damaged.", str(source), "Run: python3 start.py setup")
        spare = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.tmp")
        try:
            _write(source, spare)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(spare, folder)
        finally:
            shutil.rmtree(spare, ignore_errors=True)


def _write(source: Path, folder: Path) -> None:
    import torch
    import transformers
    from safetensors.torch import save_file

    from tlcore.models.load import quiet

    quiet()
    where: dict[str, Any] = {"gguf_file": source.name, "local_files_only": True}
    model = transformers.AutoModelForCausalLM.from_pretrained(
        str(source.parent), trust_remote_code=False, use_safetensors=True, dtype=torch.float32, **where
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(source.parent), trust_remote_code=False, **where)
    folder.mkdir(parents=True)
    tied = model.config.tie_word_embeddings
    # Not save_pretrained, which refuses a model that remembers to have come in few bits.
    weights = {k: v.contiguous() for k, v in model.state_dict().items() if not (tied and k == "lm_head.weight")}
    save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})
    tokenizer.save_pretrained(str(folder))
    config = {name: value for name, value in model.config.to_dict().items() if name not in OWN}
    config["architectures"] = [type(model).__name__]
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
