"""What a Task is: what is learned, from which columns, answered in which columns, judged by which number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tlcore.engine.objectives import Objective
    from tlcore.predict.answers import Answers
    from tlcore.tables import Table


@dataclass(frozen=True)
class Role:
    """A part that a column of the spreadsheet can play."""

    name: str
    title: str
    help: str
    required: bool = True
    many: bool = False


class Task(Protocol):
    """One file in `tlcore/tasks/`, one line in TASKS. Stateless: every method is a function of its arguments, and of what
    `settle` found in the columns.

    A target is what the Dataset holds as the label of a row, always text. labels: every name that targets hold, sorted.
    """

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def question(self) -> str: ...

    @property
    def one_of(self) -> bool:
        """Whether a text has exactly one of the labels."""
        ...

    @property
    def roles(self) -> tuple[Role, ...]: ...

    @property
    def output_columns(self) -> tuple[str, ...]:
        """What a prediction adds to a sheet, the answer first."""
        ...

    @property
    def metric(self) -> str:
        """The number that heads the report; None-able scores are looked up under this key."""
        ...

    @property
    def unfit_checks(self) -> frozenset[str]:
        """Names of checks that assume something of the labels which does not hold here."""
        ...

    def settle(self, table: Table, roles: Mapping[str, Sequence[str]]) -> Task:
        """The task as the columns of this table are to be read (what parts labels, decimal comma); else itself.

        Raises TlcoreError where a column cannot be what it is chosen for.
        """
        ...

    def model_input(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str:
        """The text the base model reads for one row of the spreadsheet."""
        ...

    def target(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str | None:
        """What is to be learned for one row, or None where the row has no label."""
        ...

    def names(self, target: str) -> tuple[str, ...]:
        """The labels that a target holds; () where a target is no label."""
        ...

    def strata(self, targets: Sequence[str]) -> list[str]:
        """What each row is dealt out by, so that every side of the split has its share."""
        ...

    def suits(self, cells: Sequence[str]) -> float:
        """How much a column looks as if this was to be learned from it, 0 to 1."""
        ...

    def validate(self, targets: Sequence[str | None]) -> list[str]:
        """Warnings in plain words. Raises TlcoreError where nothing can be learned from these targets."""
        ...

    def score(
        self, truth: Sequence[str], answers: Sequence[str], probabilities: Any, labels: Sequence[str]
    ) -> dict[str, Any]:
        """The task's scores for answers against the truth; a score that does not apply is None."""
        ...

    def objective(self, labels: Sequence[str], targets: Sequence[str]) -> Objective:
        """Loss, head and how outputs are read. targets: of all rows that are learned from or steered by."""
        ...

    def baselines(
        self, texts: Sequence[str], targets: Sequence[str], unseen: Sequence[str], labels: Sequence[str]
    ) -> dict[str, list[str]]:
        """Answers for the unseen texts of what needs no language model, by name; `majority` and `tfidf` among them."""
        ...

    def report(
        self, truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]], labels: Sequence[str]
    ) -> dict[str, Any]:
        """test, baselines, difference, per_class, and what else the report says of the test rows."""
        ...

    def alike(self, exact: Answers, quick: Answers, truth: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
        """same_answers, accuracy and exact_accuracy (shares) of a quick version beside the exact one."""
        ...
