"""tlcore.models.gguf_base: weights in few bits become a base like any other, once, whole, and from the right file only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tlcore.errors import TlcoreError
from tlcore.models import bases, gguf_base
from tlcore.models.bases import BASES, base_folder
from tlcore.workspace import Workspace

SMOLLM2 = next(base for base in BASES if base.name == "smollm2")


def test_the_decoder_that_came_along_is_a_folder_of_safetensors() -> None:
    from safetensors import safe_open

    folder = base_folder("smollm2")
    config = json.loads((folder / "config.json").read_text())
    assert folder.parent == Workspace().base_cache
    assert base_folder(str(folder)) == folder  # it passes what is asked of any folder
    assert (config["model_type"], config["num_hidden_layers"], config["hidden_size"]) == ("llama", SMOLLM2.blocks, SMOLLM2.width)  # fmt: skip
    assert "quantization_config" not in config
    with safe_open(folder / "model.safetensors", "np") as weights:
        sizes = [weights.get_slice(name).get_shape() for name in weights.keys()]  # noqa: SIM118
        assert {weights.get_slice(name).get_dtype() for name in weights.keys()} == {"F32"}  # noqa: SIM118
    parameters = sum(int(size[0]) * int(size[1] if len(size) > 1 else 1) for size in sizes)
    assert parameters / 1e6 == pytest.approx(SMOLLM2.parameters, abs=0.1)
    assert not list(folder.parent.glob("*.tmp"))


def test_another_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF and then something else")
    with pytest.raises(TlcoreError, match="damaged"):
        gguf_base.convert(tmp_path / "x.gguf", SMOLLM2.revision, tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_what_fails_in_the_middle_leaves_nothing_and_is_said(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / SMOLLM2.gguf).write_bytes(b"GGUF and then something else")
    monkeypatch.setattr(bases, "_packaged", lambda base: tmp_path)
    with pytest.raises(TlcoreError, match="could not be made ready") as error:
        base_folder("smollm2")
    assert "damaged" in error.value.fix
    assert [one for one in Workspace().base_cache.iterdir() if one.suffix != ".lock"] == []


def test_a_writing_that_breaks_off_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlcore.files import sha256

    source = tmp_path / "x.gguf"
    source.write_bytes(b"x")

    def broken(source: Path, folder: Path) -> None:
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        raise OSError("disk full")

    monkeypatch.setattr(gguf_base, "_write", broken)
    with pytest.raises(OSError, match="disk full"):
        gguf_base.convert(source, f"sha256:{sha256(source)}", tmp_path / "made")
    assert [one.name for one in tmp_path.iterdir() if one.is_dir()] == []


def test_one_that_was_made_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "config.json").write_text("{}")
    monkeypatch.setattr(gguf_base, "_write", lambda *_: pytest.fail("made again"))
    gguf_base.convert(tmp_path / "gone.gguf", SMOLLM2.revision, tmp_path / "made")
