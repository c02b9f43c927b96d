"""What a Task is: what is learned, from which columns, answered in which columns, judged by which number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Role:
    """A part that a column of the spreadsheet can play."""

    name: str
    title: str
    help: str
    required: bool = True
    many: bool = False


class Task(Protocol):
    """One file in `tlcore/tasks/`, one line in TASKS. Stateless: every method is a function of its arguments."""

    name: str
    title: str
    question: str
    roles: tuple[Role, ...]
    output_columns: tuple[str, ...]
    metric: str
    """The number that heads the report; None-able scores are looked up under this key."""

    def model_input(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str:
        """The text the base model reads for one row of the spreadsheet."""
        ...

    def target(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str | None:
        """What is to be learned for one row, or None where the row has no label."""
        ...

    def validate(self, targets: Sequence[str | None]) -> list[str]:
        """Warnings in plain words. Raises TlcoreError where nothing can be learned from these targets."""
        ...

    def score(
        self, truth: Sequence[str], answers: Sequence[str], probabilities: Any, labels: Sequence[str]
    ) -> dict[str, Any]:
        """The task's scores for answers against the truth; a score that does not apply is None."""
        ...
