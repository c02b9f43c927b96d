"""Columns lined up with blanks, as database tools and printed reports write them: where each column begins."""

from __future__ import annotations

import re
from collections import Counter

LOOK_AT = 300  # lines
MOST_CHARS = 2_000  # of a line that may still be part of such a table
WIDE_GAP = 2  # blanks between columns where no line is drawn under their names
_FEWEST_LINES = 3
_PIECE = re.compile(r"\S+(?: \S+)*")
_GAP = re.compile(" {2,}")
_RULE = re.compile(r" *[-=]{2,}(?: +[-=]+)+ *")


def ruled_starts(sample: str) -> tuple[int, ...]:
    """Where the columns begin by the drawn line under their names (`---- ------`); () if there is none."""
    lines = _lines(sample)
    ruled = next((at for at, line in enumerate(lines) if _RULE.fullmatch(line)), None)
    if ruled is None:
        return ()
    starts = tuple(found.start() for found in re.finditer(r"[-=]+", lines[ruled]))
    under = lines[ruled + 1 :]
    fitting = [line for line in under if _fits(line, starts, 1)]
    return (0, *starts[1:]) if fitting and len(fitting) * 5 >= len(under) * 3 else ()


def lined_up_starts(sample: str) -> tuple[int, ...]:
    """Where the columns begin by the gaps of two blanks or more that run through all lines; () if there are none."""
    lines = _lines(sample)
    width = max(map(len, lines), default=0)
    if len(lines) < _FEWEST_LINES or width > MOST_CHARS:
        return ()
    pieces = [len(_GAP.split(line.strip())) for line in lines]
    usual = Counter(pieces).most_common(1)[0][0]
    full = [line for line, count in zip(lines, pieces, strict=True) if count >= usual]  # neither titles nor notes
    spans = _spans(full, width)
    inked = _ink([line for line in lines if _stands_in(line, spans)], width)
    begins = [at for at in range(2, width) if inked[at] and not inked[at - 1] and not inked[at - 2]]
    starts = (0, *[at for at in begins if any(inked[:at])])
    fitting = [line for line in lines if _fits(line, starts, WIDE_GAP)]
    if len(starts) < 2 or len(fitting) < 0.8 * len(lines):
        return ()
    ends = (*starts[1:], width)
    named = [bool(fitting[0][start:end].strip()) for start, end in zip(starts, ends, strict=True)]
    shares = [sum(bool(line[a:b].strip()) for line in fitting) for a, b in zip(starts, ends, strict=True)]
    used = all(name or share >= 0.4 * len(fitting) for name, share in zip(named, shares, strict=True))
    return starts if used else ()


def _ink(lines: list[str], width: int) -> list[bool]:
    return [any(line[at : at + 1].strip() for line in lines) for at in range(width)]


def _spans(lines: list[str], width: int) -> list[tuple[int, int]]:
    """(first, last) characters that the columns of these lines cover."""
    marks = "".join("x" if ink else " " for ink in _ink(lines, width))
    return [found.span() for found in _PIECE.finditer(marks)]


def _stands_in(line: str, spans: list[tuple[int, int]]) -> bool:
    """Whether each piece of the line lies in a column of its own, also where some cells are empty."""
    places = []
    for piece in _PIECE.finditer(line):
        over = [i for i, (start, end) in enumerate(spans) if piece.start() < end and start < piece.end()]
        if len(over) != 1:
            return False
        places += over
    return len(set(places)) == len(places)


def cut(line: str, starts: tuple[int, ...], gap: int) -> list[str]:
    """The cells of a line; one cell if its text runs over the gaps (of so many blanks), as that of a note does."""
    line = line.rstrip().expandtabs()
    if not _fits(line, starts, gap):
        return [line.strip()]
    ends = (*starts[1:], len(line))
    return [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]


def _fits(line: str, starts: tuple[int, ...], gap: int) -> bool:
    return all(start > len(line) or not line[start - gap : start].strip() for start in starts[1:])


def _lines(sample: str) -> list[str]:
    lines = sample.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line.rstrip().expandtabs() for line in lines if line.strip()][:LOOK_AT]
