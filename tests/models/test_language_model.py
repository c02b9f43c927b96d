"""tlcore.models.language_model: the head for words of each family, tied to the embeddings; the objective by the kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tlcore.errors import TlcoreError
from tlcore.models.bases import base_folder
from tlcore.models.language_model import CAUSAL, MASKED, load_language_model
from tlcore.models.load import load_encoder


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "albert", "mpnet", "deberta-v2", "modernbert"])
def test_each_family_guesses_masked_words_by_its_own_embeddings(tiny_base: Callable[[str], Path], family: str) -> None:
    found = load_language_model(tiny_base(family))
    assert (found.objective, found.trained) == (MASKED, False)
    table = found.model.get_input_embeddings().weight
    assert found.model.get_output_embeddings().weight is table
    with torch.inference_mode():
        logits = found.model(input_ids=torch.tensor([[101, 2023, 103, 102]])).logits
    assert logits.shape == (1, 4, len(table))


def test_the_base_that_comes_with_nudge_has_no_such_head(home: Path) -> None:
    found = load_language_model(base_folder("minilm"))
    assert not found.trained
    mine, theirs = found.model.base_model.state_dict(), load_encoder(base_folder("minilm")).state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in mine.items())


def test_a_head_that_came_with_the_weights_is_known(tiny_base: Callable[[str], Path], tmp_path: Path) -> None:
    load_language_model(tiny_base("bert")).model.save_pretrained(str(tmp_path))
    assert load_language_model(tmp_path).trained


def test_a_decoder_guesses_the_next_word(tiny_decoder: Path) -> None:
    assert load_language_model(tiny_decoder).objective == CAUSAL


def test_a_kind_that_does_neither_is_refused(tiny_base: Callable[[str], Path]) -> None:
    with pytest.raises(TlcoreError, match="cannot be taught by guessing") as error:
        load_language_model(tiny_base("xlnet"))
    assert "another base model" in error.value.fix


def test_weights_of_another_model_are_refused(tiny_base: Callable[[str], Path], tmp_path: Path) -> None:
    shutil.copytree(tiny_base("bert"), tmp_path / "odd")
    weights = load_file(str(tmp_path / "odd" / "model.safetensors"))
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, str(tmp_path / "odd" / "model.safetensors"), {"format": "pt"})
    with pytest.raises(TlcoreError, match="are missing"):
        load_language_model(tmp_path / "odd")
