"""What a check finds: a problem in plain words, how bad, in which rows, what it costs, what mends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tlcore.datasets import Dataset
from tlcore.facts import Facts

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
SHOWN_LABELS = 5


def names(labels: list[str]) -> str:
    """A few labels, quoted, and how many more."""
    some = ", ".join(f"“{' '.join(label.split())[:40]}”" for label in labels[:SHOWN_LABELS])
    return some + (f" and {len(labels) - SHOWN_LABELS} more" if len(labels) > SHOWN_LABELS else "")
