"""Pairs of texts that may say the same: those one word apart, by hashes; those that share much, by MinHash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

SHINGLE = 4
"""Characters, spaces between words counted."""
BANDS, HASHES_A_BAND = 12, 4
"""MinHash: a pair with similarity 0.85 shares a band in 99.98 % of draws."""
FEWEST_WORDS, MOST_WORDS = 3, 60
"""Of a text in which one word may be a typo; with more words the shingles see it."""
AROUND, LONG = 8, 24
"""One word more among AROUND others or more changes little (67 of 68 such pairs of banking77 carry one label; from six others on
167 of 185); beyond LONG words the shingles see it."""
LOOK_AT = 2_000
"""Characters of a text that MinHash reads; the verification reads it whole."""
NEIGHBOURS = 6
CHARACTERS_AT_ONCE = 4_000_000


def one_word_apart(words: list[list[str]]) -> Iterator[tuple[int, int]]:
    """Pairs of places that differ in one word at the same position, by hashes of each text with each word left blank."""
    chosen = [a for a, of_text in enumerate(words) if FEWEST_WORDS <= len(of_text) <= MOST_WORDS]
    if not chosen:
        return
    number: dict[str, int] = {}
    flat = [number.setdefault(word, len(number)) for a in chosen for word in words[a]]
    sizes = np.array([len(words[a]) for a in chosen])
    starts = np.cumsum(sizes) - sizes
    rng = np.random.default_rng(0)
    of_word = rng.integers(1, 2**63, len(number), dtype=np.uint64)
    of_place = rng.integers(1, 2**63, MOST_WORDS, dtype=np.uint64) | np.uint64(1)
    place = np.arange(len(flat)) - np.repeat(starts, sizes)
    terms = of_word[flat] * of_place[place]
    whole = np.add.reduceat(terms, starts) + sizes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    blanked = np.repeat(whole, sizes) - terms
    keys = blanked + place.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    yield from _runs(keys, np.repeat(np.array(chosen), sizes))


def one_word_more(words: list[list[str]]) -> Iterator[tuple[int, int]]:
    """Pairs of places of which the second text is the first with one word put in."""
    known = {tuple(of_text): a for a, of_text in enumerate(words) if AROUND <= len(of_text) < LONG}
    for b, of_text in enumerate(words):
        if AROUND < len(of_text) <= LONG:
            for i in range(len(of_text)):
                a = known.get((*of_text[:i], *of_text[i + 1 :]))
                if a is not None:
                    yield a, b


def like_hashes(forms: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of places whose MinHash signatures share a band."""
    places = np.array([a for a, of_text in enumerate(forms) if len(of_text) >= SHINGLE], dtype=np.int64)
    if len(places) < 2:
        return
    signatures = _signatures([forms[a][:LOOK_AT] for a in places])
    spread = np.random.default_rng(2).integers(1, 2**63, HASHES_A_BAND, dtype=np.uint64) | np.uint64(1)
    for band in range(BANDS):
        part = signatures[:, band * HASHES_A_BAND : (band + 1) * HASHES_A_BAND].astype(np.uint64)
        yield from _runs((part * spread).sum(1, dtype=np.uint64), places)


def _signatures(forms: Sequence[str]) -> np.ndarray:
    """uint32 [texts, BANDS * HASHES_A_BAND]: the smallest hash of any shingle, under each of so many hash functions."""
    rng = np.random.default_rng(1)
    factors = rng.integers(1, 2**32, BANDS * HASHES_A_BAND, dtype=np.uint32) | np.uint32(1)
    masks = rng.integers(0, 2**32, BANDS * HASHES_A_BAND, dtype=np.uint32)
    found = np.empty((len(forms), len(factors)), dtype=np.uint32)
    begin = 0
    for end in _chunks(forms):
        hashes, starts = _shingle_hashes(forms[begin:end])
        for k, (factor, mask) in enumerate(zip(factors, masks, strict=True)):
            found[begin:end, k] = np.minimum.reduceat((hashes ^ mask) * factor, starts)
        begin = end
    return found


def _chunks(forms: Sequence[str]) -> list[int]:
    """Where to cut the texts so that no part has many more than CHARACTERS_AT_ONCE."""
    total = np.cumsum([len(of_text) for of_text in forms])
    cuts = np.searchsorted(total, np.arange(CHARACTERS_AT_ONCE, total[-1], CHARACTERS_AT_ONCE)) + 1
    return sorted({*(int(cut) for cut in cuts), len(forms)})


def _shingle_hashes(forms: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """uint32 hashes of all shingles of the texts one after the other, and where each text begins among them."""
    letters = np.frombuffer("".join(forms).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    sizes = np.array([len(of_text) for of_text in forms])
    count = sizes - SHINGLE + 1
    starts = np.cumsum(count) - count
    inside = np.arange(int(count.sum())) + np.repeat(np.cumsum(sizes) - sizes - starts, count)
    hashes = np.zeros(len(inside), dtype=np.uint32)
    for k in range(SHINGLE):
        hashes = (hashes ^ letters[inside + k]) * np.uint32(0x01000193)  # FNV-1a, a letter at a time
    hashes ^= hashes >> np.uint32(15)
    hashes *= np.uint32(0x2C1B3C6D)
    return hashes ^ (hashes >> np.uint32(12)), starts


def _runs(keys: np.ndarray, places: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs of places with equal keys: each with the few before it and with the first, so that a big run costs little."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    edges = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1], True])
    for begin, end in pairwise(edges.tolist()):
        if end - begin < 2:
            continue
        members = places[order[begin:end]].tolist()
        for k in range(1, len(members)):
            for other in {0, *range(max(0, k - NEIGHBOURS), k)}:
                if members[other] != members[k]:
                    yield members[other], members[k]
