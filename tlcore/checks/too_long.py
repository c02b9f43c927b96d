"""Cells that are far too long to be one text: they swallowed other rows, or hold a whole document."""

from __future__ import annotations

from tlcore.checks.base import INFO, WARNING, Problem, counted, leave_out, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts

GIANT = 50_000
"""Characters: some 20 pages. Excel itself stops at 32,767 in a cell."""
SWALLOWED_LINES, SWALLOWED_SHARE = 3, 0.5
"""Lines inside one cell that look like rows of the file: so many, and this share of them."""
LINES_READ = 2_000
SWALLOWED = "The rows inside such a cell are lost as rows. Most often a quotation mark was opened there and never closed: look at it in the file."
WHOLE = "Only the beginning of so long a text is read. If it is a whole document, give each paragraph a row of its own."


def too_long(dataset: Dataset, facts: Facts) -> Problem | None:
    notes: dict[int, str] = {}
    giant = 0
    for row, text in used_rows(dataset, "row", "text"):
        lines = swallowed(text, dataset.how.delimiter, facts) if text.count("\n") >= SWALLOWED_LINES else 0
        if lines:
            notes[row] = f"holds about {lines:,} rows of the file"
        elif len(text) > GIANT:
            notes[row] = f"{len(text):,} characters"
            giant += 1
    if not notes:
        return None
    eaten = len(notes) - giant
    parts = [f"{counted(eaten, 'cell seems', 'cells seem')} to have swallowed other rows"] if eaten else []
    parts += [f"{counted(giant, 'text is', 'texts are')} longer than {GIANT:,} characters"] if giant else []
    costs = [SWALLOWED] if eaten else []
    costs += [WHOLE] if giant else []
    rows = tuple(sorted(notes, key=lambda row: (not notes[row].startswith("holds"), row)))
    return Problem(
        "too_long",
        f"{' and '.join(parts)}.",
        WARNING if eaten else INFO,
        1 - len(rows) / max(1, facts.rows),
        " ".join(costs),
        rows,
        (leave_out(rows),),
        tuple(notes[row] for row in rows),
    )


def swallowed(text: str, delimiter: str | None, facts: Facts) -> int:
    """How many lines of a cell are rows of the file: split as the file is, one of their cells is a label. 0: it is one text."""
    if not delimiter or delimiter not in text:
        return 0
    lines = [line for line in text.splitlines()[:LINES_READ] if line.strip()]
    labels = {label.casefold() for label in facts.classes}
    alike = sum(
        delimiter in line and any(cell.strip(' \t"').casefold() in labels for cell in line.split(delimiter))
        for line in lines
    )
    return text.count("\n") if alike >= max(SWALLOWED_LINES, SWALLOWED_SHARE * len(lines)) else 0
