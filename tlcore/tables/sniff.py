"""Finding the dialect of a text: each candidate reads a sample, the one with rows of one width wins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tlcore.tables.cellkinds import column_kinds
from tlcore.tables.dialect import ALIGNED, Dialect
from tlcore.tables.fixedwidth import WIDE_GAP, lined_up_starts, ruled_starts
from tlcore.tables.records import Repairs, records_of
from tlcore.tables.unquoted import open_width

DELIMITERS = (",", ";", "\t", "|")
# Tried where those fail, the plausible ones first. What text is full of must prove itself (see _proven).
RARE = ("^", "~", "\x01", "\x02", "\x1e", "\x1f", "¦", "§", "¬", "·", "::", "|~|", "#|#", "@@", "##", ":", "#")
ORDINARY = frozenset([":", "#", " ", ALIGNED, "·", "##"])
LOOK_AT, LOOK_AT_LINES = 100_000, 200  # characters of the text; lines
_OPEN = 0.85  # the share that counts as good where the texts of a column hold the delimiter


@dataclass(frozen=True)
class _Score:
    dialect: Dialect
    share: float  # of the rows that have the usual width
    width: int
    header_fits: bool
    rows: list[list[str]]
    repairs: Repairs

    @property
    def key(self) -> tuple[float, int, int, int]:
        """Of two that fit equally, the wider one; then the one that explains more rows, and more quotation marks."""
        fit = self.share * (1.0 if self.header_fits else 0.8) - len(self.repairs.rows) / max(len(self.rows), 1)
        return round(fit, 2), self.width, len(self.rows), -self.repairs.broken


def find_dialect(text: str) -> Dialect:
    """The dialect of a delimited text, from its first rows. Never raises."""
    sample = first_rows(text)
    if starts := ruled_starts(sample):
        return Dialect(ALIGNED, quoted=False, starts=starts)
    scores = [found for d in DELIMITERS if d in sample and (found := _best(sample, d)) is not None]
    best = max(scores, key=lambda score: score.key, default=None)
    if best is None or best.share < 0.8 or not best.header_fits:
        rare_ones = _rare_in(sample)
        if best is not None and best.header_fits and _plausible(best):
            rare_ones = [d for d in rare_ones if d not in ORDINARY]
        quoted = _begin_quoted(sample)
        others = [found for d in rare_ones if (found := _best(sample, d)) is not None and _proven(found, quoted)]
        rare = max(others, key=lambda score: score.key, default=None)
        if rare is not None and (best is None or rare.key > best.key):
            best = rare
    if best is None or not _plausible(best) or _is_prose(sample, best):
        return Dialect(None)
    return _padded(_doubled(sample, best), best.rows)


def unwrapped(text: str) -> str | None:
    """The lines of a file of which each stands in quotation marks as a whole, without them; None for other files."""
    sample = first_rows(text)
    if not _begin_quoted(sample):
        return None
    alone = Dialect(",")
    if any(len(row) > 1 for row in records_of(sample, alone)):
        return None
    rows = list(records_of(text, alone))
    inner = "\n".join(row[0] if row else "" for row in rows)
    best = max((_score(first_rows(inner), Dialect(d)) for d in DELIMITERS), key=lambda score: score.key)
    sure = best.width > 2 or '""' in sample
    return inner if best.width > 1 and best.share == 1 and len(best.rows) > 2 and sure else None


def dialect_for(text: str, delimiter: str) -> Dialect:
    """How a text is quoted, escaped and padded where the user names the delimiter."""
    found = _best(first_rows(text), delimiter)
    return _padded(found.dialect, found.rows) if found is not None else Dialect(delimiter)


def first_rows(text: str) -> str:
    if len(text) <= LOOK_AT:
        return text
    cut = max(text.rfind("\n", 0, LOOK_AT), text.rfind("\r", 0, LOOK_AT))
    return text[: cut + 1] if cut > 0 else text[:LOOK_AT]


def _rare_in(sample: str) -> list[str]:
    found = [d for d in RARE if d in sample]
    return [*found, *([ALIGNED] if "  " in sample else []), *([" "] if " " in sample else [])]


def _best(sample: str, delimiter: str) -> _Score | None:
    """The best way of quoting and escaping for this delimiter; None where it makes one column only."""
    tried = [_score(sample, Dialect(delimiter))]
    if delimiter == ALIGNED and (lined_up := _lined_up(sample)) is not None:
        tried.insert(0, _score(sample, lined_up))
    if _single_quoted(sample, delimiter) * 2 >= len(tried[0].rows):
        tried.insert(0, _score(sample, Dialect(delimiter, quote="'")))
    if '\\"' in sample or "\\" + delimiter in sample:
        # Only where it helps: as an escape character a backslash vanishes from the text.
        escaped = _score(sample, Dialect(delimiter, "\\"))
        tried += [escaped] if escaped.width == tried[0].width or tried[0].share < 0.8 else []
    if sample.count(delimiter + " ") * 2 > sample.count(delimiter):
        tried.append(_score(sample, Dialect(delimiter, padded=True)))
    if len(tried[0].repairs.rows) * 20 > len(tried[0].rows) and _mostly_unpaired(sample):
        tried.append(_score(sample, Dialect(delimiter, quoted=False)))
    best = max(tried, key=lambda score: score.key)
    return best if best.width > 1 else None


def _lined_up(sample: str) -> Dialect | None:
    if starts := ruled_starts(sample):
        return Dialect(ALIGNED, quoted=False, starts=starts)
    starts = lined_up_starts(sample)
    return Dialect(ALIGNED, quoted=False, starts=starts, gap=WIDE_GAP) if starts else None


def _score(sample: str, dialect: Dialect) -> _Score:
    repairs = Repairs()
    rows = [row for row in records_of(sample, dialect, repairs) if any(map(str.strip, row))]
    if len(rows) > 2 and len(sample) >= LOOK_AT // 2:
        rows.pop()  # the last record may have been cut
    if not rows:
        return _Score(dialect, 0.0, 0, False, [], repairs)
    above = _notes_above(rows)
    first_fits = above == 0 or rows[0][0].startswith("#")
    rows = rows[above:]
    width, count = Counter(map(len, rows)).most_common(1)[0]
    # Tables of different widths, one under the other, come in runs.
    runs = sum(len(a) == len(b) for a, b in pairwise(rows)) / max(len(rows) - 1, 1)
    share = max(count / len(rows), 0.9 * runs if count >= 0.3 * len(rows) else 0.0)
    if share < _OPEN and dialect.delimiter in (",", ";") and (few := open_width(rows)):
        share, width = _OPEN, few
    return _Score(dialect, share, width, first_fits and len(rows[0]) == width, rows, repairs)


def _notes_above(rows: list[list[str]]) -> int:
    """How many lines of notes without a delimiter stand above a table; 0 where they may be the table themselves."""
    above = next((i for i, row in enumerate(rows) if len(row) > 1), 0)
    under = rows[above:]
    widths = Counter(map(len, under)).most_common(1)
    marked = all(row[0].startswith("#") for row in rows[:above])
    enough = widths and widths[0][1] >= 0.8 * len(under) and (marked or (widths[0][0] >= 3 and len(under) >= 3))
    return above if enough and above <= 60 else 0


def _single_quoted(sample: str, delimiter: str) -> int:
    """How many lines have a cell in single quotes; 0 where double ones are in use."""
    edge = re.escape(delimiter)
    if re.search(rf'(?m)(?:^|{edge})"', sample):
        return 0
    return len(re.findall(rf"(?m)(?:^|{edge}) ?'(?:[^'\r\n]|''){{0,1000}}'(?={edge}|\r?$)", sample))


def _mostly_unpaired(sample: str) -> bool:
    """Whether quotation marks mostly stand alone in their line, as inches and stray marks do."""
    counts = [line.count('"') for line in sample.splitlines() if '"' in line]
    return sum(count % 2 for count in counts) > len(counts) / 1.5


def _is_prose(sample: str, score: _Score) -> bool:
    """Whether the delimiter is the punctuation of sentences: a blank follows it always, and rows differ in width."""
    delimiter = score.dialect.delimiter
    if delimiter not in (",", ";", ":") or score.share >= 0.95:
        return False
    times = len(re.findall(re.escape(delimiter) + r"(?=[^\r\n])", sample))
    blanks = sample.count(delimiter + " ")
    names = all(len(cell.split()) <= 3 and not cell.rstrip().endswith((".", "!", "?")) for cell in score.rows[0])
    return blanks >= 0.95 * times and not (names and score.header_fits)


def _proven(score: _Score, quoted: bool) -> bool:
    """Whether a delimiter outside the usual four really is one: ordinary text has colons and blanks too.

    quoted: whether the lines begin with a quotation mark.
    """
    delimiter = score.dialect.delimiter
    if delimiter == " " and quoted:
        return _is_whole(score)
    if delimiter not in ORDINARY:
        return score.share >= 0.9 and len(score.rows) >= 2
    if score.dialect.starts:
        return score.share >= 0.8 and (score.width >= 3 or _sorts(score.rows[1:]))
    if score.share < 0.98 or len(score.rows) < 3 or not score.header_fits:
        return False
    kinds = column_kinds(score.rows[1:])
    if delimiter == ALIGNED:
        return bool(kinds) or score.width >= 3
    return bool(kinds) and (score.width >= 3 or (len(kinds) == 2 and len(score.rows) >= 5))


def _sorts(rows: list[list[str]]) -> bool:
    """Whether a column is of one kind, or of few values as labels are."""
    if column_kinds(rows):
        return True
    full = [row for row in rows if len(row) == 2]
    return any(2 <= len({row[place] for row in full}) <= len(full) / 4 for place in (0, 1))


def _begin_quoted(sample: str) -> bool:
    lines = sample.split("\n")[:LOOK_AT_LINES]
    full = [line for line in lines if line.strip()]
    return len(full) >= 3 and sum(line.startswith('"') for line in full) >= 0.9 * len(full)


def _is_whole(score: _Score) -> bool:
    """Whether all rows have one width and clean quotes; the first may lack a name for the column of row numbers."""
    widths = {len(row) for row in score.rows[1:]}
    whole = not score.repairs.broken and len(widths) == 1 and len(score.rows) >= 3
    return whole and min(widths) - len(score.rows[0]) in (0, 1)


def _plausible(score: _Score) -> bool:
    if score.share >= 0.8 or (score.header_fits and score.share >= 0.4):
        return True
    # Every row is parted; or a long run of rows of one width stands under notes that have others.
    parted = all(len(row) > 1 for row in score.rows)
    return score.share >= 0.5 and (parted or (score.width >= 3 and len(score.rows) >= 10))


def _doubled(sample: str, best: _Score) -> Dialect:
    """`a||b||c` is no table with every second column empty, nor is `a|~|b|~|c`."""
    single = best.dialect.delimiter
    if single is None or len(single) > 1 or best.width < 3 or single == "\t":
        return best.dialect
    between = {cell.strip() for row in best.rows for cell in row[1:-1:2]}
    if len(between) != 1 or any(char.isalnum() for char in min(between)) or len(min(between)) > 3:
        return best.dialect
    double = _score(sample, replace(best.dialect, delimiter=single + min(between) + single))
    return double.dialect if double.share >= best.share and double.width > 1 else best.dialect


def _padded(dialect: Dialect, rows: Sequence[Sequence[str]]) -> Dialect:
    """Blanks after (nearly) every delimiter are layout: `a, b, c` or `a | b | c`."""
    if dialect.delimiter in (None, " ", ALIGNED, "\t"):
        return dialect
    cells = [cell for row in rows for cell in row[1:] if cell.strip("-: ")]
    if cells and sum(cell.startswith(" ") for cell in cells) >= 0.9 * len(cells):
        return replace(dialect, padded=True)
    return dialect
