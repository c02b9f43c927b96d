"""tlcore.strategies.telling: which parts move is pictured from the input up, and what moved is counted and said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tlcore.strategies.telling import kept_round, moved_weights, pictured


def test_the_picture_goes_from_the_input_to_the_classifier_which_always_moves() -> None:
    shown = [(block.name, block.moves) for block in pictured(2, ["block 2", "head"])]
    assert shown == [("embeddings", False), ("block 1", False), ("block 2", True), ("classifier", True)]


def test_what_moved_is_said_in_numbers_and_as_a_share() -> None:
    said: list[str] = []
    given: Any = SimpleNamespace(emit=lambda kind, level, text: said.append(text))
    model: Any = SimpleNamespace(encoder=torch.nn.Linear(99, 10))
    assert moved_weights(given, model, 10) == {"moved": 10, "moved_share": 0.01}
    assert said == ["10 of the model's 1,000 weights moved (1.00%), the classifier apart."]


@pytest.mark.parametrize(("judged", "word"), [(True, "number 3"), (False, "the last one")])
def test_which_round_is_kept_is_said(judged: bool, word: str) -> None:
    assert word in kept_round(3.0, judged)
