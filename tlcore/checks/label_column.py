"""A label column that is not a set of classes: a score on a scale, amounts, dates, ids, sentences, several answers in a cell."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tlcore.checks.base import INFO, WARNING, Fix, Problem, names, quoted, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts

NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:[.,][0-9]{1,6})?")
DATE = re.compile(
    r"(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2}))(?:[ T][0-9:.]{4,15}Z?)?"
)
ID = re.compile(r"(?=.{0,10}[0-9])[A-Za-z]{0,6}[-_#]?[0-9A-Fa-f-]{3,40}")
JOINT = re.compile("[;|]|,(?![0-9])")
MOST = 0.9
"""The share of the classes that must look alike; a stray "unknown" among them is common."""
SCALE_LEAST, SCALE_MOST = 3, 11
"""Steps of a rating: 1 to 5 stars, 0 to 10."""
WORDS = 6
"""A class whose name has so many words on average is a sentence."""
FEW_A_CLASS = 5
"""Rows a class. Codes that repeat often are names of classes; those that hardly do are ids."""
JOINED_SHARE = 0.2
"""The share of rows with several answers in a cell from which it is said."""
Kind = tuple[str, str, str, tuple[Fix, ...]]
"""Title, severity, cost, fixes."""


def label_column(dataset: Dataset, facts: Facts) -> Problem | None:
    classes = facts.classes
    if len(classes) < SCALE_LEAST:
        return None
    for look in (_dates, _numbers, _ids, _joined, _sentences):
        if found := look(classes, dataset):
            title, severity, cost, fixes = found
            return Problem("label_column", title, severity, 0.5, cost, fixes=fixes)
    return None


def _share(pattern: re.Pattern[str], classes: Mapping[str, int]) -> float:
    return sum(bool(pattern.fullmatch(label)) for label in classes) / len(classes)


def _examples(classes: Mapping[str, int]) -> str:
    return names(list(classes)[:2])


def _dates(classes: Mapping[str, int], dataset: Dataset) -> Kind | None:
    if _share(DATE, classes) < MOST:
        return None
    return (
        f"The labels look like dates, such as {_examples(classes)}.",
        WARNING,
        "A model that sorts texts takes each date for a class of its own. Choose the column with the answer in Data, or make a column "
        "with what you want to know of the date, such as the season.",
        (),
    )


def _numbers(classes: Mapping[str, int], dataset: Dataset) -> Kind | None:
    if _share(NUMBER, classes) < MOST:
        return None
    steps = sorted((label for label in classes if NUMBER.fullmatch(label)), key=_value)
    low, high = steps[0], steps[-1]
    if SCALE_LEAST <= len(steps) <= SCALE_MOST and _value(high) <= 100:
        return (
            f"The labels look like a score from {low} to {high}.",
            INFO,
            f"The model takes each step for a class of its own: to take {high} for {steps[-2]} counts as just as wrong as to take it for "
            f"{low}. Choose “Give each text a number” in Data, or groups such as low, middle and high: both are learnt far better.",
            _grouped(steps, dataset),
        )
    if sum(classes.values()) < FEW_A_CLASS * len(classes) or any("." in step or "," in step for step in steps):
        return (
            f"The labels are {len(steps):,} different numbers, from {low} to {high}.",
            WARNING,
            "They look like amounts. The model takes each number for a class of its own and learns nothing of more and less. Choose "
            "“Give each text a number” in Data.",
            (),
        )
    return (
        f"The labels are {len(steps):,} numbers, from {low} to {high}.",
        INFO,
        "If each stands for a class (1 for complaints, 2 for praise), all is well; names would be easier to read in the results. If they "
        "are amounts, choose “Give each text a number” in Data.",
        (),
    )


def _value(number: str) -> float:
    return float(number.replace(",", "."))


def _grouped(steps: list[str], dataset: Dataset) -> tuple[Fix, ...]:
    """One click: the lower two fifths of the steps are low, the upper two fifths high. Not where a test file keeps the old labels."""
    if dataset.test_how or len(steps) < 4:
        return ()
    third = (len(steps) * 2) // 5
    names_of = {
        step: "low" if i < third else "high" if i >= len(steps) - third else "middle" for i, step in enumerate(steps)
    }
    pairs = [(row, names_of[label]) for row, label in used_rows(dataset, "row", "label") if label in names_of]
    spans = []
    for group in dict.fromkeys(names_of.values()):
        members = [step for step in steps if names_of[step] == group]
        spans.append(f"{group} ({'–'.join(dict.fromkeys((members[0], members[-1])))})")
    title = f"Group into {', '.join(spans[:-1])} and {spans[-1]}"
    return (Fix("relabel", title, rows=tuple(row for row, _ in pairs), values=tuple(group for _, group in pairs)),)


def _ids(classes: Mapping[str, int], dataset: Dataset) -> Kind | None:
    if _share(ID, classes) < MOST or sum(classes.values()) >= FEW_A_CLASS * len(classes):
        return None
    return (
        f"The labels look like ids or codes, such as {_examples(classes)}: {len(classes):,} of them, few rows each.",
        WARNING,
        "An id names one thing, not a kind of thing, so nothing can be learnt from it. Choose the column with the answer in Data.",
        (),
    )


def _joined(classes: Mapping[str, int], dataset: Dataset) -> Kind | None:
    """Several answers in one cell: parts that come back in other cells, alone or with other partners."""
    parts = {label: [part.strip() for part in JOINT.split(label) if part.strip()] for label in classes}
    cells: dict[str, int] = {}
    for pieces in parts.values():
        for piece in set(pieces):
            cells[piece] = cells.get(piece, 0) + 1
    joined = [label for label, pieces in parts.items() if len(pieces) > 1 and all(cells[piece] > 1 for piece in pieces)]
    rows = sum(classes[label] for label in joined)
    if rows < JOINED_SHARE * sum(classes.values()) or len(joined) < 2:
        return None
    return (
        f"{rows:,} rows have several answers in one cell, such as {quoted(joined[0])}.",
        WARNING,
        "The model takes each combination for a class of its own, and cannot know that two of them share an answer. Keep the main answer "
        "of each row, or choose “Give each text every label that fits” in Data.",
        (),
    )


def _sentences(classes: Mapping[str, int], dataset: Dataset) -> Kind | None:
    words = sum(len(label.split()) for label in classes) / len(classes)
    if words < WORDS or sum(classes.values()) >= 2 * FEW_A_CLASS * len(classes):
        return None
    return (
        f"The labels look like free text: {words:.0f} words each on average, {len(classes):,} different ones.",
        WARNING,
        "A model that sorts texts needs answers that come back word for word. Choose another column in Data, or sort these into a few "
        "groups of your own first.",
        (),
    )
