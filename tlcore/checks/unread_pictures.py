"""Rows whose picture is missing or cannot be read, and pictures to which something had to be done first."""

from __future__ import annotations

from tlcore.checks.base import INFO, WARNING, Problem, counted, leave_out
from tlcore.datasets import Dataset
from tlcore.facts import Facts
from tlcore.pictures import look
from tlcore.rows import FILE
from tlcore.splits import LEFT_OUT

MANY = 0.05


def unread_pictures(dataset: Dataset, facts: Facts) -> Problem | None:
    if not dataset.images:
        return None
    cells = zip(*(dataset.rows[name][:] for name in ("row", "source", "split", "text")), strict=True)
    rows = [(row, text) for row, source, side, text in cells if source == FILE and side != LEFT_OUT and text]
    found = look(dataset.images, [text for _, text in rows], [row for row, _ in rows])
    broken, done = found.problems, found.notes
    if not broken and not done:
        return None
    parts = [f"{counted(len(broken), 'row has', 'rows have')} no picture that can be used"] if broken else []
    parts += [f"{counted(len(done), 'picture was', 'pictures were')} changed so as to be read"] if done else []
    share = len(broken) / max(1, len(rows))
    cost = "Without a picture a row is learned from and answered by its text alone." if broken else ""
    return Problem(
        "unread_pictures",
        f"{' and '.join(parts)}.",
        WARNING if share > MANY else INFO,
        1 - share,
        cost
        or "Nothing is lost: of an animated picture the first frame is looked at, print colours become screen colours.",
        (*broken, *done),
        (leave_out(tuple(broken)),) if broken else (),
        (*broken.values(), *done.values()),
    )
