"""The same or nearly the same text with different labels: no model can get both right."""

from __future__ import annotations

from collections import Counter, defaultdict

from tlcore.checks.base import WARNING, Fix, Problem, counted, leave_out, quoted, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.splits import text_key

Group = list[tuple[int, str, str]]
"""Row, text, label of each row whose text says the same."""


def contradictions(dataset: Dataset, facts: Facts) -> Problem | None:
    clashes = [group for group in _groups(dataset) if len({label for _, _, label in group}) > 1]
    if not clashes:
        return None
    lost = sum(len(group) - max(Counter(label for _, _, label in group).values()) for group in clashes)
    ceiling = 1 - lost / max(1, facts.labelled)
    at_best = 1000 * (facts.labelled - lost) // max(1, facts.labelled) / 10  # rounded down: 100 % is what it is not
    equal = all(len({text_key(text) for _, text, _ in group}) == 1 for group in clashes)
    notes = {row: note for group in clashes for row, note in _notes(group).items()}
    rows = tuple(sorted(notes))
    return Problem(
        "contradictions",
        f"{counted(len(clashes), 'text has', 'texts have')} different labels in different rows"
        f"{'' if equal else ' (counting texts that are nearly the same)'}.",
        WARNING,
        ceiling,
        f"A model gives equal texts the same answer, so it can be right in at most {at_best:.1f} % of your rows. Decide which label is "
        "right, and give it to all rows with that text.",
        rows,
        _fixes(clashes),
        tuple(notes[row] for row in rows),
    )


def _groups(dataset: Dataset) -> list[Group]:
    """The rows of each text that stands in several; which texts are alike was found when the rows were split."""
    repeated = {first for row, first in used_rows(dataset, "row", "alike") if first is not None and first != row}
    groups: dict[int, Group] = defaultdict(list)
    if repeated:
        for first, row, text, label in used_rows(dataset, "alike", "row", "text", "label"):
            if first in repeated:
                groups[first].append((row, text, label))
    return list(groups.values())


def _notes(group: Group) -> dict[int, str]:
    """What each row says, and the first row that says something else."""
    found = {}
    for row, _, label in group:
        other, _, its = next(one for one in group if one[2] != label)
        found[row] = f"{quoted(label)} here, {quoted(its)} in row {other:,}"
    return found


def _fixes(clashes: list[Group]) -> tuple[Fix, ...]:
    """The commonest label for all rows of a text, where one is commonest; or leave all these rows out."""
    changed: dict[int, str] = {}
    for group in clashes:
        counts = Counter(label for _, _, label in group).most_common(2)
        if counts[0][1] > counts[1][1]:
            changed |= {row: counts[0][0] for row, _, label in group if label != counts[0][0]}
    rows = tuple(sorted(row for group in clashes for row, _, _ in group))
    if not changed:
        return (leave_out(rows),)
    ordered = tuple(sorted(changed))
    title = "Give every text the label that most of its rows have"
    return Fix("relabel", title, rows=ordered, values=tuple(changed[row] for row in ordered)), leave_out(rows)
