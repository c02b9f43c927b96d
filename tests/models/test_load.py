"""tlcore.models.load: bases and tokenizers into memory, and a sentence where they cannot be opened."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from tlcore.errors import TlcoreError
from tlcore.models.bases import base_folder, tokenizer_file
from tlcore.models.load import block_count, load_encoder, load_tokenizer

WEIGHTS = "model.safetensors"


@pytest.fixture
def base(tiny_base: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the tiny BERT that a test may break."""
    return Path(shutil.copytree(tiny_base("bert"), tmp_path / "base"))


def change_config(folder: Path, **parts: Any) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | parts), encoding="utf-8")


@pytest.mark.parametrize(("family", "blocks"), [("bert", 3), ("distilbert", 2), ("roberta", 3), ("electra", 3)])
def test_each_family_is_loaded_whole_in_fp32_and_ready_to_predict(
    tiny_base: Callable[[str], Path], family: str, blocks: int
) -> None:
    encoder = load_encoder(tiny_base(family))
    on_disk = load_file(tiny_base(family) / WEIGHTS)
    loaded = encoder.state_dict()
    assert block_count(encoder) == blocks
    assert not encoder.training
    assert {weight.dtype for weight in encoder.parameters()} == {torch.float32}
    assert set(on_disk) == set(dict(encoder.named_parameters()))
    assert all(torch.equal(loaded[name], weight) for name, weight in on_disk.items())


def test_half_precision_weights_become_fp32(base: Path) -> None:
    halved = {name: weight.to(torch.bfloat16) for name, weight in load_file(base / WEIGHTS).items()}
    save_file(halved, base / WEIGHTS, metadata={"format": "pt"})
    change_config(base, dtype="bfloat16")
    assert {weight.dtype for weight in load_encoder(base).parameters()} == {torch.float32}


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x80\x04\x95pickle"])
def test_broken_weights_are_said_with_a_way_on(base: Path, content: bytes) -> None:
    (base / WEIGHTS).write_bytes(content)
    with pytest.raises(TlcoreError, match="could not be opened") as error:
        load_encoder(base)
    assert error.value.where == str(base)
    assert "Choose another" in error.value.fix


def test_half_a_download_is_said_with_a_way_on(base: Path) -> None:
    whole = (base / WEIGHTS).read_bytes()
    (base / WEIGHTS).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TlcoreError, match="could not be opened"):
        load_encoder(base)


def test_weights_of_another_model_are_refused(base: Path, tiny_base: Callable[[str], Path]) -> None:
    shutil.copyfile(tiny_base("distilbert") / WEIGHTS, base / WEIGHTS)
    with pytest.raises(TlcoreError, match="not those that its config") as error:
        load_encoder(base)
    assert error.value.where == str(base)
    assert error.value.fix


def test_weights_of_fewer_blocks_than_the_config_says_are_refused(base: Path) -> None:
    change_config(base, num_hidden_layers=5)
    with pytest.raises(TlcoreError, match=r"32 are missing, such as encoder\.layer\.3\."):
        load_encoder(base)


def test_weights_of_another_size_are_refused_in_words(base: Path) -> None:
    change_config(base, intermediate_size=128)
    with pytest.raises(TlcoreError, match="could not be opened"):
        load_encoder(base)


def test_a_base_without_a_pooler_is_as_good(base: Path) -> None:
    kept = {name: weight for name, weight in load_file(base / WEIGHTS).items() if not name.startswith("pooler.")}
    save_file(kept, base / WEIGHTS, metadata={"format": "pt"})
    loaded = load_encoder(base).state_dict()
    assert all(torch.equal(loaded[name], weight) for name, weight in kept.items())


def test_a_base_saved_with_the_head_of_its_pretraining_is_as_good(base: Path) -> None:
    encoder = transformers.AutoModel.from_pretrained(base)
    whole = transformers.BertForMaskedLM(encoder.config)
    whole.bert.load_state_dict(encoder.state_dict(), strict=False)  # this one has no pooler
    whole.save_pretrained(base)
    assert torch.equal(
        load_encoder(base).encoder.layer[2].output.dense.weight, encoder.encoder.layer[2].output.dense.weight
    )


@pytest.mark.parametrize("text", ["{", "[]", '{"model_type": "never-heard-of"}'])
def test_a_config_that_means_nothing_is_said(base: Path, text: str) -> None:
    (base / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(TlcoreError, match="could not be opened"):
        load_encoder(base)


def test_pickled_weights_are_never_opened(base: Path) -> None:
    torch.save(load_file(base / WEIGHTS), base / "pytorch_model.bin")
    (base / WEIGHTS).unlink()
    with pytest.raises(TlcoreError, match="could not be opened"):
        load_encoder(base)


def test_code_that_comes_with_a_model_never_runs(base: Path) -> None:
    proof = base / "ran"
    (base / "own.py").write_text(f"open({str(proof)!r}, 'w').close()\nclass Own: ...\n", encoding="utf-8")
    change_config(base, model_type="own", auto_map={"AutoConfig": "own.Own", "AutoModel": "own.Own"})
    with pytest.raises(TlcoreError):
        load_encoder(base)
    assert not proof.exists()


def test_the_tokenizer_cuts_but_never_pads_although_its_file_says_so() -> None:
    shipped = Tokenizer.from_file(str(tokenizer_file("minilm")))
    assert len(shipped.encode("hello").ids) == 128  # what this test is about
    tokenizer = load_tokenizer(base_folder("minilm"), 16)
    assert len(tokenizer.encode("hello").ids) == 3
    assert [len(e.ids) for e in tokenizer.encode_batch(["hello", "word " * 300])] == [3, 16]
    assert len(load_tokenizer(base_folder("minilm"), 200).encode("word " * 300).ids) == 200


@pytest.mark.parametrize("content", [None, "", "{}", "not JSON"])
def test_a_tokenizer_that_cannot_be_opened_is_said(base: Path, content: str | None) -> None:
    (base / "tokenizer.json").unlink()
    if content is not None:
        (base / "tokenizer.json").write_text(content, encoding="utf-8")
    with pytest.raises(TlcoreError, match="tokenizer of this base model could not be opened") as error:
        load_tokenizer(base, 16)
    assert error.value.where == str(base / "tokenizer.json")
