"""tlcore.models.bases: a base by name, folder or Hub name, and a way on where there is none."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from tests.conftest import FAMILIES
from tlcore.errors import TlcoreError
from tlcore.files import sha256
from tlcore.models import bases
from tlcore.models.bases import BASES, base_folder, get_base, public_name, tokenizer_file

Bases = Callable[[str], Path]


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_every_known_base_is_installed_and_has_the_weights_it_names(base: bases.BaseModel) -> None:
    folder = base_folder(base.name)
    assert get_base(base.name) is base
    weights = bases._packaged(base) / base.gguf if base.gguf else folder / "model.safetensors"
    assert "sha256:" + sha256(weights) == base.revision
    assert (folder / "config.json").exists()
    assert tokenizer_file(base.name) == folder / "tokenizer.json"
    assert tokenizer_file(base.name).exists()


def test_a_known_base_that_is_not_installed_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "BASES", (dataclasses.replace(BASES[0], package="not_there_at_all"),))
    with pytest.raises(TlcoreError, match="not installed") as error:
        base_folder("minilm")
    assert "start.py" in error.value.fix


@pytest.mark.parametrize("family", FAMILIES)
def test_a_folder_of_the_users_own_is_a_base_that_its_config_describes(tiny_base: Bases, family: str) -> None:
    from tlcore.engine.groups import blocks_of
    from tlcore.models.load import load_encoder

    folder = tiny_base(family)
    encoder = load_encoder(folder)
    base = get_base(str(folder))
    assert base_folder(str(folder)) == folder
    assert (base.name, base.title) == (str(folder), f"tiny-{family}")
    assert (base.blocks, base.width) == (len(blocks_of(encoder)[1]), encoder.config.hidden_size)
    assert base.parameters == pytest.approx(sum(p.numel() for p in encoder.parameters()) / 1e6, abs=0.05)
    assert family in base.sentence


def test_a_folder_may_be_named_from_home(tiny_base: Bases, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_base("bert")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder.parent))
    assert base_folder(f"~/{folder.name}") == folder


@pytest.mark.parametrize(
    ("missing", "said"),
    [("config.json", "no base model"), ("model.safetensors", "safetensors"), ("tokenizer.json", "tokenizer.json")],
)
def test_a_folder_that_lacks_a_file_is_refused_with_a_way_on(
    tiny_base: Bases, tmp_path: Path, missing: str, said: str
) -> None:
    folder = Path(shutil.copytree(tiny_base("bert"), tmp_path / "base"))
    (folder / missing).unlink()
    with pytest.raises(TlcoreError, match=said) as error:
        base_folder(str(folder))
    assert error.value.where == str(folder)
    assert error.value.fix


def test_pickled_weights_are_refused(tiny_base: Bases, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_base("bert"), tmp_path / "base"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(TlcoreError, match="the only one that is safe to open"):
        base_folder(str(folder))


@pytest.mark.parametrize("name", ["two words", "/no/such/folder", "a/b/c", "https://x.org/y"])
def test_a_name_that_cannot_be_one_is_refused_with_the_names_there_are(name: str) -> None:
    with pytest.raises(TlcoreError, match="no base model") as error:
        base_folder(name)
    assert "minilm" in error.value.fix


def test_without_a_network_a_name_from_the_hub_leads_to_the_base_that_came_along() -> None:
    with pytest.raises(TlcoreError, match="could not be fetched") as error:
        base_folder("no-such-owner/no-such-model")
    assert "minilm" in error.value.fix


def test_from_the_hub_come_neither_pickles_nor_code_and_the_rest_is_checked(
    tiny_base: Bases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Sequence[str]]] = []
    given = {"google/bert-tiny": tiny_base("bert"), "google/empty": tmp_path}

    def fetch(name: str, *, allow_patterns: Sequence[str], **_: Any) -> str:
        asked.append((name, allow_patterns))
        return str(given[name])

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    assert base_folder("google/bert-tiny") == tiny_base("bert")
    name, patterns = asked[0]
    assert name == "google/bert-tiny"
    for wanted in ("config.json", "tokenizer.json", "model.safetensors"):
        assert any(fnmatch(wanted, pattern) for pattern in patterns)
    for refused in ("pytorch_model.bin", "modeling_own.py", "model.pkl", "weights.pt", "model.ckpt", "tf_model.h5"):
        assert not any(fnmatch(refused, pattern) for pattern in patterns)
    with pytest.raises(TlcoreError, match=r"config\.json is missing"):
        base_folder("google/empty")


@pytest.mark.parametrize(("fetched", "asked"), [(True, [True]), (False, [True, False])])
def test_the_network_is_asked_only_for_what_is_not_here_yet(
    tiny_base: Bases, monkeypatch: pytest.MonkeyPatch, fetched: bool, asked: list[bool]
) -> None:
    local: list[bool] = []

    def fetch(name: str, *, local_files_only: bool = False, **_: Any) -> str:
        local.append(local_files_only)
        if local_files_only and not fetched:
            raise LocalEntryNotFoundError("not in the cache")
        return str(tiny_base("bert"))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    assert base_folder("google/bert-tiny") == tiny_base("bert")
    assert local == asked


@pytest.mark.parametrize("lost", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_download_that_was_cut_off_is_taken_up_again(
    tiny_base: Bases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    half = Path(shutil.copytree(tiny_base("bert"), tmp_path / "half"))
    (half / lost).unlink()  # snapshot_download(local_files_only=True) gives such a folder back

    def fetch(name: str, *, local_files_only: bool = False, **_: Any) -> str:
        return str(half if local_files_only else tiny_base("bert"))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    assert base_folder("google/bert-tiny") == tiny_base("bert")


def test_weights_in_parts_must_all_be_there(tiny_base: Bases, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_base("bert"), tmp_path / "base"))
    parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    index = {"weight_map": {"a": parts[0], "b": parts[1]}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    (folder / "model.safetensors").rename(folder / parts[0])
    with pytest.raises(TlcoreError, match=f"missing: {parts[1]}"):
        base_folder(str(folder))
    (folder / parts[1]).touch()
    assert base_folder(str(folder)) == folder


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("minilm", "minilm"),
        ("google/bert-tiny", "google/bert-tiny"),
        ("/home/ada/bases/tiny-bert/", "tiny-bert"),
        ("~/bases/tiny-bert", "tiny-bert"),
        ("C:\\Users\\Ada\\tiny-bert", "tiny-bert"),
    ],
)
def test_the_name_that_travels_says_nothing_of_this_machine(name: str, public: str) -> None:
    assert public_name(name) == public


def test_a_folder_named_from_here_travels_under_its_own_name(tiny_base: Bases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny_base("bert"))
    assert public_name(".") == public_name("../tiny-bert") == "tiny-bert"


def test_asking_for_a_base_loads_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from tlcore.models.bases import get_base, tokenizer_file; get_base('minilm'); "
        "tokenizer_file('minilm'); print({'torch', 'transformers'} & set(sys.modules))"
    )
    root = Path(bases.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
