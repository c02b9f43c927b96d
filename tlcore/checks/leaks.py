"""The same or nearly the same text on both sides: what is learned from is also what is tested on."""

from __future__ import annotations

from tlcore.checks.base import WARNING, Fix, Problem
from tlcore.datasets import TEST, TRAIN, VALIDATION, Dataset
from tlcore.facts import Facts
from tlcore.near import near_groups
from tlcore.rows import TEST_FILE


def leaks(dataset: Dataset, facts: Facts) -> Problem | None:
    """Rows learned from whose text is also tested on; Nudge's own split has none, a test file of the user's may."""
    columns = {name: dataset.rows[name][:] for name in ("row", "source", "split")}
    tested: dict[int | None, tuple[int, str]] = {}
    groups = _groups(dataset)
    for i, side in enumerate(columns["split"]):
        if side == TEST and groups[i] is not None:
            tested.setdefault(groups[i], (columns["row"][i], columns["source"][i]))
    found = {
        columns["row"][i]: tested[groups[i]]
        for i, side in enumerate(columns["split"])
        if side in (TRAIN, VALIDATION) and groups[i] in tested
    }
    if not found:
        return None
    learned = {groups[i] for i, side in enumerate(columns["split"]) if side in (TRAIN, VALIDATION)}
    total = columns["split"].count(TEST)
    spoilt = sum(side == TEST and groups[i] in learned for i, side in enumerate(columns["split"]))
    rows = tuple(sorted(found))
    many = "1 test row is" if spoilt == 1 else f"{spoilt:,} of {total:,} test rows are"
    return Problem(
        "leaks",
        f"{many} also among the rows to learn from, word for word or nearly so.",
        WARNING,
        1 - spoilt / max(1, total),
        "The model has seen these answers before the test, so the score would look better than the model is on new texts.",
        rows,
        (
            Fix(
                "leave_out",
                f"Do not learn from {'this row' if len(rows) == 1 else f'these {len(rows):,} rows'}",
                rows=rows,
            ),
        ),
        tuple(f"same as row {row:,} of the {source}" for row, source in (found[row] for row in rows)),
    )


def _groups(dataset: Dataset) -> list[int] | list[int | None]:
    """The near-same group of each row; those of the user's own file are known from the split (None: of no matter here)."""
    if TEST_FILE in dataset.rows["source"][:]:
        return near_groups([*map(dataset.task.compared, dataset.rows["text"][:])])
    return dataset.rows["alike"][:]
