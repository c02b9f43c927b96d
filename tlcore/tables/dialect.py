"""Which character separates the cells: the one that gives rows of the same width."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t", "|")
NO_DELIMITER = "\x1f"  # stands in where a file has one column: a character that text does not hold
LOOK_AT = 100_000  # characters
LOOK_AT_SLOWLY = 10_000  # characters for clevercsv, which is careful but slow


@dataclass(frozen=True)
class Dialect:
    """delimiter None: one column. escape: the character before a quote or delimiter that is meant literally."""

    delimiter: str | None
    escape: str | None = None
    quoted: bool = True

    def records(self, text: str) -> Iterator[list[str]]:
        """The records of the text, as the csv module reads them."""
        # The limit is the csv module's, for the whole process; ours is checked later, with row and column.
        csv.field_size_limit(2**31 - 1)
        return csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.delimiter or NO_DELIMITER,
            escapechar=self.escape,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
        )


@dataclass(frozen=True)
class _Score:
    dialect: Dialect
    share: float  # of the rows that have the usual width
    width: int
    header_fits: bool

    @property
    def key(self) -> tuple[float, int]:
        return round(self.share * (1.0 if self.header_fits else 0.8), 2), self.width


def find_dialect(text: str) -> Dialect:
    """The dialect of a delimited text, from its first rows. Never raises."""
    sample = _first_rows(text)
    scores = [score for d in DELIMITERS if d in sample and (score := _best_escape(sample, d)) is not None]
    scores = [score for score in scores if score.width > 1]
    if not scores:
        return Dialect(None)
    best = max(scores, key=lambda score: score.key)
    if best.share >= 0.8 or (best.header_fits and best.share >= 0.4):
        return best.dialect
    return _ask_clevercsv(sample, best)


def _first_rows(text: str) -> str:
    if len(text) <= LOOK_AT:
        return text
    cut = max(text.rfind("\n", 0, LOOK_AT), text.rfind("\r", 0, LOOK_AT))
    return text[: cut + 1] if cut > 0 else text[:LOOK_AT]


def _best_escape(sample: str, delimiter: str) -> _Score | None:
    plain = _score(sample, Dialect(delimiter))
    if '\\"' not in sample and "\\" + delimiter not in sample:
        return plain
    escaped = _score(sample, Dialect(delimiter, "\\"))
    # Only where it helps: as an escape character a backslash vanishes from the text.
    if plain is None or (escaped is not None and escaped.key > plain.key and escaped.width == plain.width):
        return escaped
    return plain


def _score(sample: str, dialect: Dialect) -> _Score | None:
    try:
        widths = [len(record) for record in dialect.records(sample) if any(map(str.strip, record))]
    except csv.Error:
        return None
    if len(widths) > 2 and len(sample) >= LOOK_AT // 2:
        widths.pop()  # the last record may have been cut
    if not widths:
        return None
    width, count = Counter(widths).most_common(1)[0]
    return _Score(dialect, count / len(widths), width, widths[0] == width)


def _ask_clevercsv(sample: str, best: _Score) -> Dialect:
    """The slow way, for files whose rows differ in width."""
    from clevercsv.detect import Detector

    part = sample[:LOOK_AT_SLOWLY]
    part = part[: part.rfind("\n") + 1] or part
    try:
        found = Detector().detect(part, delimiters=list(DELIMITERS))
    except Exception:  # a helper that only advises must not stop the reading
        found = None
    if found is None:
        return best.dialect if best.header_fits else Dialect(None)
    if found.delimiter not in DELIMITERS:
        return Dialect(None)
    return Dialect(found.delimiter, "\\" if found.escapechar == "\\" else None)
