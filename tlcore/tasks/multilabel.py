"""Several labels a text: "a;b" in one cell, or a column of yes and no for each label; also none at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from tlcore.errors import TlcoreError
from tlcore.tasks.base import Role, Usual

if TYPE_CHECKING:
    from tlcore.engine.objectives import Objective
    from tlcore.predict.answers import Answers
    from tlcore.tables import Table

MIN_ROWS, MAX_LABELS = 10, 500
ROWS_PER_LABEL = 1.5
"""With fewer rows a label than this, many labels are ids or free text."""
JOIN, NO_LABEL = ";", "(none)"
"""As in tlcore.predict.answers, which needs numpy."""
MARKS = {"\n": "line breaks", ";": "“;”", "|": "“|”", ",": "“,”"}
"""What may part labels in a cell; the first that is plainly used is taken."""
PLAINLY = 0.02
"""The share of the filled cells that a mark must part, into labels that come back in other cells."""
SEVERAL_PLAINLY = 0.1
"""From this share on, a column looks like several labels a text to somebody who has not said so."""
YES = frozenset(
    {"1", "1.0", "yes", "y", "true", "t", "x", "ja", "oui", "si", "sí", "wahr", "vrai", "on", "✓", "✔", "☑"}
)
NO = frozenset({"0", "0.0", "no", "n", "false", "f", "-", "nein", "non", "falsch", "faux", "off", "✗", "☐"})
MOST_ODD = 0.1
"""Of the filled cells: more that are neither yes nor no, and it is no such column."""


@dataclass(frozen=True)
class Multilabel(Usual):
    """mark: what parts the labels in a cell. ticked: in columns of yes and no, a blank cell means no. notes: what was found."""

    mark: str = JOIN
    ticked: bool = False
    notes: tuple[str, ...] = ()

    name = "multilabel"
    title = "Give each text every label that fits"
    question = "Which labels fit this text?"
    roles: ClassVar[tuple[Role, ...]] = (
        Role("text", "Text", "The column to read. Several columns are read one after the other.", many=True),
        Role(
            "label",
            "Labels",
            "The column with the labels (“a;b”), or a column of yes and no for each label.",
            many=True,
        ),
    )
    output_columns: ClassVar[tuple[str, ...]] = ("prediction", "confidence")
    metric = "micro_f1"
    unfit_checks = frozenset({
        "label_column", "label_variants", "single_rows", "small_classes", "imbalance", "likely_wrong", "shortcuts",
    })  # fmt: skip

    def settle(self, table: Table, roles: Mapping[str, Sequence[str]]) -> Multilabel:
        columns = list(roles.get("label") or ())
        cells = {name: [cell.strip() for cell in table.cells(name)] for name in columns}
        if len(columns) > 1:
            return self._of_columns(cells, table)
        return self._of_one(columns[0], cells[columns[0]]) if columns else self

    def _of_one(self, column: str, cells: Sequence[str]) -> Multilabel:
        filled = {cell.casefold() for cell in cells if cell}
        if filled and filled <= YES | NO:
            raise TlcoreError(
                "The label column holds only yes and no, so it is about a single label.",
                f"column “{column}”",
                "Choose the columns of the other labels too, or learn one label per text instead.",
            )
        mark = find_mark(cells)
        said = f"Labels in “{column}” are parted by {MARKS[mark]}." if mark else ""
        return replace(self, mark=mark or JOIN, notes=(said,) if said else ())

    def _of_columns(self, cells: Mapping[str, Sequence[str]], table: Table) -> Multilabel:
        filled = [(name, i, cell) for name, column in cells.items() for i, cell in enumerate(column) if cell]
        odd = [one for one in filled if one[2].casefold() not in YES | NO]
        ticked = not any(cell.casefold() in NO for _, _, cell in filled)
        notes = []
        if odd:
            name, i, cell = odd[0]
            where = f"column “{name}”, row {int(table.row_numbers[i]):,}"
            if len(odd) > MOST_ODD * len(filled):
                raise TlcoreError(
                    f"“{cell[:40]}” is neither yes nor no, and {len(odd):,} cells are like it.",
                    where,
                    "Choose columns that hold 1 and 0 (yes and no, true and false, x and nothing), or one column with all labels.",
                )
            rows = len({i for _, i, _ in odd})
            notes.append(
                f"{rows:,} {'row is' if rows == 1 else 'rows are'} kept as unlabelled, because a cell is neither yes nor no, "
                f"such as “{cell[:40]}” ({where})."
            )
        if ticked:
            notes.append(
                "A blank cell counts as no. Rows with no tick at all are taken as unlabelled: write 0 to say that none fits."
            )
        return replace(self, ticked=ticked, notes=tuple(notes))

    def target(self, roles: Mapping[str, Sequence[str]], row: Mapping[str, str]) -> str | None:
        """Labels joined by ";" in the order of their names, NO_LABEL where none fits, None where nobody has said."""
        columns = roles.get("label") or ()
        if len(columns) == 1:
            cell = row[columns[0]].strip()
            return _joined(cell.split(self.mark)) if cell else None
        cells = {name: row[name].strip().casefold() for name in columns}
        yes = [name for name, cell in cells.items() if cell in YES]
        if self.ticked and all(cell in YES or not cell for cell in cells.values()):
            return _joined(yes) if yes else None
        return _joined(yes) if cells and all(cell in YES | NO for cell in cells.values()) else None

    def names(self, target: str) -> tuple[str, ...]:
        return tuple(part for cell in target.split(JOIN) if (part := cell.strip()) and part != NO_LABEL)

    def strata(self, targets: Sequence[str]) -> list[str]:
        """The rarest label of each row: those that are hardest to have on every side are dealt out by their share."""
        counts = Counter(name for target in targets for name in self.names(target))
        return [min(self.names(target), key=lambda name: (counts[name], name), default=NO_LABEL) for target in targets]

    def validate(self, targets: Sequence[str | None]) -> list[str]:
        known = [target for target in targets if target is not None]
        counts = Counter(name for target in known for name in self.names(target))
        _refuse_hopeless(counts, known, self.mark)
        warnings = [note for note in self.notes if note]
        none = sum(not self.names(target) for target in known)
        if none:
            warnings.append(
                f"{none:,} {'row has' if none == 1 else 'rows have'} none of the labels, and that is learned too."
            )
        if not any(len(self.names(target)) > 1 for target in known):
            warnings.append(
                "No row has more than one label. If that is so by design, learn one label per text: it is easier."
            )
        single = sorted(label for label, count in counts.items() if count == 1)
        if single:
            names = ", ".join(f"“{label[:40]}”" for label in single[:5]) + (" and others" if len(single) > 5 else "")
            warnings.append(
                f"{len(single)} {'label has' if len(single) == 1 else 'labels have'} only one row ({names}): learned from, "
                "but not tested."
            )
        if empty := len(targets) - len(known):
            warnings.append(
                f"{empty:,} {'row has' if empty == 1 else 'rows have'} no label: kept as unlabelled, not learned from."
            )
        return warnings

    def suits(self, cells: Sequence[str]) -> float:
        """How much a column looks like several labels a text, 0 to 1."""
        filled = [cell.strip() for cell in cells if cell.strip()]
        mark = find_mark(filled)
        return 0.9 if mark and sum(mark in cell for cell in filled) >= SEVERAL_PLAINLY * len(filled) else 0.0

    def score(
        self, truth: Sequence[str], answers: Sequence[str], probabilities: Any, labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.sets import set_scores

        return set_scores(truth, answers, labels)

    def objective(self, labels: Sequence[str], targets: Sequence[str]) -> Objective:
        from tlcore.engine.any_of import AnyOf

        return AnyOf(labels)

    def baselines(
        self, texts: Sequence[str], targets: Sequence[str], unseen: Sequence[str], labels: Sequence[str]
    ) -> dict[str, list[str]]:
        from tlcore.evaluate.sets import commonest_set, tfidf_sets

        return {"majority": commonest_set(targets, unseen), **tfidf_sets(texts, targets, unseen, labels)}

    def report(
        self, truth: Sequence[str], answers: Answers, baselines: dict[str, Sequence[str]], labels: Sequence[str]
    ) -> dict[str, Any]:
        from tlcore.evaluate.sets import sets_report

        return sets_report(truth, answers, baselines, labels)

    def alike(self, exact: Answers, quick: Answers, truth: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
        from tlcore.evaluate.sets import sets_alike

        return sets_alike(exact, quick, truth, labels)


def find_mark(cells: Sequence[str]) -> str:
    """What parts the labels in the cells of a column: most parts come back in other rows. "" where nothing plainly does.

    A comma is part of many a label ("Smith, John"): there they must come back alone or with other partners.
    """
    filled = Counter(stripped for cell in cells if (stripped := cell.strip()))
    for mark in MARKS:
        parts = {cell: [part.strip() for part in cell.split(mark) if part.strip()] for cell in filled}
        found: Counter[str] = Counter()
        for cell, pieces in parts.items():
            found.update(dict.fromkeys(pieces, 1 if mark == "," else filled[cell]))
        joined = (
            cell
            for cell, pieces in parts.items()
            if len(pieces) > 1 and 2 * sum(found[piece] > 1 for piece in pieces) > len(pieces)
        )
        several = sum(filled[cell] for cell in joined)
        if several and several >= PLAINLY * filled.total():
            return mark
    return ""


def _joined(parts: Sequence[str]) -> str:
    """A label never holds the mark that joins them."""
    found = sorted({part.strip().replace(JOIN, ",") for part in parts} - {"", NO_LABEL})
    return JOIN.join(found) or NO_LABEL


def _refuse_hopeless(counts: Counter[str], known: Sequence[str], mark: str) -> None:
    where = "the label column"
    if not known:
        raise TlcoreError(
            "No row has a label, so there is nothing to learn from yet.",
            where,
            "Choose the column that holds the labels, or fill in some in the spreadsheet.",
        )
    if len(counts) < 2:
        only = f"“{next(iter(counts))[:60]}”" if counts else "none"
        raise TlcoreError(
            f"There is a single label, {only}.",
            where,
            "Several labels need two or more: choose another column, or more.",
        )
    if len(known) < MIN_ROWS:
        raise TlcoreError(
            f"Only {len(known)} rows have a label.",
            where,
            f"Label at least {MIN_ROWS}; from about 50 on the result starts to be useful.",
        )
    if len(counts) > MAX_LABELS or (len(counts) > 20 and counts.total() / len(counts) < ROWS_PER_LABEL):
        raise TlcoreError(
            f"There are {len(counts):,} different labels in {len(known):,} rows (cells are parted at {MARKS[mark]}). "
            "That looks like free text or ids, not labels.",
            where,
            "Choose a column with a small set of labels that come back.",
        )
