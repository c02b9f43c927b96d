"""The rows of a project as they stand now, which of them can be proposed, and what was confirmed as a Mend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.confirm.choose import ENOUGH, Candidate
from tlcore.label_file import FEWEST_LABELLED, can_be_learned
from tlcore.mend.apply import LEFT_OUT_BY_USER
from tlcore.mend.base import CONFIRM, LABEL, NO, USE, Change, Mend
from tlcore.mend.make import new_mend
from tlcore.rows import FILE
from tlcore.splits.base import rows_counted

if TYPE_CHECKING:
    from tlcore.datasets import Dataset


@dataclass(frozen=True)
class Standing:
    """The user's rows, by number in the file. key: of what the row held in the file. label: "" for none. out: not learned from.

    confirmed, by_chance: rows whose label was confirmed, and those of them that were drawn by chance.
    """

    text: Mapping[int, str]
    key: Mapping[int, str]
    label: Mapping[int, str]
    out: Collection[int]
    confirmed: Collection[int] = ()
    by_chance: Collection[int] = ()


def standing(dataset: Dataset, mends: Sequence[Mend]) -> Standing:
    """The rows of a Dataset as these mends leave them, whatever was mended when it was made: no Dataset need be made anew."""
    names = ("source", "row", "key", "text", "label", "why", "was_label")
    rows = [one for one in zip(*(dataset.rows[name][:] for name in names), strict=True) if one[0] == FILE]
    key = {row: key for _, row, key, *_ in rows}
    label = {row: (label if was is None else was) or "" for _, row, _, _, label, _, was in rows}
    out = {row for _, row, _, text, _, why, _ in rows if not text.strip() or why not in ("", LEFT_OUT_BY_USER)}
    confirmed: set[int] = set()
    by_chance: set[int] = set()
    for mend in mends:
        for change in mend.changes:
            if key.get(change.row) != change.key:
                continue
            if change.part == USE:
                (out.add if change.after == NO else out.discard)(change.row)
            elif change.part == LABEL:
                label[change.row] = change.after
                if mend.kind == CONFIRM:
                    confirmed.add(change.row)
                    by_chance |= {change.row} & set(mend.chance)
    return Standing({row: text for _, row, _, text, *_ in rows}, key, label, out, confirmed, by_chance)


def candidates(now: Standing, answers: Path, skipped: Collection[int] = ()) -> list[Candidate]:
    """The rows a model answered (a run's answers.parquet) that have no label, are not left out and were not skipped.

    Rows that hold another text by now are not among them. Answers kept without a margin are ranked by how sure they are.
    """
    import pyarrow.parquet as pq

    found = pq.read_table(answers).to_pylist()
    return [
        Candidate(one["row"], one["text"], one["prediction"], one["confidence"], one.get("margin", one["confidence"]))
        for one in found
        if now.text.get(one["row"]) == one["text"]
        and not now.label[one["row"]]
        and one["row"] not in now.out
        and one["row"] not in skipped
    ]


def confirm_mend(now: Standing, labels: Mapping[int, str], by_chance: Collection[int] = ()) -> Mend:
    """Labels that a person confirmed or chose, row -> label, as one step that can be undone. by_chance: see Mend.chance.

    Raises TlcoreError where all rows have these labels already.
    """
    wanted = {row: " ".join(label.split()) for row, label in labels.items() if row in now.key}
    changes = [
        Change(row, now.key[row], LABEL, now.label[row], label)
        for row, label in wanted.items()
        if label and label != now.label[row]
    ]
    mend = new_mend(CONFIRM, f"Labels set by you: {rows_counted(len(changes))}", changes)
    return replace(mend, chance=tuple(change.row for change in changes if change.row in by_chance))


@dataclass(frozen=True)
class Tally:
    """counts: labelled rows of each label, those of the file too. missing: rows that must be labelled before anything is learned."""

    counts: Mapping[str, int]
    confirmed: int
    by_chance: int
    missing: int

    @property
    def can_train(self) -> bool:
        return can_be_learned(self.counts.values())

    @property
    def is_worth(self) -> bool:
        """Whether every label has rows enough."""
        return self.can_train and min(self.counts.values()) >= ENOUGH


def tally(now: Standing, labels: Sequence[str]) -> Tally:
    """What is labelled by now; labels: all there are."""
    found = Counter(label for row, label in now.label.items() if label and row not in now.out)
    counts = {label: found.get(label, 0) for label in {**dict.fromkeys(labels), **found}}
    missing = max(0, FEWEST_LABELLED - sum(counts.values()))
    return Tally(counts, len(set(now.confirmed) - set(now.out)), len(set(now.by_chance) - set(now.out)), missing)
