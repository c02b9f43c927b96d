"""What a Task is: what is learned, from which columns, answered in which columns, judged by which number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from tlcore.predict.text import model_text

if TYPE_CHECKING:
    from tlcore.engine.objectives import Objective
    from tlcore.facts import Facts
    from tlcore.machine import Machine
    from tlcore.predict.answers import Answers
    from tlcore.strategies.base import Estimate, Strategy
    from tlcore.tables import Table


class Usual:
    """What holds of most tasks; a task says what is otherwise."""

    one_of = False
    reads: tuple[str, ...] = ("text",)
    together = ""
    amounts = False
    baseline = "tfidf"
    base = "minilm"
    unfit_strategies: Mapping[str, str] = MappingProxyType({})
    unfit_checks: frozenset[str] = frozenset()
    typed = True
    instead = ("", "")
    each = "a number"

    def notes_on(self, test: Table, roles: Mapping[str, Sequence[str]]) -> list[str]:
        return []

    def settings(self, strategy: Strategy) -> type[Any]:
        return strategy.Settings

    def estimate(self, strategy: Strategy, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        return strategy.estimate(facts, machine, settings)

    def job_phases(self, strategy: Strategy) -> tuple[str, ...]:
        return strategy.job_phases

    def guess_columns(self, table: Table) -> dict[str, str | None]:
        from tlcore.tables import guess_roles

        return guess_roles(table)

    def suits_columns(self, table: Table) -> float:
        return 0.0

    def suits(self, cells: Sequence[str]) -> float:
        return 0.0

    def shown(self, target: str, text: str = "") -> str:
        return target

    def layout_of(self, table: Table, roles: Mapping[str, Sequence[str]]) -> str:
        return ""

    def arrange(self, table: Table, roles: Mapping[str, Sequence[str]]) -> tuple[Table, Mapping[str, tuple[str, ...]]]:
        return table, {name: tuple(columns) for name, columns in roles.items()}

    def words(self, text: str) -> str:
        return text

    def compared(self, text: str) -> str:
        return text

    def model_input(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str:
        return model_text({name: roles[name] for name in self.reads if roles.get(name)}, row)


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
    def reads(self) -> tuple[str, ...]:
        """The roles that make up what the model reads, in the order in which they are packed (tlcore.predict.text)."""
        ...

    @property
    def amounts(self) -> bool:
        """Whether targets are numbers that are drawn on a scale."""
        ...

    @property
    def together(self) -> str:
        """The role whose equal cells keep rows on one side of the split, unless another split is wished for; "" where none does."""
        ...

    @property
    def baseline(self) -> str:
        """Which of `baselines` it must beat."""
        ...

    @property
    def base(self) -> str:
        """The base model that is taken unless another is wished for."""
        ...

    @property
    def unfit_strategies(self) -> Mapping[str, str]:
        """Names of strategies that cannot learn this, and why, in a sentence."""
        ...

    @property
    def unfit_checks(self) -> frozenset[str]:
        """Names of checks that assume something of the labels which does not hold here."""
        ...

    def notes_on(self, test: Table, roles: Mapping[str, Sequence[str]]) -> list[str]:
        """What is to be said of the rows of a test file."""
        ...

    @property
    def typed(self) -> bool:
        """Whether a target is what a person would type into a cell; else screens show it in words and have other ways to mend it."""
        ...

    def layout_of(self, table: Table, roles: Mapping[str, Sequence[str]]) -> str:
        """How these columns of a table, before it is arranged, are understood, in a sentence for the Data screen; "" where it is plain."""
        ...

    @property
    def instead(self) -> tuple[str, str]:
        """The strategy that is advised whatever the row of the decision table says, and why; ("", "") for none."""
        ...

    @property
    def each(self) -> str:
        """What a row has to learn from, in words, where that is no label."""
        ...

    def settings(self, strategy: Strategy) -> type[Any]:
        """The Settings of a strategy, as they are where this is learned."""
        ...

    def job_phases(self, strategy: Strategy) -> tuple[str, ...]:
        """The stretches of work that a strategy announces where this is learned."""
        ...

    def estimate(self, strategy: Strategy, facts: Facts, machine: Machine, settings: Any) -> Estimate:
        """What a strategy costs where this is learned."""
        ...

    def guess_columns(self, table: Table) -> dict[str, str | None]:
        """Role -> the column that most likely plays it, or None."""
        ...

    def arrange(self, table: Table, roles: Mapping[str, Sequence[str]]) -> tuple[Table, Mapping[str, tuple[str, ...]]]:
        """The table with one row for each text, and who plays which role then; as they are, where that is so already."""
        ...

    def settle(self, table: Table, roles: Mapping[str, Sequence[str]]) -> Task:
        """The task as the columns of this table are to be read (what parts labels, decimal comma); else itself.

        Raises TlcoreError where a column cannot be what it is chosen for.
        """
        ...

    def model_input(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str:
        """The text the base model reads for one row of the spreadsheet."""
        ...

    def words(self, text: str) -> str:
        """What of a row's text is words: all of it, unless something else is packed with it."""
        ...

    def compared(self, text: str) -> str:
        """What two rows say nearly the same by."""
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

    def suits_columns(self, table: Table) -> float:
        """How much all columns together look as if this was meant, 0 to 1; 0 where the label column alone tells."""
        ...

    def shown(self, target: str, text: str = "") -> str:
        """A target, or an answer, in words for a screen. text: what it is about, if known."""
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
        """Loss, head and how outputs are read. targets: of all rows that are learned from or steered by.

        What is no class, set of classes or number has an objective of its own, a `Teaches` (tlcore.strategies.base)."""
        ...

    def baselines(
        self, texts: Sequence[str], targets: Sequence[str], unseen: Sequence[str], labels: Sequence[str]
    ) -> dict[str, list[str]]:
        """Answers for the unseen texts of what needs no language model, by name; `baseline` among them."""
        ...

    def report(
        self, truth: Sequence[str], answers: Any, baselines: dict[str, Sequence[str]], labels: Sequence[str]
    ) -> dict[str, Any]:
        """test, baselines, difference, per_class, and what else the report says of the test rows."""
        ...

    @property
    def alike(self) -> Callable[[Answers, Answers, Sequence[str], Sequence[str]], dict[str, float]] | None:
        """From the answers of the exact and of a quick version, the truth and the labels: same_answers, accuracy and
        exact_accuracy (shares). None where models of this kind have no quick version."""
        ...
