"""An earlier run that learned from no label, on the same test rows; and test rows that are not a fair sample of the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.datasets import TEST, Dataset
from tlcore.evaluate.bootstrap import macro_f1_difference
from tlcore.evaluate.report import scored
from tlcore.mend.base import CONFIRM
from tlcore.rows import FILE

if TYPE_CHECKING:
    from tlcore.workspace import Project

FEWEST = 5
"""Test rows that the earlier run must have answered; of fewer nothing can be said."""


def beside_earlier(run: Path, dataset: Dataset, answers: Sequence[str]) -> dict[str, Any]:
    """What a run's report says of both: `earlier` and `confirmed_rows`, each None where there is nothing to be said.

    answers: of the run, to the test rows, in their order.
    """
    if dataset.task.name != "classify":
        return {"earlier": None, "confirmed_rows": None}
    return {"earlier": earlier_report(run, dataset, answers), "confirmed_rows": confirmed_rows(dataset, answers)}


def earlier_report(run: Path, dataset: Dataset, answers: Sequence[str]) -> dict[str, Any] | None:
    """The newest earlier run of the same project that used no label and kept its answers to test rows of this one.

    run (its name), strategy, rows (test rows it had answered), of (all test rows), right and ours_right (of `rows`), test (its
    scores on these rows, with interval), difference (ours less its, on the same rows: macro_f1, low, high, real).
    """
    from tlcore.runs import load_plan, read_report
    from tlcore.strategies import get_strategy

    if not uses_labels(get_strategy(load_plan(run).strategy)):
        return None
    for folder in _earlier_runs(run):
        name = load_plan(folder).strategy
        if read_report(folder) is None or uses_labels(get_strategy(name)):
            continue
        known = answers_of(folder)
        rows = [row for row in _test_rows(dataset, answers) if row[:2] in known]
        if len(rows) < FEWEST:
            continue
        truth, ours, theirs = [row[2] for row in rows], [row[3] for row in rows], [known[row[:2]] for row in rows]
        return {
            "run": folder.name, "strategy": name, "rows": len(rows), "of": len(answers),
            "right": _right(truth, theirs), "ours_right": _right(truth, ours),
            "test": scored(truth, theirs, dataset.labels),
            "difference": macro_f1_difference(truth, ours, theirs, dataset.labels),
        }  # fmt: skip
    return None


def confirmed_rows(dataset: Dataset, answers: Sequence[str]) -> dict[str, int] | None:
    """Test rows whose label a person confirmed after a model had proposed it: how many were shown because that model was unsure
    (unsure, unsure_right: of these how many the run answers rightly), and how many were drawn by chance (chance, chance_right)."""
    picked: dict[str, bool] = {}
    for mend in dataset.mends:
        if mend.kind == CONFIRM:
            picked |= {change.key: change.row in set(mend.chance) for change in mend.changes}
    if not picked:
        return None
    part = dataset.part(TEST)
    found = {"unsure": 0, "unsure_right": 0, "chance": 0, "chance_right": 0}
    for source, key, truth, answer in zip(part["source"][:], part["key"][:], part["label"][:], answers, strict=True):
        if source == FILE and key in picked:
            kind = "chance" if picked[key] else "unsure"
            found[kind] += 1
            found[f"{kind}_right"] += truth == answer
    return found if found["unsure"] + found["chance"] else None


def answers_of(run: Path) -> Mapping[tuple[int, str], str]:
    """What a run answered to rows of the user's file, tested or without a label: (row, text) -> answer."""
    import pyarrow.parquet as pq

    from tlcore.runs import ANSWERS, PREDICTIONS

    known: dict[tuple[int, str], str] = {}
    for path in (run / PREDICTIONS, run / ANSWERS):
        if path.exists():
            rows = pq.read_table(path).to_pylist()
            known |= {(row["row"], row["text"]): row["prediction"] for row in rows if row.get("source", FILE) == FILE}
    return known


def uses_labels(strategy: Any) -> bool:
    return bool(getattr(strategy, "uses_labels", True))


def _earlier_runs(run: Path) -> list[Path]:
    """The other runs of its project, newest first; none for a run that lies in no project."""
    project = _project_of(run)
    return [folder for folder in project.run_folders() if folder.name < run.name] if project else []


def _project_of(run: Path) -> Project | None:
    from tlcore.workspace import Project

    found = Project(run.resolve().parent.parent)
    return found if found.created and run.name in {folder.name for folder in found.run_folders()} else None


def _test_rows(dataset: Dataset, answers: Sequence[str]) -> list[tuple[int, str, str, str]]:
    """row, text, truth, answer of the test rows of the user's own file."""
    part = dataset.part(TEST)
    columns = zip(part["source"][:], part["row"][:], part["text"][:], part["label"][:], answers, strict=True)
    return [(row, text, truth, answer) for source, row, text, truth, answer in columns if source == FILE]


def _right(truth: Sequence[str], answers: Sequence[str]) -> int:
    return sum(one == other for one, other in zip(truth, answers, strict=True))
