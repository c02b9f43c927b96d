"""What a check finds: a problem in plain words, how bad, in which rows, what it costs, what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.rows import FILE
from tlcore.splits import LEFT_OUT

WARNING, INFO = "warning", "info"


@dataclass(frozen=True)
class Fix:
    """One click. kind, one of tlcore.mend.KINDS, says what is done:

    leave_out  the rows of `rows`, or all rows of `labels`, are not learned from
    relabel    row `rows[i]` gets the label `values[i]`
    retext     the text of row `rows[i]` becomes `values[i]`
    merge      all rows of `labels` get the label `to`
    mask       personal data in the texts of `rows` is replaced by what it is, such as [email]
    """

    kind: str
    title: str
    labels: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    to: str = ""

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> Fix:
        known: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in parts.items()}
        return cls(**known)


@dataclass(frozen=True)
class Problem:
    """score: 0 (hopeless) to 1 (nothing wrong). rows: their numbers in the user's file, the worst first where there is a worst.

    notes: () or one a row, what is to be said of that row ("says the same as row 12").
    """

    id: str
    title: str
    severity: str
    score: float
    cost: str
    rows: tuple[int, ...] = ()
    fixes: tuple[Fix, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, parts: dict[str, Any]) -> Problem:
        fixes = tuple(map(Fix.from_json, parts["fixes"]))
        return cls(**{**parts, "rows": tuple(parts["rows"]), "notes": tuple(parts.get("notes", ())), "fixes": fixes})


Check = Callable[[Dataset, Facts], Problem | None]
"""One file in `tlcore/checks/`, one line in CHECKS. None: nothing to say."""
SHOWN_LABELS, SHOWN_LETTERS = 5, 40
PLACE = "place"
"""Beside the columns of `dataset.rows`: where in them a row lies."""
CELLS_AT_ONCE = 1_000
"""Rows that are taken out of Arrow at a time: 1,000,000 rows are walked over in the memory of so many."""


def own_rows(dataset: Dataset, *columns: str, used: bool = False) -> Iterator[tuple[Any, ...]]:
    """The cells of these columns (of `dataset.rows`, and PLACE) of each row of the user's own file, in its order.

    used: without the rows that are left out.
    """
    import numpy as np
    import pyarrow.compute as pc

    table = dataset.rows.with_format("arrow")[:]
    named = [name for name in columns if name != PLACE]
    known: dict[str, str] = {}
    begin = 0
    for batch in table.select([*dict.fromkeys([*named, "source", "split"])]).to_batches(max_chunksize=CELLS_AT_ONCE):
        keep = pc.equal(batch.column("source"), FILE)
        if used:
            keep = pc.and_(keep, pc.not_equal(batch.column("split"), LEFT_OUT))
        cells = {name: batch.column(name).filter(keep).to_pylist() for name in named}
        if "text" in cells:
            cells["text"] = list(map(dataset.task.words, cells["text"]))
        if "label" in cells:  # one string a class, for those who keep it
            cells["label"] = [label if label is None else known.setdefault(label, label) for label in cells["label"]]
        if PLACE in columns:
            cells[PLACE] = (begin + np.flatnonzero(keep.to_numpy(zero_copy_only=False))).tolist()
        yield from zip(*(cells[name] for name in columns), strict=True)
        begin += batch.num_rows


def used_rows(dataset: Dataset, *columns: str) -> Iterator[tuple[Any, ...]]:
    """As own_rows, without the rows that are left out: what nearly every check looks at."""
    return own_rows(dataset, *columns, used=True)


@dataclass(frozen=True)
class Repeats:
    """twins: row -> the first row that says the same. spare: those of them that add no other label: a repeat with another
    label is a contradiction, and for a person to decide."""

    twins: Mapping[int, int]
    spare: tuple[int, ...]

    def fixes(self) -> tuple[Fix, ...]:
        some = "the repeated row" if len(self.spare) == 1 else f"{len(self.spare):,} repeated rows"
        return (Fix("leave_out", f"Leave out {some}", rows=self.spare),) if self.spare else ()


def find_repeats(keys: Sequence[int], rows: Sequence[int], labels: Sequence[str | None]) -> Repeats:
    """Rows with the key of an earlier row, all three in the same order; quickest with the keys in an array."""
    import numpy as np

    _, first, of_key = np.unique(np.asarray(keys), return_index=True, return_inverse=True)
    again = np.flatnonzero(first[of_key] != np.arange(len(keys)))
    pairs = [(i, j) for i, j in zip(again.tolist(), first[of_key[again]].tolist(), strict=True)]
    spare = tuple(rows[i] for i, j in pairs if labels[i] is None or labels[i] == labels[j])
    return Repeats({rows[i]: rows[j] for i, j in pairs}, spare)


def leave_out(rows: tuple[int, ...]) -> Fix:
    """One click for all these rows."""
    return Fix("leave_out", f"Leave out {'this row' if len(rows) == 1 else f'these {len(rows):,} rows'}", rows=rows)


def counted(count: int, one: str, more: str) -> str:
    """ "1 text is", "1,204 texts are"."""
    return f"1 {one}" if count == 1 else f"{count:,} {more}"


def percent(share: float) -> str:
    """As people say it; "under 1 %" of something that is there, and "100 %" only of all."""
    return "100 %" if share >= 1 else "under 1 %" if share < 0.01 else f"{min(99, round(100 * share))} %"


def quoted(text: str, most: int = SHOWN_LETTERS) -> str:
    """In quotation marks, on one line, cut where it is long."""
    line = " ".join(text[: 4 * most].split())
    return f"“{line[:most].rstrip()}…”" if len(line) > most else f"“{line}”"


def names(labels: Sequence[str]) -> str:
    """A few labels, quoted, and how many more."""
    some = ", ".join(map(quoted, labels[:SHOWN_LABELS]))
    return some + (f" and {len(labels) - SHOWN_LABELS:,} more" if len(labels) > SHOWN_LABELS else "")
