"""tlcore.predict.rewriter and decoding: batches, beams, the guard against repeating, and words as they come."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tlcore.engine.writer import Writer
from tlcore.models.writer_base import load_writer
from tlcore.predict.decoding import Rule, write
from tlcore.predict.kinds import load_predictor
from tlcore.predict.rewriter import now_and_then

PROMPTS = [[2001, 2002, 2003], [2005], [2006, 2010, 2011, 2012, 2013, 2014]]


def opened(folder: Path) -> tuple[Any, Any]:
    base = load_writer(folder)
    start = None if base.reads_first else Writer(base.lm, base.lm.base_model, [101, 2000]).eval().start()
    return base.lm, start


@pytest.mark.parametrize("family", ["llama", "gpt2", "mistral", "qwen2", "t5", "marian"])
def test_what_is_written_together_is_what_transformers_writes_alone(
    family: str, tiny_writer: Callable[..., Path]
) -> None:
    lm, start = opened(tiny_writer(family))
    found = write(lm, start, PROMPTS, Rule(8, (102,)))
    for prompt, ids in zip(PROMPTS, found, strict=True):
        given = torch.tensor([[*(start.ids if start else ()), *prompt]])
        alone = lm.generate(
            input_ids=given,
            attention_mask=torch.ones_like(given),
            max_new_tokens=8,
            do_sample=False,
            eos_token_id=102,
            pad_token_id=0,
        )
        assert ids == alone[0, given.shape[1] if start else 1 :].tolist()


def test_beams_find_what_is_at_least_as_likely(tiny_writer: Callable[..., Path]) -> None:
    lm, start = opened(tiny_writer("llama"))

    def likelihood(prompt: list[int], answer: list[int]) -> float:
        whole = torch.tensor([[*start.ids, *prompt, *answer]])
        with torch.no_grad():
            scores = lm(input_ids=whole).logits[0].log_softmax(-1)
        first = len(start.ids) + len(prompt)
        return sum(float(scores[first - 1 + i, word]) for i, word in enumerate(answer))

    one, many = (write(lm, start, PROMPTS, Rule(4, (102,), beams=beams)) for beams in (1, 6))
    assert sum(map(likelihood, PROMPTS, many)) >= sum(map(likelihood, PROMPTS, one)) - 1e-4


def test_nothing_is_said_twice_where_that_is_forbidden(tiny_writer: Callable[..., Path]) -> None:
    lm, start = opened(tiny_writer("llama"))
    lm.lm_head.weight.data[3000:3002] = lm.lm_head.weight.data[3000:3002].abs() * 50  # it would say these on and on
    free, guarded = (write(lm, start, PROMPTS, Rule(30, (102,), no_repeat=size)) for size in (0, 2))

    def repeats(ids: list[int]) -> bool:
        pairs = list(itertools.pairwise(ids))
        return len(set(pairs)) < len(pairs)

    assert any(map(repeats, free))
    assert not any(map(repeats, guarded))


def test_answers_end_where_the_model_ends_them_and_the_rest_go_on(tiny_writer: Callable[..., Path]) -> None:
    lm, start = opened(tiny_writer("llama"))
    whole = write(lm, start, PROMPTS, Rule(8, (102,)))
    end = whole[0][2]
    found = write(lm, start, PROMPTS, Rule(8, (end,)))
    assert found[0] == whole[0][: whole[0].index(end) + 1]
    for ids, full in zip(found, whole, strict=True):
        assert ids == (full[: full.index(end) + 1] if end in full else full)


def test_a_wish_to_stop_is_heard_at_every_word(tiny_writer: Callable[..., Path]) -> None:
    lm, start = opened(tiny_writer("llama"))
    heard: list[int] = []

    def tick(done: int) -> None:
        heard.append(done)
        if len(heard) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(lm, start, PROMPTS, Rule(8, (102,)), tick)
    assert len(heard) == 3


def test_a_damaged_model_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "nudge.json").write_text(
        '{"answer": {"kind": "text", "prompt": {"reads_first": false, "before": [], "ends": [1]}}, "text_columns": ["a"], "max_length": 9}'
    )
    with pytest.raises((ValueError, OSError)):
        load_predictor(tmp_path)


def test_progress_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.1, 0.2, 0.9, 0.9, 1.0])
    monkeypatch.setattr("tlcore.predict.rewriter.time.monotonic", lambda: next(clock))
    told: list[tuple[int, int]] = []
    tick = now_and_then(lambda done, total: told.append((done, total)), 9)
    for done in (0, 0, 0, 0, 4):
        tick(done)
    assert told == [(0, 9), (0, 9), (4, 9)]
