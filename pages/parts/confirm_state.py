"""Labels being confirmed: what was typed into the grid and what was skipped, kept in the draft. No Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pages.parts.spreadsheet import rows_key
from tlcore.confirm.choose import Pick, choose_rows
from tlcore.confirm.rows import Tally, candidates, confirm_mend, standing, tally
from tlcore.datasets import load_dataset
from tlcore.errors import TlcoreError
from tlcore.mend.base import CONFIRM, Mend
from tlcore.runs import ANSWERS
from tlcore.workspace import Project

KEPT, OPEN, SIZE = "confirm", "label_for_me", "label_rows_at_a_time"
"""Names in the draft: what was typed and skipped; the run whose answers are being confirmed; how many rows at a time."""
SIZES = (10, 20)
LABEL_COLUMN, SKIP_COLUMN = "label", "skip"
Typed = dict[int, dict[str, Any]]
"""Row -> what was typed into its cells: LABEL_COLUMN, SKIP_COLUMN."""


@dataclass(frozen=True)
class Batch:
    """Rows to look at. labels: all there are, to choose from. left: rows that can be proposed, these among them. last: what was
    confirmed last. key: changes with the rows."""

    picks: tuple[Pick, ...]
    labels: tuple[str, ...]
    tally: Tally
    left: int
    last: Mend | None

    @property
    def key(self) -> str:
        rows = [(pick.candidate.row, pick.candidate.prediction) for pick in self.picks]
        return blake2b(repr(rows).encode(), digest_size=6).hexdigest()


def can_open(run: Path, report: Mapping[str, Any]) -> bool:
    """Whether the run kept answers to rows without a label."""
    return report.get("task", "classify") == "classify" and (run / ANSWERS).exists()


def next_batch(project: Project, run: Path, size: int) -> Batch:
    """The rows to look at now: the same after a reload and in a second tab. Raises TlcoreError where the project has no Dataset."""
    dataset, mends = load_dataset(project.dataset_folder), project.mends()
    now = standing(dataset, mends)
    found = candidates(now, run / ANSWERS, skipped(project))
    done = tally(now, dataset.labels)
    confirmed = [mend for mend in mends if mend.kind == CONFIRM]
    picks = choose_rows(found, size, dataset.seed, done.counts)
    return Batch(tuple(picks), tuple(sorted(done.counts)), done, len(found), confirmed[-1] if confirmed else None)


def skipped(project: Project) -> set[int]:
    return set(_kept(project).get("skipped") or ())


def typed(project: Project) -> Typed:
    """What was typed and not confirmed yet, by row: it is there again in whichever batch the row is shown."""
    return {int(row): dict(cells) for row, cells in (_kept(project).get("typed") or {}).items()}


def keep_typed(project: Project, rows: Sequence[int], shown: Typed, edited: Mapping[int, Any]) -> None:
    """Add what the grid tells, place -> column -> value, to what it was filled with."""
    found = typed(project)
    for place, row in enumerate(rows):
        if cells := {**shown.get(row, {}), **edited.get(place, {})}:
            found[row] = cells
    _keep(project, typed={str(row): cells for row, cells in found.items()})


def confirm(project: Project, picks: Sequence[Pick]) -> Mend | None:
    """The rows as they are typed, as a Mend ready to be kept; those that are ticked to be skipped are not proposed again.

    None where nothing is to be confirmed, or somebody did it already in another tab.
    """
    edits, passed = typed(project), skipped(project)
    labels: dict[int, str] = {}
    for pick in picks:
        cells, row = edits.pop(pick.candidate.row, {}), pick.candidate.row
        if cells.get(SKIP_COLUMN):
            passed.add(row)
        else:
            labels[row] = str(cells.get(LABEL_COLUMN) or pick.candidate.prediction)
    now = standing(load_dataset(project.dataset_folder), project.mends())
    _keep(project, typed={str(row): cells for row, cells in edits.items()}, skipped=sorted(passed))
    try:
        return confirm_mend(now, labels, {pick.candidate.row for pick in picks if pick.by_chance})
    except TlcoreError:  # all were skipped, or are so already
        return None


def show_skipped(project: Project) -> None:
    """Propose them again."""
    _keep(project, skipped=[])


def _kept(project: Project) -> dict[str, Any]:
    """What is kept of these very rows; {} for those of another file."""
    kept = dict(project.draft().get(KEPT) or {})
    return kept if kept.get("of") == rows_key(project) else {}


def _keep(project: Project, **changes: Any) -> None:
    project.save_draft({KEPT: {**_kept(project), "of": rows_key(project), **changes}})
