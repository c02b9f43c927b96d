"""A number a text: labels are amounts (1 to 5 stars, 0 to 100), where 4 is nearer to 5 than 1 is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from tlcore.errors import TlcoreError
from tlcore.tasks.base import Role, Usual

if TYPE_CHECKING:
    from tlcore.engine.objectives import Objective
    from tlcore.predict.answers import Answers
    from tlcore.tables import Table

MIN_ROWS = 10
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?")
BLANKS = re.compile(r"[\s'’\u00a0\u202f]")
THOUSANDS = {",": re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+"), ".": re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+")}
MOST_ODD = 0.5
"""Of the filled cells: more that are no numbers, and it is no column of amounts."""
MANY_VALUES = 12
"""From so many different numbers on, a column looks like amounts to somebody who has not said so; fewer may be classes."""
BINS = 5
STEPS = 10
"""Up to so many different numbers, each is a stratum of its own."""


@dataclass(frozen=True)
class Score(Usual):
    """decimal: what stands before the decimals. notes: what was found in the column."""

    decimal: str = "."
    notes: tuple[str, ...] = ()

    name = "score"
    title = "Give each text a number"
    question = "How much?"
    roles: ClassVar[tuple[Role, ...]] = (
        Role("text", "Text", "The column to read. Several columns are read one after the other.", many=True),
        Role("label", "Number", "The column with the right number. Rows where it is empty are kept as unlabelled."),
    )
    output_columns: ClassVar[tuple[str, ...]] = ("prediction", "low", "high")
    metric = "mae"
    amounts = True
    unfit_checks = frozenset({
        "label_column", "label_variants", "contradictions", "single_rows", "small_classes", "imbalance", "test_size",
        "likely_wrong", "shortcuts",
    })  # fmt: skip

    def settle(self, table: Table, roles: Mapping[str, Sequence[str]]) -> Score:
        columns = roles.get("label") or ()
        if not columns:
            return self
        column = columns[0]
        cells = [cell.strip() for cell in table.cells(column)]
        decimal = find_decimal(cells)
        odd = [i for i, cell in enumerate(cells) if cell and as_number(cell, decimal) is None]
        filled = sum(bool(cell) for cell in cells)
        some = ", ".join(f"“{cells[i][:30]}” (row {int(table.row_numbers[i]):,})" for i in odd[:3])
        if filled and len(odd) > MOST_ODD * filled:
            raise TlcoreError(
                f"{len(odd):,} of {filled:,} labels are no numbers, such as {some}.",
                f"column “{column}”",
                "Choose the column that holds amounts, or learn one label per text instead.",
            )
        notes = []
        if odd:
            many = "1 row holds no number" if len(odd) == 1 else f"{len(odd):,} rows hold no number"
            notes.append(
                f"{many} in “{column}”: kept as unlabelled, not learned from: {some}{' and others' if len(odd) > 3 else ''}."
            )
        if decimal == ",":
            notes.append(f"The comma in “{column}” is read as the decimal comma.")
        return replace(self, decimal=decimal, notes=tuple(notes))

    def target(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str | None:
        columns = roles.get("label") or ()
        value = as_number(row[columns[0]].strip(), self.decimal) if columns else None
        return None if value is None else number_text(value)

    def names(self, target: str) -> tuple[str, ...]:
        """A number is no class."""
        return ()

    def strata(self, targets: Sequence[str]) -> list[str]:
        """The number itself where few are different, else which fifth of the rows it belongs to."""
        values = [float(target) for target in targets]
        if len(set(values)) <= STEPS:
            return [number_text(value) for value in values]
        ordered = sorted(values)
        ends = [ordered[len(ordered) * i // BINS] for i in range(1, BINS)]
        return [f"fifth {1 + sum(value >= end for end in ends)}" for value in values]

    def validate(self, targets: Sequence[str | None]) -> list[str]:
        known = [target for target in targets if target is not None]
        _refuse_hopeless(known)
        warnings = list(self.notes)
        if len(set(known)) == 2:
            warnings.append(
                "There are only two different numbers. If they stand for yes and no, learn one label per text instead."
            )
        if empty := len(targets) - len(known):
            warnings.append(
                f"{empty:,} {'row has' if empty == 1 else 'rows have'} no number: kept as unlabelled, not learned from."
            )
        return warnings

    def suits(self, cells: Sequence[str]) -> float:
        """How much a column looks like amounts, 0 to 1: numbers, and many different ones."""
        filled = [cell.strip() for cell in cells if cell.strip()]
        decimal = find_decimal(filled)
        found = [value for cell in filled if (value := as_number(cell, decimal)) is not None]
        return 0.8 if len(found) > 0.9 * len(filled) and len(set(found)) >= MANY_VALUES else 0.0

    def score(
        self, truth: Sequence[str], answers: Sequence[str], probabilities: Any, labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.numbers import number_scores

        return number_scores(truth, answers)

    def objective(self, labels: Sequence[str], targets: Sequence[str]) -> Objective:
        from tlcore.engine.amount import Amount

        return Amount([float(target) for target in targets])

    def baselines(
        self, texts: Sequence[str], targets: Sequence[str], unseen: Sequence[str], labels: Sequence[str]
    ) -> dict[str, list[str]]:
        from tlcore.evaluate.numbers import median_answers, tfidf_numbers

        return {"majority": median_answers(targets, unseen), "tfidf": tfidf_numbers(texts, targets, unseen)}

    def report(
        self, truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]], labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.numbers import numbers_report

        return numbers_report(truth, answers, baselines)

    def alike(self, exact: Answers, quick: Answers, truth: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
        from tlcore.evaluate.numbers import numbers_alike

        values = [float(one) for one in truth]
        return numbers_alike(exact, quick, truth, max(values) - min(values))


def find_decimal(cells: Sequence[str]) -> str:
    """What stands before the decimals in a column, by all of its cells: "1,234.5" and "1.234,5" and "0,5" show it."""
    for cell in cells:
        point, comma = cell.rfind("."), cell.rfind(",")
        if point >= 0 and comma >= 0:
            return "." if point > comma else ","
    plain = [BLANKS.sub("", cell).removesuffix("%") for cell in cells]
    if any(one.count(".") > 1 and THOUSANDS["."].fullmatch(one) for one in plain):
        return ","
    commas = [one for one in plain if one.count(",") == 1 and one.replace(",", "").lstrip("+-").isdigit()]
    return "," if any(not THOUSANDS[","].fullmatch(one) for one in commas) else "."


def as_number(cell: str, decimal: str) -> float | None:
    """A cell as a number; None where it is none. A percent sign behind it is left out."""
    text = BLANKS.sub("", cell).removesuffix("%").replace("−", "-")
    other = "," if decimal == "." else "."
    if other in text and not THOUSANDS[other].fullmatch(text.split(decimal)[0]):
        return None
    text = text.replace(other, "").replace(decimal, ".")
    return float(text) if NUMBER.fullmatch(text) else None


def number_text(value: float) -> str:
    """A number as a cell: "4", "3.25"."""
    text = f"{value:.10g}"
    return "0" if text == "-0" else text


def _refuse_hopeless(known: Sequence[str]) -> None:
    where = "the label column"
    if not known:
        raise TlcoreError(
            "No row has a number, so there is nothing to learn from yet.",
            where,
            "Choose the column that holds the numbers.",
        )
    if odd := next((target for target in known if not NUMBER.fullmatch(target)), None):
        raise TlcoreError(f"“{odd[:40]}” is no number.", where, "Undo the change on Check that put it there.")
    if len(set(known)) == 1:
        raise TlcoreError(
            f"Every labelled row has the same number, {known[0]}.",
            where,
            "Add rows with others, or choose another column.",
        )
    if len(known) < MIN_ROWS:
        raise TlcoreError(
            f"Only {len(known)} rows have a number.",
            where,
            f"Fill in at least {MIN_ROWS}; from about 50 on the result starts to be useful.",
        )
