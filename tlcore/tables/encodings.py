"""Which encoding a text that is not UTF-8 is in: the one in which its letters are those of one language.

Statistical guessers need more text than a spreadsheet often has; which letters a language uses at all, and where they
can stand in a word, tells more from a few words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from tlcore.tables.alphabets import ALONE, JAPANESE, MARKS, MULTI_BYTE, SINGLE_BYTE

LOOK_AT = 12_000  # bytes
_NEAR = 0.02  # scores that differ by less are equal
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_NEVER = "\ufffd"
_KOREAN = MULTI_BYTE["cp949"]
_IN_PAIRS = 0.1  # that bytes pair up at all speaks for an encoding of two bytes


def best_guess(telling: bytes) -> str:
    """telling: lines with bytes outside ASCII. Falls back to cp1252. Never raises."""
    sample = telling[:LOOK_AT]
    if len(telling) > LOOK_AT:  # do not cut in the middle of a character
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    best, name = -10.0, "cp1252"
    for encoding, languages in SINGLE_BYTE.items():
        score = _single_byte_score(sample.decode(encoding, "replace"), languages)
        if score > best + _NEAR:
            best, name = score, encoding
    for encoding in MULTI_BYTE:
        score = _multi_byte_score(sample.decode(encoding, "replace"), encoding)
        if score > best + _NEAR:
            best, name = score, encoding
    return name


def is_likely(telling: bytes, encoding: str) -> bool:
    """Whether the characters outside ASCII are, in this encoding, such as stand in texts of one language."""
    if encoding in MULTI_BYTE:
        return _multi_byte_score(telling[:LOOK_AT].decode(encoding, "replace"), encoding) > 0.5
    return _single_byte_score(telling[:LOOK_AT].decode(encoding, "replace"), SINGLE_BYTE[encoding]) > 0.5


def _single_byte_score(text: str, languages: Mapping[str, tuple[str, str]]) -> float:
    """Mean over the characters outside ASCII, about 1 where all are letters of one language in likely places."""
    letters: Counter[str] = Counter()
    total, count = 0.0, 0
    for found in _FOREIGN.finditer(text):
        at = found.start()
        before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
        char = found.group()
        count += 1
        if char.isalpha() and char not in MARKS:
            letters[char.lower() if char.lower() != char and len(char.lower()) == 1 else char] += 1
            total += _letter_in_place(char, before, after)
        else:
            total += _mark_in_place(char, before, after)
    if not count:
        return 0.0
    values = (
        sum(n * (1.0 if c in common else 0.4 if c in rare else -1.0) for c, n in letters.items())
        for common, rare in languages.values()
    )
    return (total + max(values)) / count


def _letter_in_place(char: str, before: str, after: str) -> float:
    """A penalty for a letter where no letter stands."""
    if char.isupper() and before.islower():
        return -1.5
    if before.isdigit() or (after.isdigit() and not before.isalpha()):
        return -0.8
    if not before.isalpha() and not after.isalpha() and char not in ALONE:
        return -0.8
    latin = char < "\u0370"
    if any(other.isalpha() and (other < "\u0370") != latin for other in (before, after)):
        return -1.5
    return 0.0


def _mark_in_place(char: str, before: str, after: str) -> float:
    if char == _NEVER:
        return -3.0
    if char not in MARKS:
        # Vowel signs of Arabic and Thai are no letters for Python, but belong to the word.
        return 0.9 if "\u0e00" <= char <= "\u0e4f" or "\u064b" <= char <= "\u0652" else -1.0
    if char == "’":
        return 1.0 if before.isalpha() else 0.6
    if char in "£€¥":
        return 1.0 if before.isdigit() or after.isdigit() or not (before.isalpha() or after.isalpha()) else -0.5
    if char == "°":
        return 1.0 if before.isdigit() or after in "CFK" else 0.3
    if char in "“„«‘":
        return 1.0 if not before.isalpha() and after.isalpha() else 0.3
    if char in "”»":
        return 1.0 if not before.isspace() and not after.isalpha() else 0.3
    inside = before.isalpha() and after.isalpha()
    if char in "–—…\u00a0·•":
        return 0.9 if not inside else 0.5
    return -1.0 if inside else 0.6


def _multi_byte_score(text: str, encoding: str) -> float:
    """Mean over the characters outside ASCII, about 1 where they are everyday ones in a row."""
    total, count, kana, ideographs = 0.0, 0, 0, 0
    low, high = MULTI_BYTE[encoding]
    for found in _FOREIGN.finditer(text):
        at, char = found.start(), found.group()
        count += 1
        if char == _NEVER:
            total -= 3.0
            continue
        alone = text[at - 1 : at].isascii() and text[at + 1 : at + 2].isascii()
        squeezed = text[at - 1 : at].isascii() and text[at - 1 : at].isalpha()
        squeezed = squeezed or (text[at + 1 : at + 2].isascii() and text[at + 1 : at + 2].isalpha() and alone)
        first, *rest = char.encode(encoding, "replace")
        total -= 0.5 * bool(alone and rest and rest[0] < 0x80)  # a letter of another alphabet and the one after it
        if "\u3040" <= char <= "\u30ff" or "\uff66" <= char <= "\uff9f":
            kana += encoding in JAPANESE
            total += (1.0 if char < "\uff00" else 0.5) if encoding in JAPANESE else -0.5
        elif char in MARKS or "\u2460" <= char <= "\u266f":
            total += 0.6
            continue
        elif low <= first <= high:
            ideographs += 1
            # The everyday syllables of Korean lie among the everyday ideographs of Chinese.
            total += 0.85 if encoding == "gb18030" and first <= _KOREAN[1] else 1.0
        else:
            total -= 0.6
        total -= (1.2 if squeezed else 0.5) if alone else 0.6 * squeezed
    if encoding in JAPANESE and kana * 20 < ideographs:
        total -= 0.5 * ideographs  # Japanese has syllables between its ideographs
    return total / count + _IN_PAIRS if count else 0.0
