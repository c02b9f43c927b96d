"""tlcore.engine.mlm: only what is asked for is guessed, by transformers' own head; other words each round, the same ones held out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.made_domain import sentences
from tlcore.engine.mlm import HELD_OUT_ROUND, Asked, WordGuesser, held_out_metrics, perplexity
from tlcore.engine.whole_words import NOT_ASKED, masking_of, pieces_of
from tlcore.models.language_model import load_language_model
from tlcore.models.load import load_encoder


def asked(base: Path, masked: bool = True, round: int = 0, count: int = 12) -> Asked:
    pieces = [piece for one in pieces_of(base, sentences(count)[0], 64) for piece in one]
    return Asked(pieces, masking_of(base, 0.15) if masked else None, 0, round)


@pytest.mark.parametrize(
    "family", ["bert", "roberta", "distilbert", "electra", "albert", "mpnet", "deberta-v2", "modernbert"]
)
def test_the_loss_is_that_of_the_family_s_own_model(tiny_base: Callable[[str], Path], family: str) -> None:
    base = tiny_base(family)
    whole = load_language_model(base).model
    guesser = WordGuesser(load_language_model(base))
    guesser.head.load_state_dict(  # its head's random numbers
        {
            name: value
            for name, value in whole.state_dict().items()
            if not name.startswith(f"{whole.base_model_prefix}.")
        },
        strict=False,
    )
    inputs = asked(base).inputs(range(6), int(whole.config.pad_token_id or 0))
    with torch.inference_mode():
        theirs = whole(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits
        expected = torch.nn.functional.cross_entropy(
            theirs.flatten(0, 1), inputs["targets"].flatten(), ignore_index=NOT_ASKED
        )
        found = guesser.eval()(**inputs)["loss"]
    assert float(found) == pytest.approx(float(expected), rel=1e-4)


def test_a_decoder_is_asked_for_each_next_word(tiny_decoder: Path) -> None:
    whole, guesser = load_language_model(tiny_decoder).model, WordGuesser(load_language_model(tiny_decoder))
    inputs = asked(tiny_decoder, masked=False).inputs(range(6), 0)
    with torch.inference_mode():
        expected = whole(**{**inputs, "labels": inputs.pop("targets")}).loss
        inputs = asked(tiny_decoder, masked=False).inputs(range(6), 0)
        assert float(guesser.eval()(**inputs)["loss"]) == pytest.approx(float(expected), rel=1e-4)


def test_other_words_are_hidden_in_each_round_and_the_same_in_the_same(tiny_base: Callable[[str], Path]) -> None:
    base = tiny_base("bert")
    first, again, other = (asked(base, round=n).inputs([3, 5], 0)["targets"] for n in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    alone = asked(base).inputs([5], 0)["targets"][0]
    assert torch.equal(first[1][: len(alone)], alone)  # whatever stands beside it


def test_perplexity_is_the_same_each_time_and_that_of_blind_choice_for_a_model_that_knows_nothing(
    tiny_base: Callable[[str], Path],
) -> None:
    base = tiny_base("bert")
    guesser, held_out = WordGuesser(load_language_model(base)), asked(base, round=HELD_OUT_ROUND, count=40)
    first, again = held_out_metrics(guesser, held_out), held_out_metrics(guesser, held_out)
    assert first == again
    assert first["eval_perplexity"] == pytest.approx(30522, rel=0.1)
    assert first["eval_likelihood"] == pytest.approx(1 / first["eval_perplexity"])
    assert perplexity(np.log(8)) == pytest.approx(8)
    assert perplexity(1e9) < 1e14


def test_the_whole_model_is_a_base_that_can_be_opened_again(tiny_base: Callable[[str], Path], tmp_path: Path) -> None:
    guesser = WordGuesser(load_language_model(tiny_base("bert")))
    with torch.no_grad():
        guesser.encoder.get_input_embeddings().weight[7] = 0.5
    guesser.whole().save_pretrained(str(tmp_path))
    opened = load_encoder(tmp_path)
    assert float(opened.get_input_embeddings().weight[7, 0].detach()) == 0.5
    again = load_language_model(tmp_path)
    assert again.trained
    assert again.model.get_output_embeddings().weight is again.model.get_input_embeddings().weight
