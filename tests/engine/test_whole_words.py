"""tlcore.engine.whole_words: whole words are hidden, as many as asked for, the same by the same chance, and never a special token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tlcore.engine.whole_words import NOT_ASKED, SPECIAL, Masking, Piece, masking_of, pieces_of
from tlcore.errors import TlcoreError

TEXT = "Electroencephalography of hippocampal pyramidal neurons, unquestionably: a methodological reconsideration of it all."
MASK = 103


@pytest.fixture
def base(tiny_base: Callable[[str], Path]) -> Path:
    return tiny_base("bert")


@pytest.fixture
def masking(base: Path) -> Masking:
    return masking_of(base, 0.15)


def chance(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_word_is_hidden_with_all_its_pieces_or_not_at_all(base: Path, masking: Masking) -> None:
    ((piece,),) = pieces_of(base, [TEXT], 128)
    words = np.array(piece.words)
    assert max(np.bincount(words[words >= 0])) > 3  # some words have many pieces
    for seed in range(60):
        _, targets = masking.hide(piece, chance(seed))
        for word in set(piece.words) - {SPECIAL}:
            hidden = targets[words == word] != NOT_ASKED
            assert hidden.all() or not hidden.any()


def test_special_tokens_are_never_asked_for_nor_put_in(base: Path, masking: Masking) -> None:
    ((piece,),) = pieces_of(base, [TEXT], 128)
    assert piece.words[0] == piece.words[-1] == SPECIAL
    for seed in range(60):
        ids, targets = masking.hide(piece, chance(seed))
        assert targets[0] == targets[-1] == NOT_ASKED
        assert (ids[0], ids[-1]) == (piece.ids[0], piece.ids[-1])
        asked = targets != NOT_ASKED
        assert (targets[asked] == np.array(piece.ids)[asked]).all()
        assert (ids[~asked] == np.array(piece.ids)[~asked]).all()
    assert not {0, 100, 101, 102, MASK} & set(masking.swaps)
    assert masking.mask_id == MASK


def test_shares_are_15_percent_and_of_these_80_10_10(base: Path, masking: Masking) -> None:
    pieces = [piece for one in pieces_of(base, [f"{TEXT} {TEXT} {i}" for i in range(20)], 128) for piece in one]
    asked = masked = kept = total = 0
    for seed in range(40):
        for i, piece in enumerate(pieces):
            ids, targets = masking.hide(piece, np.random.default_rng([seed, i]))
            places = targets != NOT_ASKED
            asked, total = asked + places.sum(), total + sum(word != SPECIAL for word in piece.words)
            masked += (ids[places] == MASK).sum()
            kept += (ids[places] == targets[places]).sum()
    assert asked / total == pytest.approx(0.15, abs=0.01)
    assert masked / asked == pytest.approx(0.8, abs=0.02)
    assert kept / asked == pytest.approx(0.1, abs=0.02)


def test_the_same_chance_hides_the_same_words_and_another_one_others(base: Path, masking: Masking) -> None:
    ((piece,),) = pieces_of(base, [TEXT], 128)
    first, again, other = (masking.hide(piece, chance(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])


def test_at_least_one_word_is_hidden_however_short_the_text(masking: Masking) -> None:
    ids, targets = masking.hide(Piece([101, 7592, 102], [SPECIAL, 0, SPECIAL]), chance(0))
    assert list(targets) == [NOT_ASKED, 7592, NOT_ASKED]
    assert len(ids) == 3


def test_long_texts_come_in_pieces_and_nothing_is_lost(base: Path) -> None:
    long = " ".join(f"word{i}" for i in range(60))
    whole, parts = (pieces_of(base, [long, "  "], length)[0] for length in (512, 32))
    assert len(whole) == 1 < len(parts)
    assert all(len(part.ids) <= 32 and part.ids[0] == 101 and part.ids[-1] == 102 for part in parts)
    assert [i for part in parts for i in part.ids[1:-1]] == whole[0].ids[1:-1]
    assert pieces_of(base, ["", "  "], 32) == [[], []]


def test_a_tokenizer_without_a_mask_is_refused(tmp_path: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    Tokenizer(WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]")).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(TlcoreError, match="no mark for a hidden word"):
        masking_of(tmp_path, 0.15)
