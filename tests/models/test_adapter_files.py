"""tlcore.models.adapter_files and tlcore.predict.adapter: what was added, kept apart, and put together again without torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from tlcore.files import folder_bytes
from tlcore.models.adapter_files import save_adapter
from tlcore.models.load import load_encoder
from tlcore.predict.adapter import ABOUT_ADAPTER, WEIGHTS, join
from tlcore.strategies import get_strategy

NAMES = ["lora", "ia3", "lokr", "bitfit", "prefix_tuning", "prompt_tuning"]


@pytest.fixture
def learned(tiny_base: Callable[[str], Path], tmp_path: Path) -> Callable[[str, str], tuple[Path, Path, Path]]:
    """A base, the model that a strategy made of it (its parts moved at random), and the adapter that was kept."""

    def make(name: str, family: str = "bert") -> tuple[Path, Path, Path]:
        base, model, adapter = tiny_base(family), tmp_path / "model", tmp_path / "adapter"
        strategy: Any = get_strategy(name)
        encoder = strategy.prepare(load_encoder(base), strategy.Settings())
        chance = torch.Generator().manual_seed(0)
        moves = [
            p
            for n, p in encoder.named_parameters()
            if any(part in n for part in ("lora_", "ia3_", "lokr_", "virtual_tokens"))
            or (name == "bitfit" and n.endswith("bias"))
        ]
        with torch.no_grad():
            for parameter in moves:
                parameter += 0.05 * torch.randn(parameter.shape, generator=chance)
        added = strategy.added(encoder)
        strategy.finish(encoder).save_pretrained(str(model), save_original_format=False)
        assert save_adapter(added, ("tiny", base), model, adapter)
        return base, model, adapter

    return make


@pytest.mark.parametrize("name", NAMES)
def test_base_and_adapter_give_the_trained_weights_again(
    learned: Callable[..., Any], name: str, tmp_path: Path
) -> None:
    base, model, adapter = learned(name)
    join(base / WEIGHTS, adapter, tmp_path / "joined.safetensors")
    found, trained, before = (
        load_file(str(p)) for p in (tmp_path / "joined.safetensors", model / WEIGHTS, base / WEIGHTS)
    )
    assert set(found) == set(trained)
    assert all(np.allclose(found[n], value, atol=2e-3) for n, value in trained.items())
    assert any(n not in before or not np.allclose(value, before[n], atol=1e-2) for n, value in found.items())
    head = [path.read_bytes()[:4000] for path in (tmp_path / "joined.safetensors", model / WEIGHTS)]
    assert head[0] == head[1]  # the graph finds every weight at its place


@pytest.mark.parametrize("family", ["distilbert", "albert", "deberta-v2", "modernbert", "xlnet"])
def test_other_families_too(learned: Callable[..., Any], family: str) -> None:
    learned("lora", family)  # saving tries it


def test_switched_off_it_is_the_base(learned: Callable[..., Any], tmp_path: Path) -> None:
    base, _, adapter = learned("lora")
    join(base / WEIGHTS, adapter, tmp_path / "off.safetensors", without=True)
    found, before = load_file(str(tmp_path / "off.safetensors")), load_file(str(base / WEIGHTS))
    assert all(np.array_equal(value, before[n]) for n, value in found.items())


def test_it_is_small(learned: Callable[..., Any]) -> None:
    _, model, adapter = learned("ia3")
    assert folder_bytes(adapter) < folder_bytes(model) / 50


def test_peft_opens_what_is_pefts(learned: Callable[..., Any]) -> None:
    from peft import PeftModel

    base, model, adapter = learned("lora")
    ids = torch.tensor([[5, 6, 7]])
    opened = PeftModel.from_pretrained(load_encoder(base), str(adapter)).eval()
    with torch.no_grad():
        found, expected = (one(input_ids=ids).last_hidden_state for one in (opened, load_encoder(model)))
    assert torch.allclose(found, expected, atol=1e-2)


def test_another_base_is_refused(learned: Callable[..., Any], tiny_base: Callable[[str], Path], tmp_path: Path) -> None:
    _, _, adapter = learned("lora")
    with pytest.raises(ValueError, match="not the base model that this adapter was made for"):
        join(tiny_base("roberta") / WEIGHTS, adapter, tmp_path / "x.safetensors")
    about = json.loads((adapter / ABOUT_ADAPTER).read_text(encoding="utf-8"))
    assert "tmp" not in about["base"]  # no place on this machine
