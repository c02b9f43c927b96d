"""Label names with a sentence on each, from a spreadsheet or typed; and what they mean for rows that may have no label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tlcore.errors import TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.tables import Table, guess_roles

LABEL_NAMES = ("label", "labels", "name", "class", "category", "topic", "answer")
DESCRIPTION_NAMES = ("description", "descriptions", "meaning", "definition", "explanation", "what belongs there")
MOST_LABELS = 500
FEWEST_LABELLED = 10
"""With fewer labelled rows nothing can be learned from them and tested; the descriptions are all there is."""
Numbered = tuple[int, str, str]
"""Row number, label, description, as they stand."""


def read_label_file(table: Table) -> tuple[LabelInfo, ...]:
    """The labels of a file with a column of names and, if there is one, a column of descriptions.

    Raises TlcoreError, by row, for a name that is empty or there twice, and where there are fewer than two labels.
    """
    label = _column(table, LABEL_NAMES) or table.columns[0]
    others = [name for name in table.columns if name != label]
    description = _column(table, DESCRIPTION_NAMES) or (others[0] if len(others) == 1 else None)
    names, numbers = table.column(label), table.row_numbers
    said = table.column(description) if description else [""] * len(names)
    rows = [(int(number), name, text) for number, name, text in zip(numbers, names, said, strict=True)]
    return check_labels(rows, table.how.file)


def check_labels(rows: Iterable[Numbered], where: str) -> tuple[LabelInfo, ...]:
    """The labels of these rows, without white space around; blank rows do not count. Raises TlcoreError as read_label_file."""
    found: dict[str, tuple[int, LabelInfo]] = {}
    for number, name, text in rows:
        label, description = " ".join(name.split()), " ".join(text.split())
        if not label and not description:
            continue
        if not label:
            raise TlcoreError("A label has no name.", f"{where}, row {number}", "Give it one, or empty the row.")
        if label.casefold() in found:
            first, other = found[label.casefold()]
            raise TlcoreError(
                f"The label “{label[:60]}” is named twice, in rows {first} and {number}.",
                f"{where}, row {number}",
                "Keep one of the two." if other.label == label else "Capitals do not tell labels apart. Keep one of the two.",
            )  # fmt: skip
        found[label.casefold()] = number, LabelInfo(label, description)
    if len(found) < 2:
        many = "Only one label is named." if found else "No label is named."
        raise TlcoreError(many, where, "Name at least two: a model needs something to tell apart.")
    if len(found) > MOST_LABELS:
        raise TlcoreError(f"{len(found):,} labels are named.", where, f"Nudge tells at most {MOST_LABELS} apart.")
    return tuple(info for _, info in found.values())


def settle_labels(infos: Sequence[LabelInfo], targets: Iterable[str | None]) -> tuple[tuple[LabelInfo, ...], list[str]]:
    """The named labels, spelt as the rows spell them, and those that rows have but nobody named; what is to be said of both."""
    seen = Counter(target for target in targets if target is not None)
    spelt: dict[str, str] = {}
    for label, _ in seen.most_common():
        spelt.setdefault(label.casefold(), label)
    named = [LabelInfo(spelt.get(info.label.casefold(), info.label), info.description) for info in infos]
    missing = [label for label in seen if label not in {info.label for info in named}]
    notes = []
    if missing:
        some = ", ".join(f"“{label[:40]}” ({seen[label]:,})" for label in missing[:5]) + (
            ", …" if len(missing) > 5 else ""
        )
        notes.append(f"Rows have labels that you did not name: {some}. They are labels too, told by their names alone.")
    if bare := [info.label for info in named if not info.description.strip()]:
        some = ", ".join(f"“{label[:40]}”" for label in bare[:5]) + (", …" if len(bare) > 5 else "")
        notes.append(f"Nothing is said of {some}: told by the name alone. A sentence on each helps much.")
    return (*named, *(LabelInfo(label) for label in missing)), notes


def unlabelled_notes(targets: Sequence[str | None]) -> list[str]:
    """What is to be said of rows without a label where labels are named."""
    bare = sum(target is None for target in targets)
    if bare == len(targets):
        return ["No row has a label: the model can answer, but nobody can say how often it is right."]
    return [f"{bare:,} {'row has' if bare == 1 else 'rows have'} no label: answered, not scored."] if bare else []


def can_be_learned(classes: Iterable[int]) -> bool:
    """Whether labelled rows, so many of each class, are enough to learn from and to test."""
    counts = [count for count in classes if count]
    return len(counts) > 1 and sum(counts) >= FEWEST_LABELLED


def roles_of_test(
    roles: Mapping[str, tuple[str, ...]], test: Table, label: str | None = None
) -> dict[str, tuple[str, ...]]:
    """The columns of a test file where the other file holds no labels: that with the answers is named, or guessed."""
    column = label or guess_roles(test).get("label")
    return {**roles, "label": (column,)} if column and not roles.get("label") else dict(roles)


def _column(table: Table, names: Sequence[str]) -> str | None:
    plain = {" ".join(column.casefold().split()): column for column in table.columns}
    return next((plain[name] for name in names if name in plain), None)
