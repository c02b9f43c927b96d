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

from tests.conftest import FAMILIES
from tlcore.errors import TlcoreError
from tlcore.models.bases import base_folder, tokenizer_file
from tlcore.models.load import NO_LIMIT, block_count, load_encoder, load_tokenizer, longest_input

WEIGHTS = "model.safetensors"


@pytest.fixture
def base(tiny_base: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the tiny BERT that a test may break."""
    return Path(shutil.copytree(tiny_base("bert"), tmp_path / "base"))


def change_config(folder: Path, **parts: Any) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | parts), encoding="utf-8")


def drop_kind(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    del config["model_type"]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_is_loaded_whole_in_fp32_and_ready_to_predict(
    tiny_base: Callable[[str], Path], family: str
) -> None:
    encoder = load_encoder(tiny_base(family))
    on_disk = load_file(tiny_base(family) / WEIGHTS)
    loaded = encoder.state_dict()
    with torch.inference_mode():
        states = encoder(torch.tensor([[7, 8, 9]]), output_hidden_states=True).hidden_states
    assert len(states) == block_count(encoder) + 1
    assert {tuple(state.shape) for state in states} == {(1, 3, 32)}
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


@pytest.mark.parametrize("family", FAMILIES)
def test_a_base_saved_with_the_head_of_its_pretraining_is_as_good(
    tiny_base: Callable[[str], Path], tmp_path: Path, family: str
) -> None:
    encoder = load_encoder(tiny_base(family))
    heads = {"xlnet": "XLNetLMHeadModel", "electra": "ElectraForPreTraining"}  # as they are published
    kind = getattr(transformers, heads.get(family, type(encoder).__name__.removesuffix("Model") + "ForMaskedLM"))
    whole = kind(encoder.config)
    whole.base_model.load_state_dict(encoder.state_dict(), strict=False)  # most have no pooler then
    whole.save_pretrained(tmp_path)
    loaded = load_encoder(tmp_path).state_dict()
    assert all(torch.equal(loaded[name], w) for name, w in encoder.state_dict().items() if "pooler" not in name)


def test_the_names_of_weights_in_the_first_berts_are_known(base: Path) -> None:
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): weight * 2
        for name, weight in load_file(base / WEIGHTS).items()
    }
    save_file(old, base / WEIGHTS, metadata={"format": "pt"})
    loaded = load_encoder(base)
    assert torch.equal(loaded.embeddings.LayerNorm.weight, old["embeddings.LayerNorm.gamma"])


def test_a_config_that_names_no_kind_is_berts(base: Path) -> None:
    drop_kind(base)  # as TinyBERT's and FinBERT's are published
    assert type(load_encoder(base)) is transformers.BertModel


@pytest.mark.parametrize("family", ["roberta", "deberta-v2", "albert"])
def test_a_config_that_names_no_kind_and_cannot_be_berts_is_refused(
    tiny_base: Callable[[str], Path], tmp_path: Path, family: str
) -> None:
    folder = Path(shutil.copytree(tiny_base(family), tmp_path / "base"))
    drop_kind(folder)
    with pytest.raises(TlcoreError):
        load_encoder(folder)


@pytest.mark.parametrize(
    ("family", "longest"),
    [*[(family, 130) for family in ("bert", "distilbert", "electra", "albert", "deberta-v2", "modernbert")],
     *[(family, 512) for family in ("roberta", "xlm-roberta", "mpnet")], ("xlnet", NO_LIMIT)],
)  # fmt: skip
def test_the_longest_text_that_a_base_says_it_can_read_it_can(
    tiny_base: Callable[[str], Path], family: str, longest: int
) -> None:
    encoder = load_encoder(tiny_base(family))
    before = encoder.config.to_dict()
    assert longest_input(encoder.config) == longest
    assert encoder.config.to_dict() == before
    with torch.inference_mode():
        read = encoder(torch.full((1, min(longest, 600)), 7)).last_hidden_state
    assert torch.isfinite(read).all()


@pytest.mark.parametrize("family", ["bert", "roberta", "xlm-roberta", "mpnet", "distilbert", "electra", "albert"])
def test_one_token_more_than_the_longest_text_has_no_place(tiny_base: Callable[[str], Path], family: str) -> None:
    encoder = load_encoder(tiny_base(family))
    with pytest.raises((IndexError, RuntimeError)), torch.inference_mode():
        encoder(torch.full((1, longest_input(encoder.config) + 1), 7))


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"model_type": "never-heard-of"}', '{"model_type": "bert", "hidden_size": "x"}']
)
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
