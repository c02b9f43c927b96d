"""Texts that were damaged on the way: "Ã©" for "é", "â€™" for an apostrophe, "&amp;" for "&", signs that are lost."""

from __future__ import annotations

import html
import re
from collections import Counter

from tlcore.checks.base import INFO, WARNING, Fix, Problem, counted, quoted, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts

MANY = 0.02
"""The share of texts with wrong or lost letters from which it is a warning; "&amp;" for "&" does little harm."""
ROUNDS = 3
"""A text can have been damaged twice; what three rounds do not mend is left as it is."""
BYTE_OF = {bytes([byte]).decode("cp1252", "ignore") or chr(byte): byte for byte in range(0x80, 0x100)} | {
    chr(byte): byte for byte in range(0x80, 0xA0)
}
"""Sign -> the byte it was read from, in Windows-1252 and in Latin-1."""
LATER = "".join(sign for sign, byte in BYTE_OF.items() if byte < 0xC0)
PIECES = re.compile(f"[Â-ß][{LATER}]|[à-ï][{LATER}]{{2}}|[ð-ô][{LATER}]{{3}}")
"""One sign of UTF-8 that was read as two, three or four of Windows-1252."""
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
EXCEL = re.compile(r"_x00(?:0[dDaA9]|20)_")
LATIN1 = re.compile("[\x85\x91-\x97]")
"""Quotation marks, dashes and dots of Windows-1252 that were read as Latin-1. The other control signs are damage too, but what
they were is not certain: many come from ligatures of a PDF file."""
LOST = re.compile("[\ufffd\x80-\x84\x86-\x90\x98-\x9f]")
PROSE = set("“”‘’…»«–—™›‹")
"""Signs that may stand right after a word: 'AMANHÃ”' and 'é…»' can be just what was written."""
MANY_ALIKE, MOST_OF_THEM = 3, 0.9
"""Where at least so many pieces make up at least this share of the odd signs of a text, it is damage whatever they are."""
Damage = tuple[int, str, str, str]
"""Row, text, repaired text, a note."""


def encoding_damage(dataset: Dataset, facts: Facts) -> Problem | None:
    found: list[Damage] = []
    for row, text in used_rows(dataset, "row", "text"):
        if _may_be_damaged(text):
            better = repair(text)
            if better != text or LOST.search(better):
                found.append((row, text, better, _note(text, better)))
    labels = {label: better for label in facts.classes if (better := repair(label)) != label}
    if not found and not labels:
        return None
    return _problem(found, labels, facts)


def repair(text: str) -> str:
    """The text with all damage undone of which it is certain what was there; the same text where there is none."""
    for _ in range(ROUNDS):
        better = ENTITY.sub(lambda match: html.unescape(match[0]), _rejoin(text))
        better = EXCEL.sub(lambda match: chr(int(match[0][2:6], 16)).replace("\r", ""), better)
        if better == text:
            break
        text = better
    return text


def _rejoin(text: str) -> str:
    if text.isascii():
        return text
    pieces = list(PIECES.finditer(text))
    odd = sum(not sign.isascii() for sign in text) if len(pieces) >= MANY_ALIKE else 1
    all_of_it = len(pieces) >= MANY_ALIKE and sum(len(piece[0]) for piece in pieces) >= MOST_OF_THEM * odd

    def joined(piece: re.Match[str]) -> str:
        try:
            sign = bytes(BYTE_OF[part] for part in piece[0]).decode("utf-8")
        except UnicodeDecodeError:
            return piece[0]
        return sign if _is_sure(text, piece, sign, all_of_it) else piece[0]

    text = PIECES.sub(joined, text)
    return LATIN1.sub(lambda match: match[0].encode("latin-1").decode("cp1252", "ignore") or match[0], text)


