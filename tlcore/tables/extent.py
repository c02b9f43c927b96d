"""Where a table ends: notes under it, a second table below it, and the column names said once more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.tables.cellkinds import LOOK_AT, column_kinds, filled, kind_of_cell
from tlcore.tables.header import core_columns

MOST_NOTES = 40  # rows under the table
_NOTE = re.compile(
    r"\W{0,3}(source|note|notes|footnote|remark|legend|generated|exported|downloaded|created|end of|copyright|quelle|"
    r"hinweis|anmerkung|fuente|nota|remarque|fonte|last updated|disclaimer|data from)\b.{0,2000}|[*†‡©].{0,2000}|\(\d+ rows?\)",
    re.IGNORECASE | re.DOTALL,
)
_PAGE = re.compile(
    r"\W*(page|seite|página|pagina|side|sida|strona|sivu|стр\.?)\W*\d+(\W+(of|von|de|di|sur|av|z|из)?\W*\d+)?\W*",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_TOTAL = re.compile(r"(grand |sub)?totals?:?|sums?:?|averages?:?|mean:?|gesamt(summe)?:?|summe:?", re.IGNORECASE)


@dataclass(frozen=True)
class Typical:
    """What the rows of the table are like. core: columns that nearly all fill. sparse: share that fills half of them."""

    names: tuple[str, ...]
    core: list[int]
    kinds: dict[int, str]
    sparse: float

    @classmethod
    def of(cls, names: Sequence[str], rows: Sequence[Sequence[str]]) -> Typical:
        """rows: some rows under the header, blank ones too."""
        some = [row for row in rows if filled(row)][: 10 * LOOK_AT]
        core = core_columns(some, 0.6)
        upper = some[: max(len(some) // 2, 3)]  # below it other things may stand
        thin = sum(_cover(row, core) * 2 < len(core) for row in upper)
        trimmed = tuple(name.strip().lower() for name in names)
        return cls(trimmed, core, column_kinds(upper[:LOOK_AT]), thin / max(len(upper), 1))


@dataclass(frozen=True)
class End:
    """stop: rows[:stop] belong to the table. said: sentences for the user."""

    stop: int
    said: tuple[str, ...] = ()


def find_end(rows: list[list[str]], number: int, typical: Typical) -> End:
    """rows: the last rows of the file, or all under the header; number: which row of the file rows[0] is."""
    cut = _second_table(rows, typical)
    if cut is None:
        stop = _notes(rows, typical)
        about = _about_notes(rows[stop:], number + stop)
    else:
        stop, header = cut
        shown = next(cell.strip() for cell in rows[stop] if cell.strip())[:60]
        about = [
            f'Another table begins in row {number + stop} ("{shown}"); only the one above it was read. '
            f"To read the other, choose row {number + header} as the row of its column names."
        ]
    return End(stop, (*about, *_about_total(rows[:stop], number)))


def is_page_mark(row: Sequence[str], titles: frozenset[str]) -> bool:
    """The number of a printed page, or a title that stands above the table and was printed again.

    titles: as `title_of` gives them.
    """
    if filled(row) != 1:
        return False
    text = next(cell.strip() for cell in row if cell.strip())
    return _DIGITS.sub("0", text) in titles or (len(text) <= 40 and bool(_PAGE.fullmatch(text)))


def title_of(row: Sequence[str]) -> str:
    """The title that a row is, without the numbers in it; "" for a row of several cells."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return _DIGITS.sub("0", cells[0]) if len(cells) == 1 else ""


def is_repeated_header(row: Sequence[str], typical: Typical) -> bool:
    """The column names once more, as where files were joined end to end."""
    if len(row) != len(typical.names) or len(row) < 2 or row[0].strip().lower() != typical.names[0]:
        return False
    return tuple(cell.strip().lower() for cell in row) == typical.names


def _second_table(rows: list[list[str]], typical: Typical) -> tuple[int, int] | None:
    """(0-based row where another table begins, with its title; the row of its names), or None."""
    gaps = sum(1 for row in rows if not filled(row))
    if gaps * 5 > len(rows):
        gaps = 0  # blank rows are the habit of this file and part nothing
    for at, row in enumerate(rows):
        starts_anew = (at > 0 and filled(rows[at - 1]) <= 1) or _first(row) == typical.names[:1]
        if starts_anew and _shares_names(row, typical) and not is_repeated_header(row, typical):
            title = at - 1 if at and filled(rows[at - 1]) == 1 and not _blank(rows, at - 1) else at
            return title, at
        after_gap = at > 0 and _blank(rows, at - 1)
        if after_gap and not _blank(rows, at) and (gaps or filled(row) == 1):
            names = at + 1 if filled(row) == 1 else at
            if _other_names(rows, names, typical, titled=names > at):
                return at, names
    return None


def _first(row: Sequence[str]) -> tuple[str, ...]:
    return (row[0].strip().lower(),) if row else ()


