"""tlcore.models.virtual_tokens: learned vectors before a text, which whoever asks the encoder need not know of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conftest import DECODERS, FAMILIES
from tlcore.engine.forgetting import Geometry
from tlcore.models.bases import base_folder
from tlcore.models.load import load_encoder, longest_input
from tlcore.models.onnx_export import export_onnx
from tlcore.models.virtual_tokens import NAME, add_prefix, add_prompt

WAYS = [add_prompt, add_prefix]
IDS = torch.tensor([[5, 6, 7, 8, 9], [8, 5, 9, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


def read(encoder: Any, ids: torch.Tensor = IDS, mask: torch.Tensor = MASK) -> Any:
    return encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True)


def own(encoder: Any) -> dict[str, Any]:
    return {name: p for name, p in encoder.named_parameters() if name.rpartition(".")[2] == NAME}


@pytest.mark.parametrize("add", WAYS)
@pytest.mark.parametrize("family", [*FAMILIES, *DECODERS])
def test_every_family_reads_them_and_gives_back_the_places_of_the_text_alone(
    tiny_base: Callable[[str], Path], add: Callable[..., Any], family: str
) -> None:
    encoder = load_encoder(tiny_base(family))
    before = read(encoder)
    found = read(add(encoder, 4))
    assert [state.shape for state in found.hidden_states] == [state.shape for state in before.hidden_states]
    assert not torch.allclose(found.last_hidden_state, before.last_hidden_state, atol=1e-4)
    alone = read(encoder, IDS[1:, :3], MASK[1:, :3]).last_hidden_state[0]
    assert torch.allclose(alone, found.last_hidden_state[1, :3], atol=1e-5)  # whatever longer text it is read with


@pytest.mark.parametrize("add", WAYS)
@pytest.mark.parametrize("family", [*FAMILIES, *DECODERS])
def test_all_of_them_learn(tiny_base: Callable[[str], Path], add: Callable[..., Any], family: str) -> None:
    encoder = add(load_encoder(tiny_base(family)), 4)
    read(encoder).last_hidden_state[MASK.bool()].pow(3).sum().backward()
    assert own(encoder)
    assert all(float(p.grad.abs().sum()) > 0 for p in own(encoder).values())


def test_a_prefix_stands_in_every_block_and_a_prompt_before_the_first(tiny_base: Callable[[str], Path]) -> None:
    prefix = own(add_prefix(load_encoder(tiny_base("bert")), 5))
    assert {name: tuple(p.shape) for name, p in prefix.items()} == {
        f"encoder.layer.{i}.{NAME}": (5, 32) for i in range(3)
    }
    prompt = own(add_prompt(load_encoder(tiny_base("electra")), 5))
    assert {name: tuple(p.shape) for name, p in prompt.items()} == {NAME: (5, 16)}  # as wide as ELECTRA's words


@pytest.mark.parametrize("add", WAYS)
@pytest.mark.parametrize("family", ["bert", "xlnet", "llama"])
def test_what_was_saved_is_opened_as_it_was(
    tiny_base: Callable[[str], Path], add: Callable[..., Any], family: str, tmp_path: Path
) -> None:
    encoder = add(load_encoder(tiny_base(family)), 3)
    with torch.no_grad():
        for one in own(encoder).values():
            one += torch.randn(one.shape, generator=torch.Generator().manual_seed(1))
    encoder.save_pretrained(str(tmp_path), save_original_format=False)
    again = load_encoder(tmp_path)
    assert torch.allclose(read(again).last_hidden_state, read(encoder.eval()).last_hidden_state, atol=1e-6)


@pytest.mark.parametrize("add", WAYS)
def test_the_graph_has_them_too_and_is_checked_to_the_longest_text(
    tiny_base: Callable[[str], Path], add: Callable[..., Any], tmp_path: Path, home: Path
) -> None:
    encoder = add(load_encoder(tiny_base("bert")), 3)
    with torch.no_grad():
        for one in own(encoder).values():
            one += 1.0
    encoder.save_pretrained(str(tmp_path), save_original_format=False)
    export_onnx(encoder, (1, 3), tmp_path)  # raises where it does not say what torch says
    assert longest_input(encoder.config) == 130 - 3


@pytest.mark.parametrize("add", WAYS)
def test_before_they_learn_the_model_sees_nearly_as_without_them(add: Callable[..., Any]) -> None:
    """A head was fitted to the plain model: what it reads must not be another thing at the first step."""
    folder = base_folder("minilm")
    encoder = load_encoder(folder)
    geometry = Geometry(encoder, folder)
    assert geometry.similarity(add(encoder, 8)) > 0.95


def test_the_same_seed_begins_with_the_same_words(tiny_base: Callable[[str], Path]) -> None:
    first, again, other = (
        own(add_prompt(load_encoder(tiny_base("bert")), 4, seed))[NAME].detach() for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
