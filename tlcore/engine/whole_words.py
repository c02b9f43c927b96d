"""Hiding whole words of a text, so that a model can be taught to guess them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.engine.tokens import TOKENIZE_AT_ONCE
from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.models.load import load_tokenizer

SPECIAL = -1
"""The word of a token that belongs to none: [CLS], [SEP] and their kin."""
NOT_ASKED = -100
"""The target of a token that is not to be guessed."""
MASKED_SHARE, SWAPPED_SHARE = 0.8, 0.1
MASKS = ("[MASK]", "<mask>")


@dataclass(frozen=True)
class Piece:
    """A stretch of a text that is read at once: token ids, special ones included, and the number of the word each belongs to."""

    ids: list[int]
    words: list[int]


def pieces_of(folder: Path, texts: Sequence[str], length: int) -> list[list[Piece]]:
    """Each text in stretches of at most `length` tokens; nothing is cut off. A stretch without a word is left out."""
    tokenizer = load_tokenizer(folder, length)
    found: list[list[Piece]] = []
    for start in range(0, len(texts), TOKENIZE_AT_ONCE):
        for one in tokenizer.encode_batch(list(texts[start : start + TOKENIZE_AT_ONCE])):
            pieces = [_piece(part) for part in (one, *one.overflowing)]
            found.append([piece for piece in pieces if max(piece.words, default=SPECIAL) > SPECIAL])
    return found


def _piece(encoding: Any) -> Piece:
    marks = zip(encoding.word_ids, encoding.special_tokens_mask, strict=True)
    return Piece(encoding.ids, [SPECIAL if special or word is None else word for word, special in marks])


@dataclass(frozen=True)
class Masking:
    """How words are hidden: `share` of the tokens; mask_id: what stands for a hidden one; swaps: ids that may stand there instead."""

    share: float
    mask_id: int
    swaps: np.ndarray

    def hide(self, piece: Piece, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """ids and targets, int64 [tokens] each: the token to guess where it is asked for, NOT_ASKED elsewhere.

        Whole words are chosen, by chance, until `share` of the tokens is; at least one word. Of their tokens 80 % are masked,
        10 % become another one, 10 % stay. Devlin et al. 2019 (arXiv 1810.04805); whole words: their update of May 2019.
        """
        ids, targets = np.array(piece.ids, dtype=np.int64), np.full(len(piece.ids), NOT_ASKED, dtype=np.int64)
        places = np.array(self._choose(piece, chance))
        targets[places] = ids[places]
        lot = chance.random(len(places))
        ids[places[lot < MASKED_SHARE]] = self.mask_id
        swapped = places[(lot >= MASKED_SHARE) & (lot < MASKED_SHARE + SWAPPED_SHARE)]
        ids[swapped] = chance.choice(self.swaps, len(swapped))
        return ids, targets

    def _choose(self, piece: Piece, chance: np.random.Generator) -> list[int]:
        words = list(_words(piece.words))
        budget = max(1, round(self.share * sum(map(len, words))))
        order, chosen = chance.permutation(len(words)), list[int]()
        for i in order:
            if len(chosen) + len(words[i]) <= budget:
                chosen += words[i]
            if len(chosen) == budget:
                break
        return sorted(chosen or words[order[0]])


def _words(of_tokens: Sequence[int]) -> Iterator[list[int]]:
    """The places of the tokens of each word, in turn."""
    begun: list[int] = []
    for place, word in enumerate(of_tokens):
        if begun and word != of_tokens[begun[-1]]:
            yield begun
            begun = []
        if word != SPECIAL:
            begun.append(place)
    if begun:
        yield begun


def masking_of(folder: Path, share: float) -> Masking:
    """The mask of a base's tokenizer, and the ids of all its word pieces but the special ones.

    Raises TlcoreError for a tokenizer that has no mask.
    """
    tokenizer = load_tokenizer(folder, 8)
    mask = next((found for name in _mask_names(folder) if (found := tokenizer.token_to_id(name)) is not None), None)
    if mask is None:
        raise TlcoreError(
            "The tokenizer of this base model has no mark for a hidden word.", str(folder), "Choose another base model."
        )
    special = {i for i, token in tokenizer.get_added_tokens_decoder().items() if token.special} | {mask}
    size = tokenizer.get_vocab_size(with_added_tokens=False)
    return Masking(share, mask, np.array([i for i in range(size) if i not in special], dtype=np.int64))


def _mask_names(folder: Path) -> list[str]:
    said = (read_json(folder / "tokenizer_config.json", {}) or {}).get("mask_token")
    name = said.get("content") if isinstance(said, dict) else said
    return [str(name), *MASKS] if name else list(MASKS)
