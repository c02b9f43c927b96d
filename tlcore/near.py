"""Groups of texts that say the same but for a typo, a word or a sign: found in seconds among 100,000, each pair verified."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import chain
from sys import intern

import numpy as np

from tlcore.near_pairs import FEWEST_WORDS, SHINGLE, Pairs, like_hashes, one_word_apart, one_word_more

SAME = 0.85
"""Exact Jaccard similarity of the two texts' shingles. On banking77 101 of the 103 pairs at or above this carry one label; from
0.75 to 0.85 some ask for another thing ("what is the current exchange rate", "… fee")."""
RARE, LONG_WORD = 3, 4
"""A typo: of two words one edit apart, one is in at most RARE texts, and the longer has LONG_WORD letters."""
MOST_TEXTS = 300_000
"""Of more different texts than this, only those that are equal but for case, punctuation and white space are grouped."""

_SMALL_WORDS = "a an the please pls plz just really also actually very so well ok okay hi hello hey thanks um uh"
_NEGATING = (
    "no not never without none cannot cant dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt shouldnt "
    "havent hasnt hadnt"
)
FILLERS, NEGATIONS = frozenset(_SMALL_WORDS.split()), frozenset(_NEGATING.split())
_APOSTROPHES = re.compile(r"['’ʼ`´]")
_WORDS = re.compile(r"\w+|[\u2600-\u27bf\U0001f000-\U0001faff]")
_LONG_NUMBER = re.compile(r"\d{5,}")
_NUMBER = re.compile(r"\d+")


def near_groups(texts: Sequence[str]) -> list[int]:
    """For each text the index of the first text of its group; a text that no other repeats is alone in its own.

    Same group: equal but for letter case, punctuation, white space, numbers of five digits or more, and small words such as
    "please"; or one typo apart, or one word in a longer text; or a Jaccard similarity of SAME or more of the sets of
    4-character shingles (candidates by MinHash and banding, Broder 1997). Not if one negates and the other does not, or if
    they name other numbers of up to four digits. Deterministic.
    """
    groups = _Groups(len(texts))
    different, forms = _join_equal(groups, texts)
    if not forms:
        return groups.ids()
    known = _Pairs(groups, different, forms)
    known.join_if(one_word_apart(known.words), known.is_typo)
    known.join_if(one_word_more(known.words), lambda *_: True)
    for pairs in like_hashes(forms, SAME):
        known.join_if(pairs, known.is_alike)
    return groups.ids()


def how_far(count: int) -> str:
    """What is to be said where there are too many texts for the full search; "" where there are not."""
    if count <= MOST_TEXTS:
        return ""
    return f"With more than {MOST_TEXTS:,} different texts, only those equal but for capitals, punctuation and spaces are found."


def form(text: str) -> str:
    """The words of a text, as they are compared: no letter case, no punctuation, long numbers without their digits."""
    plain = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text.casefold()).casefold())
    return _LONG_NUMBER.sub("0", " ".join(_WORDS.findall(plain)))


class _Groups:
    """Union-find in which the first text stands for its group."""

    def __init__(self, count: int) -> None:
        self.parent = list(range(count))

    def find(self, i: int) -> int:
        while self.parent[i] != i:
            self.parent[i] = self.parent[self.parent[i]]
            i = self.parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        a, b = self.find(i), self.find(j)
        self.parent[max(a, b)] = min(a, b)

    def ids(self) -> list[int]:
        return [self.find(i) for i in range(len(self.parent))]


class _Pairs:
    """What is asked of a pair of candidates, by their places among the different texts."""

    def __init__(self, groups: _Groups, different: Sequence[int], forms: Sequence[str]) -> None:
        self.groups, self.different, self.forms = groups, different, forms
        self.words = [list(map(intern, of_text.split())) for of_text in forms]  # one string a word, not one a place
        self.texts_with = Counter(chain.from_iterable(map(set, self.words)))
        number: dict[object, int] = {}
        self.said = np.array(
            [number.setdefault(_must_agree(*both), len(number)) for both in zip(forms, self.words, strict=True)]
        )

    def join_if(self, pairs: Pairs, alike: Callable[[int, int], bool]) -> None:
        agree = self.said[pairs[0]] == self.said[pairs[1]]
        for a, b in zip(pairs[0][agree].tolist(), pairs[1][agree].tolist(), strict=True):
            i, j = self.different[a], self.different[b]
            if self.groups.find(i) != self.groups.find(j) and alike(a, b):
                self.groups.join(i, j)

    def is_alike(self, a: int, b: int) -> bool:
        one, other = _shingles(self.forms[a]), _shingles(self.forms[b])
        both = len(one & other)
        return both >= SAME * (len(one) + len(other) - both)

    def is_typo(self, a: int, b: int) -> bool:
        differing = [(x, y) for x, y in zip(self.words[a], self.words[b], strict=True) if x != y]
        if len(differing) != 1:
            return False
        x, y = differing[0]
        if max(len(x), len(y)) < LONG_WORD or not (x.isalpha() and y.isalpha()):
            return False
        return min(self.texts_with[x], self.texts_with[y]) <= RARE and _one_edit(x, y)


def _join_equal(groups: _Groups, texts: Sequence[str]) -> tuple[list[int], list[str]]:
    """Join what is equal once small words and spaces are gone; the first of each that is left, empty texts apart, and its form.

    No forms where there are more than MOST_TEXTS: known by hashes alone, a million long texts need little memory.
    """
    first: dict[bytes, int] = {}
    loose: dict[bytes, int] = {}
    different: list[int] = []
    forms: list[str] = []
    for i, text in enumerate(texts):
        of_text = form(text)
        # A text of signs alone (":-)") has no words: it is like itself only.
        key = of_text or "\0" + " ".join(text.casefold().split())
        if key == "\0":
            continue
        if (found := first.setdefault(_hash(key), i)) != i:
            groups.join(found, i)
            continue
        if of_text:
            different.append(i)
            if len(different) <= MOST_TEXTS:
                forms.append(of_text)
            else:
                forms.clear()
        few = [word for word in of_text.split() if word not in FILLERS]
        groups.join(loose.setdefault(_hash("".join(few) if len(few) >= FEWEST_WORDS else key), i), i)
    return different, forms


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _must_agree(of_text: str, words: Sequence[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The negations in a text, and its numbers in their order: one word that turns the sense round, however long the text."""
    return frozenset(NEGATIONS.intersection(words)), tuple(_NUMBER.findall(of_text))


def _shingles(of_text: str) -> set[str]:
    return {of_text[k : k + SHINGLE] for k in range(len(of_text) - SHINGLE + 1)}


def _one_edit(x: str, y: str) -> bool:
    """A letter more, less or other, or two neighbours swapped."""
    k = next((k for k, (p, q) in enumerate(zip(x, y, strict=False)) if p != q), min(len(x), len(y)))
    p, q = x[k:], y[k:]
    return p[1:] == q or p == q[1:] or p[1:] == q[1:] or (p[:2] == q[1::-1] and p[2:] == q[2:])
