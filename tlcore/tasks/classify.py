"""One label per text: two classes to a few hundred; a label is always text, "1" and "NA" included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.tasks.base import Role, Usual

if TYPE_CHECKING:
    from tlcore.engine.objectives import Objective
    from tlcore.predict.answers import Answers
    from tlcore.tables import Table

MIN_ROWS = 10
"""Fewer labelled rows than this cannot be learned from and tested."""
MAX_CLASSES = 500
ROWS_PER_CLASS_TO_BE_A_CATEGORY = 2.0
"""With fewer rows a class than this, a column of many values is an id, a number or free text."""


class Classify(Usual):
    name = "classify"
    title = "Sort texts into groups"
    question = "Which group does this text belong to?"
    one_of = True
    roles: tuple[Role, ...] = (
        Role("text", "Text", "The column to read. Several columns are read one after the other.", many=True),
        Role("label", "Label", "The column with the right answer. Rows where it is empty are kept as unlabelled."),
    )
    output_columns: tuple[str, ...] = ("prediction", "confidence")
    metric = "macro_f1"

    def settle(self, table: Table, roles: Mapping[str, Sequence[str]]) -> Classify:
        return self

    def target(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str | None:
        columns = roles.get("label") or ()
        return (row[columns[0]].strip() or None) if columns else None

    def names(self, target: str) -> tuple[str, ...]:
        return (target,)

    def strata(self, targets: Sequence[str]) -> list[str]:
        return list(targets)

    def suits(self, cells: Sequence[str]) -> float:
        """What is taken where no other task fits clearly better."""
        return 0.5

    def validate(self, targets: Sequence[str | None]) -> list[str]:
        counts = Counter(target for target in targets if target is not None)
        rows = counts.total()
        _refuse_hopeless(counts, rows)
        warnings = []
        single = [label for label, count in counts.items() if count == 1]
        if single:
            names = ", ".join(f"“{label[:40]}”" for label in single[:5]) + (" and others" if len(single) > 5 else "")
            warnings.append(
                f"{len(single)} {'class has' if len(single) == 1 else 'classes have'} only one row ({names}). "
                "Nudge learns from that row but cannot test the class. Add rows, or leave the class out."
            )
        empty = len(targets) - rows
        if empty:
            warnings.append(
                f"{empty:,} {'row has' if empty == 1 else 'rows have'} no label: kept as unlabelled, not learned from."
            )
        return warnings

    def score(
        self, truth: Sequence[str], answers: Sequence[str], probabilities: Any, labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.metrics import classification_scores

        return classification_scores(truth, answers, probabilities, labels)

    def objective(self, labels: Sequence[str], targets: Sequence[str]) -> Objective:
        from tlcore.engine.objectives import OneOf

        return OneOf(labels)

    def baselines(
        self, texts: Sequence[str], targets: Sequence[str], unseen: Sequence[str], labels: Sequence[str]
    ) -> dict[str, list[str]]:
        from tlcore.evaluate.baselines import majority_answers, tfidf_answers

        return {"majority": majority_answers(targets, unseen), "tfidf": tfidf_answers(texts, targets, unseen)}

    def report(
        self, truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]], labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.report import TestRows, test_report

        return test_report(TestRows(truth, answers, baselines), labels)

    def alike(self, exact: Answers, quick: Answers, truth: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
        from tlcore.evaluate.metrics import share_alike

        pairs = ((exact.predictions, quick.predictions), (quick.predictions, truth), (exact.predictions, truth))
        shares = (share_alike(a, b) for a, b in pairs)
        return dict(zip(("same_answers", "accuracy", "exact_accuracy"), shares, strict=True))


def _refuse_hopeless(counts: Counter[str], rows: int) -> None:
    if not rows:
        raise TlcoreError(
            "No row has a label, so there is nothing to learn from yet.",
            "the label column",
            "Choose the column that holds the right answers, or fill in some labels in the spreadsheet.",
        )
    if len(counts) == 1:
        raise TlcoreError(
            f"Every labelled row has the same label, “{next(iter(counts))[:60]}”.",
            "the label column",
            "A model needs at least two classes to tell apart. Add rows of another class, or choose another column.",
        )
    if rows < MIN_ROWS:
        raise TlcoreError(
            f"Only {rows} rows have a label.",
            "the label column",
            f"Label at least {MIN_ROWS}; from about 50 on the result starts to be useful.",
        )
    if len(counts) > MAX_CLASSES or (len(counts) > 20 and rows / len(counts) < ROWS_PER_CLASS_TO_BE_A_CATEGORY):
        raise TlcoreError(
            f"The label column holds {len(counts):,} different {_kind(counts)} in {rows:,} rows. {_meaning(counts)}",
            "the label column",
            "Choose a column with a small set of answers that repeat, or group the values first (for numbers: low, middle, high).",
        )


def _numeric(counts: Counter[str]) -> bool:
    sample = list(counts)[:200]
    return all(label.replace(".", "", 1).replace(",", "").lstrip("-+").isdigit() for label in sample)


def _kind(counts: Counter[str]) -> str:
    return "numbers" if _numeric(counts) else "values"


def _meaning(counts: Counter[str]) -> str:
    if _numeric(counts):
        return "That looks like an amount or an id, not a class."
    return "That looks like free text or an id, not a class."