def _is_sure(text: str, piece: re.Match[str], sign: str, all_of_it: bool) -> bool:
    """Whether these signs cannot have been meant as they stand."""
    first, last = piece[0][0], piece[0][-1]
    before, after = text[piece.start() - 1 : piece.start()], text[piece.end() : piece.end() + 1]
    if all_of_it or first == "ð" or sign == "\ufeff":
        return True
    if first in "ÂÃ":
        return not (last in PROSE and before.isupper() and not after.isalpha())
    if first in "ÄÅ":
        return (before.islower() or after.islower()) and (last not in PROSE or after.isalpha())
    return first == "â" and piece[0][1] not in PROSE - {"™"} and not sign.isalpha()


def _may_be_damaged(text: str) -> bool:
    """A quick look, so that 100,000 clean texts cost nothing."""
    return not text.isascii() or "&" in text or "_x00" in text


def _note(text: str, better: str) -> str:
    if better == text:
        return f"letters are lost: {_around(text)}"
    place = next((i for i, (a, b) in enumerate(zip(text, better, strict=False)) if a != b), min(len(text), len(better)))
    start = max(0, text.rfind(" ", 0, place) + 1, place - 15)
    was, now = (" ".join(side[start : place + 15].split()) for side in (text, better))
    return f"“{was}” should read “{now}”"


def _around(text: str) -> str:
    lost = LOST.search(text)
    place = lost.start() if lost else 0
    return f"“{' '.join(text[max(0, place - 12) : place + 12].split())}”"


def _problem(found: list[Damage], labels: dict[str, str], facts: Facts) -> Problem:
    mended = [(row, better) for row, text, better, _ in found if better != text]
    lost = sum(bool(LOST.search(better)) for _, _, better, _ in found)
    share = len(found) / max(1, facts.rows)
    grave = sum(bool(LOST.search(better)) or _rejoin(text) != text for _, text, better, _ in found) / max(1, facts.rows)
    parts = [f"{counted(len(found), 'text is', 'texts are')} damaged: {_kinds(found)}"] if found else []
    if labels:
        parts.append(f"{counted(len(labels), 'label is', 'labels are')} damaged, such as {quoted(next(iter(labels)))}")
    return Problem(
        "encoding_damage",
        f"{'; '.join(parts)}.",
        WARNING if grave > MANY or labels else INFO,
        1 - share,
        "The model learns from wrong letters, which later texts will not have. The repair changes only what is certain."
        + (f" {_gone(lost, len(found))}" if lost else ""),
        tuple(row for row, *_ in found),
        _fixes(mended, labels),
        tuple(note for *_, note in found),
    )


def _gone(lost: int, damaged: int) -> str:
    where = "In all of them" if lost == damaged else f"In {lost:,} of them"
    return f"{where} letters are gone for good (“�”): get the file again from where it came, saved as UTF-8."


def _fixes(mended: list[tuple[int, str]], labels: dict[str, str]) -> tuple[Fix, ...]:
    of_labels = tuple(Fix("merge", f"Repair the label {quoted(to)}", (bad,), to=to) for bad, to in labels.items())
    if not mended:
        return of_labels
    rows, better = zip(*mended, strict=True)
    return Fix("retext", f"Repair {counted(len(rows), 'text', 'texts')}", rows=rows, values=better), *of_labels


def _kinds(found: list[Damage]) -> str:
    """The kinds of damage, the commonest first, each with what it looks like."""
    counts: Counter[str] = Counter()
    for _, text, better, _ in found:
        entity = ENTITY.search(text)
        if entity and html.unescape(entity[0]) != entity[0]:
            counts["codes of web pages such as “&amp;”"] += 1
        if LOST.search(better):
            counts["letters that are lost (“�”)"] += 1
        if not text.isascii() and _rejoin(text) != text:
            counts["letters that came out as “Ã©”, “â€™” and the like"] += 1
        if EXCEL.search(text):
            counts["“_x000D_” for a line end"] += 1
    return ", ".join(f"{what} in {count:,}" for what, count in counts.most_common())
