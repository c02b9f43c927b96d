"""tlcore.strategies.bitfit: bias terms and the head move, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlcore.errors import TlcoreError
from tlcore.strategies import get_strategy

STRATEGY = get_strategy("bitfit")
FAMILIES = ["bert", "distilbert", "roberta", "electra"]


@pytest.mark.parametrize("family", FAMILIES)
def test_only_biases_of_the_blocks_move(
    tuned: Callable[..., Any], moved: Callable[..., set[str]], always_better: None, family: str
) -> None:
    _, found = tuned("bitfit", family, learning_rate=1e-2, watch="macro_f1")
    names = moved(found, family)
    assert names
    assert all(name.endswith("bias") and "layer." in name for name in names)


def test_what_moves_is_counted_and_said(tuned: Callable[..., Any]) -> None:
    run, found = tuned("bitfit")
    biases = 3 * (4 * 32 + 64 + 32 + 2 * 32)
    assert found.trainable_parameters == biases + 2 * 32 + 2
    assert any(f"{biases:,} of the model's" in note["text"] for note in run.of("note"))


def test_a_base_whose_blocks_have_no_biases_is_refused_in_words(tuned: Callable[..., Any]) -> None:
    """ModernBERT: the head alone would learn, and the run would be called what it is not."""
    with pytest.raises(TlcoreError, match="nothing but the classifier would learn") as told:
        tuned("bitfit", "modernbert")
    assert "LoRA" in told.value.fix


@pytest.mark.parametrize("family", ["albert", "xlnet", "deberta-v2"])
def test_biases_of_other_families_move_too(
    tuned: Callable[..., Any], moved: Callable[..., set[str]], always_better: None, family: str
) -> None:
    _, found = tuned("bitfit", family, learning_rate=1e-2, watch="macro_f1")
    names = moved(found, family)
    assert any("ff" in name or "attention" in name for name in names)
    assert all(name.endswith("bias") for name in names)


def test_of_the_embedded_model_less_than_a_hundredth_moves(fit_input: Callable[..., Any]) -> None:
    run = fit_input("bitfit", {"negative": 4, "positive": 4}, epochs=1)
    assert 0 < STRATEGY.fit(run.given).chosen["moved_share"] < 0.01


def test_the_picture_shows_all_blocks_and_still_embeddings() -> None:
    assert [block.moves for block in STRATEGY.blocks(2)] == [False, True, True, True]
