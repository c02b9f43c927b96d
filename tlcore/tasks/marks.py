"""Names marked in a spreadsheet, in three layouts: a JSON list of spans, one token a row with its tag, marks inside the text.

Loads without torch. A span is (begin, end, label) in characters of the text without the blanks around it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

TAG = re.compile(r"O|[BIESLUM]-\S+")
INLINE = re.compile(r"\[([^\[\]\n]+)\]\(([^()\n]{1,60})\)")
KEYS = {
    "start": ("start", "begin", "from", "start_offset", "start_char"),
    "end": ("end", "stop", "to", "end_offset", "end_char"),
    "label": ("label", "type", "tag", "entity", "entity_group", "class", "category", "labels"),
    "text": ("text", "word", "value", "surface"),
}
NO_BLANK_BEFORE = frozenset(",.;:!?)]}%’”…'") | {"'s", "n't", "'m", "'re", "'ve", "'ll", "'d"}
NO_BLANK_AFTER = frozenset("([{“‘$€£#@")
DOCUMENT = "-DOCSTART-"
"""Stands in CoNLL 2003 where a document begins; no word of it."""
Span = tuple[int, int, str]


@dataclass(frozen=True)
class Read:
    """spans: sorted, none overlapping. wrong: what could not be taken, in words; then a text is not learned from as it stands."""

    spans: tuple[Span, ...]
    wrong: tuple[str, ...] = ()


def is_json(cell: str) -> bool:
    stripped = cell.strip()
    if not (stripped.startswith("[") and stripped.endswith("]")):
        return False
    try:
        found = json.loads(stripped)
    except ValueError:
        return False
    return all(isinstance(one, (dict, list)) for one in found)


def is_tag(cell: str) -> bool:
    return TAG.fullmatch(cell.strip()) is not None


def read_json_spans(cell: str, text: str) -> Read:
    """Spans of a cell about a text as the file has it. Begin and end may be counted from 1, or be off by blanks, where the words
    that stand beside them say so."""
    try:
        found = json.loads(cell)
    except ValueError:
        return Read((), ("it is no list of spans that can be read",))
    if not isinstance(found, list):
        return Read((), ("it is no list of spans",))
    spans, wrong = [], []
    for one in found:
        span, why = _span(one, text)
        spans += [span] if span else []
        wrong += [why] if why else []
    apart, more = _apart(spans)
    lead = len(text) - len(text.lstrip())
    return Read(tuple((begin - lead, end - lead, label) for begin, end, label in apart), (*wrong, *more))


def _span(one: Any, text: str) -> tuple[Span | None, str]:
    """A span, or why it is none."""
    if isinstance(one, list) and len(one) >= 3:
        begin, end, label, words = one[0], one[1], one[2], one[3] if len(one) > 3 else None
    elif isinstance(one, dict):
        begin, end, label, words = (next((one[key] for key in keys if key in one), None) for keys in KEYS.values())
        label = label[0] if isinstance(label, list) and label else label
    else:
        return None, "a span has no beginning, end and label"
    if isinstance(begin, bool) or isinstance(end, bool) or not isinstance(begin, int) or not isinstance(end, int):
        return None, "a span has no beginning and end"
    if not isinstance(label, str) or not label.strip():
        return None, f"the span {begin} to {end} has no label"
    if isinstance(words, str) and words.strip() and text[max(0, begin) : end] != words:
        begin, end = _where(text, words.strip(), begin)
        if begin < 0:
            return None, f"“{words[:40]}” is not in the text"
    if not 0 <= begin < end <= len(text):
        return None, f"the span {begin} to {end} is not inside the text, which has {len(text)} characters"
    inside = text[begin:end]
    begin, end = begin + len(inside) - len(inside.lstrip()), end - len(inside) + len(inside.rstrip())
    return ((begin, end, label.strip()), "") if begin < end else (None, f"the span {begin} to {end} is blank")


def _where(text: str, words: str, near: int) -> tuple[int, int]:
    """The place of these words that is nearest to where they were said to be; (-1, -1) where they are nowhere."""
    places = [match.start() for match in re.finditer(re.escape(words), text)]
    if not places:
        return -1, -1
    begin = min(places, key=lambda place: abs(place - near))
    return begin, begin + len(words)


def _apart(spans: Sequence[Span]) -> tuple[list[Span], list[str]]:
    """Of spans that overlap the longest, and what was left out."""
    kept: list[Span] = []
    wrong = []
    for span in sorted(set(spans), key=lambda one: (one[0] - one[1], one[0])):
        if any(span[0] < other[1] and other[0] < span[1] for other in kept):
            wrong.append(f"the span {span[0]} to {span[1]} ({span[2]}) overlaps a longer one, which is taken")
        else:
            kept.append(span)
    return sorted(kept), wrong


def read_inline(text: str) -> tuple[str, tuple[Span, ...]]:
    """A text with marks such as [Ada](PERSON): the text without them, and its spans."""
    found: list[Span] = []
    plain, at = "", 0
    for match in INLINE.finditer(text):
        plain += text[at : match.start()]
        found.append((len(plain), len(plain) + len(match[1]), match[2].strip()))
        plain, at = plain + match[1], match.end()
    plain += text[at:]
    lead = len(plain) - len(plain.lstrip())
    return plain.strip(), tuple((begin - lead, end - lead, label) for begin, end, label in found)


def sentences(
    tokens: Sequence[str], tags: Sequence[str], breaks: Sequence[bool]
) -> Iterator[tuple[int, str, list[Span], list[int]]]:
    """Of one token a row: first row, text, spans and the rows whose tag is none, of each sentence. breaks: whether one begins here."""
    rows: list[int] = []
    for i, token in enumerate(tokens):
        if breaks[i] and rows:
            yield _sentence(rows, tokens, tags)
            rows = []
        if token.strip() not in ("", DOCUMENT):
            rows.append(i)
    if rows:
        yield _sentence(rows, tokens, tags)


def _sentence(
    rows: Sequence[int], tokens: Sequence[str], tags: Sequence[str]
) -> tuple[int, str, list[Span], list[int]]:
    text, open_label = "", ""
    spans: list[Span] = []
    odd: list[int] = []
    for i in rows:
        token, tag = tokens[i].strip(), tags[i].strip()
        if text and token not in NO_BLANK_BEFORE and text[-1] not in NO_BLANK_AFTER:
            text += " "
        begin, text = len(text), text + token
        if not is_tag(tag):
            odd.append(i)
        part, _, label = tag.partition("-") if is_tag(tag) else ("O", "", "")
        if label and part in "IEML" and open_label == label:
            spans[-1] = (spans[-1][0], len(text), label)
        elif label:
            spans.append((begin, len(text), label))
        open_label = label
    return rows[0], text, spans, odd


def target_of(spans: Sequence[Span]) -> str:
    """Spans as a Dataset keeps them."""
    return json.dumps(
        [{"start": begin, "end": end, "label": label} for begin, end, label in sorted(spans)], ensure_ascii=False
    )


def spans_in(target: str) -> list[Span]:
    """The opposite; also of what a model answers. [] for a blank."""
    return [(one["start"], one["end"], one["label"]) for one in json.loads(target)] if target else []


def in_words(target: str, text: str = "") -> str:
    """A target as a screen says it: “Ada (PERSON); London (LOC)”, without the text “1 PERSON, 1 LOC”."""
    if text:
        return "; ".join(f"{text[begin:end]} ({label})" for begin, end, label in spans_in(target)) or "no names"
    counts: dict[str, int] = {}
    for _, _, label in spans_in(target):
        counts[label] = counts.get(label, 0) + 1
    return ", ".join(f"{count} {label}" for label, count in sorted(counts.items())) or "no names"
