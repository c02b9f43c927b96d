"""The same or nearly the same text with different labels: no model can get both right."""

from __future__ import annotations

from collections import Counter, defaultdict

from tlcore.checks.base import WARNING, Fix, Problem
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.near import near_groups
from tlcore.splits import LEFT_OUT, text_key

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
    many = "1 text has" if len(clashes) == 1 else f"{len(clashes):,} texts have"
    notes = {row: note for group in clashes for row, note in _notes(group).items()}
    rows = tuple(sorted(notes))
    return Problem(
        "contradictions",
        f"{many} different labels in different rows{'' if equal else ' (counting texts that are nearly the same)'}.",
        WARNING,
        ceiling,
        f"No model can get both right: at best {at_best:.1f}% of your rows. Decide which label is right, and give it to all rows "
        "with that text.",
        rows,
        _fixes(clashes),
        tuple(notes[row] for row in rows),
    )


def _groups(dataset: Dataset) -> list[Group]:
    columns = (dataset.rows[name][:] for name in ("row", "text", "label", "source", "split"))
    labelled = [
        (row, text, label)
        for row, text, label, source, side in zip(*columns, strict=True)
        if source == "file" and side != LEFT_OUT and label is not None and text
    ]
    groups: dict[int, Group] = defaultdict(list)
    for group, one in zip(near_groups([text for _, text, _ in labelled]), labelled, strict=True):
        groups[group].append(one)
    return list(groups.values())


def _notes(group: Group) -> dict[int, str]:
    """What each row says, and the first row that says something else."""
    found = {}
    for row, _, label in group:
        other, _, its = next(one for one in group if one[2] != label)
        found[row] = f"“{label}” here, “{its}” in row {other}"
    return found


def _fixes(clashes: list[Group]) -> tuple[Fix, ...]:
    """The commonest label for all rows of a text, where one is commonest; or leave all these rows out."""
    changed: dict[int, str] = {}
    for group in clashes:
        counts = Counter(label for _, _, label in group).most_common(2)
        if counts[0][1] > counts[1][1]:
            changed |= {row: counts[0][0] for row, _, label in group if label != counts[0][0]}
    rows = tuple(sorted(row for group in clashes for row, _, _ in group))
    leave = Fix("leave_out", f"Leave out these {len(rows):,} rows", rows=rows)
    if not changed:
        return (leave,)
    ordered = tuple(sorted(changed))
    title = "Give every text the label that most of its rows have"
    return Fix("relabel", title, rows=ordered, values=tuple(changed[row] for row in ordered)), leave
