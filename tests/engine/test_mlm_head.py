"""tlcore.engine.mlm_head: the head alone learns, tied to embeddings that stay; it begins with how often words come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.made_domain import sentences
from tlcore.engine.mlm import HELD_OUT_ROUND, Asked, WordGuesser, held_out_metrics
from tlcore.engine.mlm_head import fit_head, head_parameters, load_word_head, save_word_head, start_head
from tlcore.engine.whole_words import masking_of, pieces_of
from tlcore.errors import StopRequested
from tlcore.models.bases import base_folder
from tlcore.models.language_model import load_language_model


def sides(base: Path) -> tuple[Asked, Asked]:
    pieces = [piece for one in pieces_of(base, sentences(60)[0], 64) for piece in one]
    masking = masking_of(base, 0.15)
    return Asked(pieces[12:], masking, 0), Asked(pieces[:12], masking, 0, HELD_OUT_ROUND)


@pytest.fixture
def guesser(home: Path) -> WordGuesser:
    torch.manual_seed(0)
    return WordGuesser(load_language_model(base_folder("minilm")))


def test_the_head_learns_and_what_it_shares_with_the_base_stays(guesser: WordGuesser) -> None:
    reading, held_out = sides(base_folder("minilm"))
    untouched = held_out_metrics(guesser, held_out)["eval_perplexity"]
    start_head(guesser, reading)
    begun = held_out_metrics(guesser, held_out)["eval_perplexity"]
    before = {name: value.clone() for name, value in guesser.encoder.state_dict().items()}
    progress: list[int] = []
    fit_head(guesser, reading, held_out, lambda kind, **fields: progress.append(fields["done"]), lambda: None)
    fitted = held_out_metrics(guesser, held_out)["eval_perplexity"]
    assert untouched > 2 * begun  # how often words come is known from the start
    assert begun > 2 * fitted
    assert progress == list(range(1, len(progress) + 1))
    assert all(torch.equal(value, before[name]) for name, value in guesser.encoder.state_dict().items())
    assert guesser.head.get_output_embeddings().weight is guesser.encoder.get_input_embeddings().weight
    own = head_parameters(guesser)
    assert {p.ndim for p in own.values()} == {1, 2}
    assert sum(p.numel() for p in own.values()) < 384 * 384 + 4 * 384 + 30522 + 1  # no table of its own


def test_a_kept_head_comes_back_and_one_of_another_shape_does_not(
    guesser: WordGuesser, tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    assert not load_word_head(guesser, tmp_path)
    start_head(guesser, sides(base_folder("minilm"))[0])
    save_word_head(guesser, tmp_path)
    other = WordGuesser(load_language_model(base_folder("minilm")))
    assert load_word_head(other, tmp_path)
    pairs = zip(head_parameters(guesser).values(), head_parameters(other).values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not load_word_head(WordGuesser(load_language_model(tiny_base("bert"))), tmp_path)


def test_it_can_be_stopped(guesser: WordGuesser) -> None:
    def stop() -> None:
        raise StopRequested("pause")

    with pytest.raises(StopRequested):
        fit_head(guesser, *sides(base_folder("minilm")), lambda kind, **fields: None, stop)
