"""The head that was taught first, kept in a run's work folder until the run has ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from tlcore.files import read_json, write_json
from tlcore.models.saved import Head

HEAD, ABOUT = "head.safetensors", "head.json"


def save_head(work: Path, head: Head, about: dict[str, Any]) -> None:
    """about: JSON-able. It is written last: without it the head does not count."""
    save_file(head.tensors(), str(work / HEAD))
    write_json(work / ABOUT, about)


def load_head(work: Path) -> tuple[Head, dict[str, Any]] | None:
    """The head and what was said about it; None if there is none whole."""
    about = read_json(work / ABOUT)
    try:
        return (Head(**load_file(str(work / HEAD))), about) if about else None
    except (OSError, SafetensorError):
        return None
