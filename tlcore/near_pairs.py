"""Pairs of texts that may say the same: those one word apart, by hashes; those that share much, by MinHash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

Pairs = tuple[np.ndarray, np.ndarray]
"""The places of the first and of the second text of each pair."""
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
CHARACTERS_AT_ONCE = 1_000_000
BITS = 1_024
"""Of a sketch: one is set for each shingle."""
PAIRS_AT_ONCE = 100_000
_NONE: Pairs = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def one_word_apart(words: list[list[str]]) -> Pairs:
    """Pairs of places that differ in one word at the same position, by hashes of each text with each word left blank."""
    chosen = [a for a, of_text in enumerate(words) if FEWEST_WORDS <= len(of_text) <= MOST_WORDS]
    if not chosen:
        return _NONE
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
    return _runs(keys, np.repeat(np.array(chosen), sizes))


def one_word_more(words: list[list[str]]) -> Pairs:
    """Pairs of places of which the second text is the first with one word put in."""
    known = {tuple(of_text): a for a, of_text in enumerate(words) if AROUND <= len(of_text) < LONG}
    found = [
        (a, b)
        for b, of_text in enumerate(words)
        if AROUND < len(of_text) <= LONG
        for i in range(len(of_text))
        if (a := known.get((*of_text[:i], *of_text[i + 1 :]))) is not None
    ]
    return (np.array([a for a, _ in found]), np.array([b for _, b in found])) if found else _NONE


def like_hashes(forms: Sequence[str], least: float) -> Iterator[Pairs]:
    """Pairs of places whose MinHash signatures share a band, less those that cannot have a similarity of `least`."""
    places = np.array([a for a, of_text in enumerate(forms) if len(of_text) >= SHINGLE], dtype=np.int64)
    if len(places) < 2:
        return
    signatures, sketches = _signatures([forms[a][:LOOK_AT] for a in places])
    sizes = np.array([len(forms[a]) for a in places])
    # (A + B - D) / (A + B + D) >= least bounds the shingles D that one text has and the other has not.
    room = np.where(sizes > LOOK_AT, np.inf, (sizes - SHINGLE + 1) * (1 - least) / (1 + least))
    spread = np.random.default_rng(2).integers(1, 2**63, HASHES_A_BAND, dtype=np.uint64) | np.uint64(1)
    for band in range(BANDS):
        part = signatures[:, band * HASHES_A_BAND : (band + 1) * HASHES_A_BAND].astype(np.uint64)
        a, b = _runs((part * spread).sum(1, dtype=np.uint64), np.arange(len(places)))
        near = [_differing(sketches, some[0], some[1]) <= room[some[0]] + room[some[1]] for some in _parts(a, b)]
        kept = np.concatenate(near) if near else np.zeros(0, dtype=bool)
        yield places[a[kept]], places[b[kept]]


def _parts(a: np.ndarray, b: np.ndarray) -> Iterator[Pairs]:
    for begin in range(0, len(a), PAIRS_AT_ONCE):
        yield a[begin : begin + PAIRS_AT_ONCE], b[begin : begin + PAIRS_AT_ONCE]


def _differing(sketches: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Bits that are set in one sketch only: at least so many shingles are in one text only."""
    return np.bitwise_count(sketches[a] ^ sketches[b]).sum(1, dtype=np.int64)


def _signatures(forms: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """uint32 [texts, BANDS * HASHES_A_BAND]: the smallest hash of any shingle, under each of so many hash functions; and
    uint64 [texts, BITS / 64]: the sketches."""
    rng = np.random.default_rng(1)
    factors = rng.integers(1, 2**32, BANDS * HASHES_A_BAND, dtype=np.uint32) | np.uint32(1)
    masks = rng.integers(0, 2**32, BANDS * HASHES_A_BAND, dtype=np.uint32)
    found = np.empty((len(forms), len(factors)), dtype=np.uint32)
    sketches = np.empty((len(forms), BITS // 64), dtype=np.uint64)
    begin = 0
    for end in _chunks(forms):
        hashes, starts = _shingle_hashes(forms[begin:end])
        for k, (factor, mask) in enumerate(zip(factors, masks, strict=True)):
            found[begin:end, k] = np.minimum.reduceat((hashes ^ mask) * factor, starts)
        bits = np.zeros((end - begin, BITS), dtype=bool)
        bits[np.repeat(np.arange(end - begin), np.diff(starts, append=len(hashes))), hashes % np.uint32(BITS)] = True
        sketches[begin:end] = np.packbits(bits, axis=1).view(np.uint64)
        begin = end
    return found, sketches


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


def _runs(keys: np.ndarray, places: np.ndarray) -> Pairs:
    """Pairs of places with equal keys: each with the few before it and with the first, so that a big run costs little."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = np.r_[False, ordered[1:] == ordered[:-1], False]  # as the one before
    repeated = same[:-1] | same[1:]
    members, begins = places[order[repeated]], ~same[:-1][repeated]
    at = np.arange(len(members))
    start = np.maximum.accumulate(np.where(begins, at, 0))
    second = [np.flatnonzero(at - back >= start) for back in range(1, NEIGHBOURS + 1)]
    first = [k - back for back, k in enumerate(second, start=1)]
    far = np.flatnonzero(at - NEIGHBOURS > start)
    a, b = members[np.concatenate([*first, start[far]])], members[np.concatenate([*second, far])]
    return a[a != b], b[a != b]
