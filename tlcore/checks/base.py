"""What a check finds: a problem in plain words, how bad, in which rows, what it costs, what mends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tlcore.datasets import Dataset
from tlcore.facts import Facts

WARNING, INFO = "warning", "info"


@dataclass(frozen=True)
class Fix:
    """One click: `kind` says what is done (leave_out: the rows of the labels in `labels`)."""

    kind: str
    title: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """score: 0 (hopeless) to 1 (nothing wrong). rows: their numbers in the file."""

    id: str
    title: str
    severity: str
    score: float
    cost: str
    rows: tuple[int, ...] = ()
    fixes: tuple[Fix, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, parts: dict[str, Any]) -> Problem:
        fixes = tuple(Fix(fix["kind"], fix["title"], tuple(fix["labels"])) for fix in parts["fixes"])
        return cls(**{**parts, "rows": tuple(parts["rows"]), "fixes": fixes})


Check = Callable[[Dataset, Facts], Problem | None]
"""One file in `tlcore/checks/`, one line in CHECKS. None: nothing to say."""
SHOWN_LABELS = 5


def names(labels: list[str]) -> str:
    """A few labels, quoted, and how many more."""
    some = ", ".join(f"“{' '.join(label.split())[:40]}”" for label in labels[:SHOWN_LABELS])
    return some + (f" and {len(labels) - SHOWN_LABELS} more" if len(labels) > SHOWN_LABELS else "")
