"""Where an answer stands in its passage: at the start that is given, else looked for, also in another spelling.

A spreadsheet of questions was typed, copied and exported: starts count from 1 or are off by a few letters, quotes are curly on
one side only, an answer stands three times. What is found is always a piece of the passage as it is there.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

GIVEN, MOVED, ONLY, NEAREST, ALIKE, ABSENT = "given", "moved", "only", "nearest", "alike", "absent"
"""How it was found: at its start; not there but at another place; the only place; the one of several that is nearest to the
question's words; in another spelling; nowhere."""
FEWEST_LETTERS = 4
"""Of a word of the question that may tell places apart; shorter ones are everywhere."""
WORD = re.compile(r"\w+")
SENTENCE_ENDS = re.compile(r"[.!?。！？]\s|\n")
ANOTHER_SENTENCE, NEAR = 60, 20
"""Letters: a word of another sentence counts as so much farther away; below some distance, nearer is hardly better."""
INSIDE_NUMBER = re.compile(r"\d[.,]\d")
LIKE = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "`": "'", "´": "'", "′": "'", "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"',
    "»": '"', "″": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "…": "...",
})  # fmt: skip
UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
"""Soft hyphens and characters without width."""
AROUND = " \t\n\r.,;:!?\"'“”„‘’«»()[]"
"""What may be left out around an answer that does not stand in the passage as it is."""


@dataclass(frozen=True)
class Place:
    """start: of the passage's letters, -1 where it stands nowhere. text: as it stands there. places: how many there were."""

    start: int
    text: str
    how: str
    places: int = 1


NOWHERE = Place(-1, "", ABSENT, 0)


def find_answer(passage: str, answer: str, question: str, start: int | None = None) -> Place:
    """The place of an answer that is not blank. start: where it is said to begin, from 0."""
    answer = answer.strip()
    if start is not None and start >= 0 and passage.startswith(answer, start):
        return Place(start, answer, GIVEN)
    starts = _whole_words(passage, answer, list(_everywhere(passage, answer)))
    if starts:
        spans, how = [(one, one + len(answer)) for one in starts], ONLY
    else:
        spans, how = _in_another_spelling(passage, answer), ALIKE
    if not spans:
        return NOWHERE
    if start is not None:
        begin, end = min(spans, key=lambda span: abs(span[0] - start))
        return Place(begin, passage[begin:end], MOVED, len(spans))
    if len(spans) > 1:
        begin, end = _nearest(passage, spans, question)
        return Place(begin, passage[begin:end], NEAREST, len(spans))
    ((begin, end),) = spans
    return Place(begin, passage[begin:end], how)


def listed_answer(cell: str) -> tuple[str, int | None] | None:
    """Text and start of an answer that is written as data sets of questions have it: {"text": [...], "answer_start": [...]}, or a
    list of {"text", "answer_start"}. The first of several; no text where the list is empty. None where a cell is no such thing.
    """
    if not cell.startswith(("{", "[")):
        return None
    try:
        found = json.loads(cell)
    except ValueError:
        return None
    if isinstance(found, list) and all(isinstance(one, dict) and "text" in one for one in found):
        found = {name: [one.get(name) for one in found] for name in ("text", "answer_start")}
    if not isinstance(found, dict) or "text" not in found:
        return None
    text, start = (_first(found.get(name)) for name in ("text", "answer_start"))
    return str(text or ""), start if isinstance(start, int) else None


def _first(value: object) -> object:
    return (value[0] if value else None) if isinstance(value, list) else value


def _everywhere(passage: str, answer: str) -> Iterator[int]:
    at = passage.find(answer)
    while at >= 0:
        yield at
        at = passage.find(answer, at + 1)


def _whole_words(passage: str, answer: str, starts: list[int]) -> list[int]:
    """Those that are no part of a longer word (“10” in “2010”), unless all are."""
    return [at for at in starts if _is_whole(passage, at, at + len(answer))] or starts


def _is_whole(passage: str, begin: int, end: int) -> bool:
    """No part of a longer word or number (“300” in “1,300”)."""
    before = begin > 0 and passage[begin - 1].isalnum() and passage[begin].isalnum()
    after = end < len(passage) and passage[end].isalnum() and passage[end - 1].isalnum()
    number = INSIDE_NUMBER.search(passage[max(0, begin - 2) : begin + 1]) or INSIDE_NUMBER.search(
        passage[end - 1 : end + 2]
    )
    return not before and not after and not number


@lru_cache(maxsize=4)
def _plain(text: str) -> tuple[str, tuple[int, ...]]:
    """A text without case, kinds of quotes and dashes, compatibility forms and repeated blanks; and of which letter each is."""
    letters: list[str] = []
    places: list[int] = []
    for i, letter in enumerate(text):
        if letter in UNSEEN:
            continue
        new = unicodedata.normalize("NFKD", letter.translate(LIKE)).casefold()
        if new.isspace():
            new = "" if letters and letters[-1] == " " else " "
        letters += new
        places += [i] * len(new)
    return "".join(letters), tuple(places)


def _in_another_spelling(passage: str, answer: str) -> list[tuple[int, int]]:
    """Begin and end of each place where it stands but for case, quotes, dashes, blanks and Unicode forms; then also without
    the marks around it."""
    for wanted in dict.fromkeys((answer, answer.strip(AROUND))):
        if spans := _spelled(passage, wanted):
            whole = [span for span in spans if _is_whole(passage, *span)]
            return whole or spans
    return []


def _spelled(passage: str, answer: str) -> list[tuple[int, int]]:
    wanted = _plain(answer)[0].strip()
    letters, places = _plain(passage)
    spans = []
    for at in _everywhere(letters, wanted) if wanted else ():
        end = at + len(wanted)
        inside = at > 0 and places[at - 1] == places[at]
        cut = end < len(letters) and (places[end] == places[end - 1] or unicodedata.combining(letters[end]))
        if not inside and not cut:
            spans.append((places[at], places[end - 1] + 1))
    return spans


def _nearest(passage: str, spans: list[tuple[int, int]], question: str) -> tuple[int, int]:
    """The place with most of the question's words near by; a word that is rare in the passage counts for more."""
    asked = {word.casefold() for word in WORD.findall(question) if len(word) >= FEWEST_LETTERS}
    there: dict[str, list[int]] = {}
    for found in WORD.finditer(passage):
        if (word := found.group().casefold()) in asked:
            there.setdefault(word, []).append(found.start())

    ends = [found.start() for found in SENTENCE_ENDS.finditer(passage)]

    def far(at: int, begin: int, end: int) -> float:
        apart = abs(bisect_left(ends, at) - bisect_left(ends, begin))
        return max(begin - at, at - end, 0) + ANOTHER_SENTENCE * apart

    def closeness(span: tuple[int, int]) -> float:
        return sum(1 / len(at) / (NEAR + min(far(one, *span) for one in at)) for at in there.values())

    return max(spans, key=closeness)
