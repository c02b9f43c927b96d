"""tlcore.engine.pairs and tlcore.engine.writer: several rows in one sequence are learned from as each by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tlcore.engine.pairs import NOT_ASKED, Pairs, packed
from tlcore.engine.writer import Writer, block_mask
from tlcore.models.writer_base import load_writer

PROMPTS = [[7, 8, 9], [5], [6, 6], [11, 12, 13, 14, 15, 16, 17]]
ANSWERS = [[20, 21], [30, 31], [40], [50, 51, 52]]


def test_rows_are_put_together_up_to_the_longest() -> None:
    bins = packed([5, 3, 3, 10])
    assert sorted(i for one in bins for i in one) == [0, 1, 2, 3]
    assert bins[0] == [3]
    assert all(sum([5, 3, 3, 10][i] for i in one) <= 10 for one in bins)
    assert packed([]) == []


def test_only_the_answer_is_asked_for() -> None:
    given = Pairs(PROMPTS, ANSWERS).inputs([0, 1], 0)
    assert given["input_ids"].tolist() == [[7, 8, 9, 20, 21], [5, 30, 31, 0, 0]]
    assert given["targets"].tolist() == [[NOT_ASKED] * 3 + [20, 21], [NOT_ASKED, 30, 31, NOT_ASKED, NOT_ASKED]]
    assert given["attention_mask"].tolist() == [[1] * 5, [1, 1, 1, 0, 0]]


def test_rows_of_like_length_stay_by_themselves() -> None:
    assert "segments" not in Pairs(PROMPTS[:2] * 2, [[1, 2], [1, 2, 3, 4]] * 2, packs=True).inputs([0, 1, 2, 3], 0)


def test_no_text_sees_another() -> None:
    mask = block_mask(torch.tensor([[1, 1, 2, 2, 0]]), before=1)[0, 0].long().tolist()
    assert mask == [
        [1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0], [1, 0, 0, 1, 0, 0], [1, 0, 0, 1, 1, 0], [1, 0, 0, 0, 0, 1],
    ]  # fmt: skip


@pytest.mark.parametrize("family", ["llama", "gpt2", "mistral", "qwen2"])
def test_packed_rows_give_the_loss_that_they_give_apart(family: str, tiny_writer: Callable[..., Path]) -> None:
    base = load_writer(tiny_writer(family))
    model = Writer(base.lm, base.lm.base_model, [3, 4]).eval()
    rows = [0, 1, 2, 3]

    def learned(packs: bool) -> tuple[float, Any]:
        given = Pairs(PROMPTS, ANSWERS, packs=packs).inputs(rows, 0)
        assert ("segments" in given) is packs
        loss = model(**given)["loss"]
        table = base.lm.get_input_embeddings().weight
        return float(loss.detach()), torch.autograd.grad(loss, table)[0]

    (apart, slope), (together, packed_slope) = learned(False), learned(True)
    assert together == pytest.approx(apart, abs=1e-4)
    assert torch.allclose(slope, packed_slope, atol=1e-4)
    whole = torch.tensor([[3, 4, *PROMPTS[0], *ANSWERS[0]]])  # read in one go, without a beginning read once
    scores = base.lm(input_ids=whole).logits[0, 4:6].float()
    alone = Pairs(PROMPTS, ANSWERS).inputs([0], 0)
    assert float(model(**alone)["loss"]) == pytest.approx(
        float(torch.nn.functional.cross_entropy(scores, torch.tensor(ANSWERS[0]))), abs=1e-4
    )