def _blank(rows: list[list[str]], at: int) -> bool:
    return not filled(rows[at])


def _shares_names(row: Sequence[str], typical: Typical) -> bool:
    """Whether a row says most of the column names again."""
    if not row or len(typical.names) < 2:
        return False
    own = {name for name in typical.names if name}
    cells = {cell.strip().lower() for cell in row if cell.strip()} if len(row) <= 1000 else set()
    both = len(own & cells)
    return both >= 2 and both * 2 > len(cells) and both * 2 >= len(own)


def _other_names(rows: list[list[str]], at: int, typical: Typical, titled: bool) -> bool:
    """Whether row `at`, after a gap, names the columns of another table."""
    if at + 1 >= len(rows) or filled(rows[at]) < 2 or _blank(rows, at + 1):
        return False
    if is_repeated_header(rows[at], typical):
        return False
    row = rows[at]
    if any(kind_of_cell(cell) for cell in row):
        return False
    cells = [(place, cell.strip()) for place, cell in enumerate(row) if cell.strip()]
    same = any(place < len(typical.names) and cell.lower() == typical.names[place] for place, cell in cells)
    unnamed = sum(place >= len(typical.names) or not typical.names[place] for place, _ in cells)
    against = sum(place in typical.kinds for place, _ in cells)
    return same or (titled and unnamed > 0) or against >= 2 or (titled and against >= 1)


def _cover(row: Sequence[str], core: list[int]) -> int:
    return sum(1 for place in core if place < len(row) and row[place].strip())


def _notes(rows: list[list[str]], typical: Typical) -> int:
    """Where the notes under the table begin: rows that fill few of the columns which the table fills."""
    stop = thin_from = len(rows)
    if typical.sparse > 0.02:
        return stop
    for at in range(len(rows) - 1, max(-1, len(rows) - 1 - MOST_NOTES), -1):
        if _blank(rows, at):
            continue
        cover = _cover(rows[at], typical.core)
        alone = filled(rows[at]) == 1
        parted = alone and _block_of_single_cells(rows, at)
        told = alone and bool(_NOTE.fullmatch(next(cell.strip() for cell in rows[at] if cell.strip())))
        told = told or (_is_parted_total(rows, at) and cover < len(typical.core))
        if len(typical.core) >= 3 and cover * 2 < len(typical.core):
            thin_from = at
        elif (parted and len(typical.core) == 2 and cover < 2) or (told and (cover < len(typical.core) or parted)):
            stop = at
        else:
            break
    if thin_from < stop and _are_notes(rows, thin_from, typical):
        stop = thin_from
    return stop or len(rows)


def _are_notes(rows: list[list[str]], start: int, typical: Typical) -> bool:
    """Whether the rows from `start` on, which fill few columns, are notes and not examples without a label yet."""
    thin = [row for row in rows[start:] if filled(row)]
    places = {tuple(place for place, cell in enumerate(row) if cell.strip()) for row in thin}
    if len(places) > 1 or (start > 0 and _blank(rows, start - 1) and len(thin) <= 10):
        return True
    others = (
        kind_of_cell(row[p]) != kind for row in thin for p, kind in typical.kinds.items() if p in next(iter(places))
    )
    return any(others) or bool(_NOTE.fullmatch(next(cell.strip() for cell in thin[0] if cell.strip())))


def _block_of_single_cells(rows: list[list[str]], at: int) -> bool:
    """Whether a blank row stands above, with nothing but rows of one cell between."""
    while at > 0 and filled(rows[at]) == 1:
        at -= 1
    return at > 0 and _blank(rows, at)


def _about_notes(rows: list[list[str]], number: int) -> list[str]:
    below = [i for i, row in enumerate(rows, start=number) if filled(row)]
    if not below:
        return []
    first = next(cell.strip() for row in rows for cell in row if cell.strip())[:60]
    where = f"Row {below[0]}" if len(below) == 1 else f"Rows {below[0]} to {below[-1]}"
    verb = "looks like a note" if len(below) == 1 else "look like notes"
    return [f'{where} under the table {verb} ("{first}") and {"is" if len(below) == 1 else "are"} left out.']


def _is_parted_total(rows: list[list[str]], at: int) -> bool:
    """Whether the row begins with a word for a total and a blank row parts it from the table."""
    text = next((cell.strip() for cell in rows[at] if cell.strip()), "")
    return at > 0 and _blank(rows, at - 1) and bool(_TOTAL.fullmatch(text))


def _about_total(rows: list[list[str]], number: int) -> list[str]:
    for at in range(len(rows) - 1, max(-1, len(rows) - 4), -1):
        text = next((cell.strip() for cell in rows[at] if cell.strip()), "")
        if len(rows) > 3 and filled(rows[at]) > 1 and _TOTAL.fullmatch(text):
            return [f'Row {number + at} looks like a total ("{text}"), not like an example; it was kept.']
    return []
