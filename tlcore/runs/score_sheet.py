"""The `predict` job, and `python -m tlcore predict`: a spreadsheet of any kind in, the same with answers out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.files import write_json
from tlcore.pictures import with_pictures
from tlcore.predict.sheet import with_columns
from tlcore.predict.text import model_text
from tlcore.runs import model_folder, open_model
from tlcore.runs.scored import keep_scored
from tlcore.tables import Table, read_table, write_table
from tlcore.tasks import get_task
from tlcore.worker import JobContext

UNSURE = 0.5
ROWS_AT_ONCE = 20_000
"""So many are answered, equal ones once, before the next are taken up."""


def score_sheet(context: JobContext) -> str:
    """Score the file named in the arguments with the run named there; leaves scored.csv, scored.xlsx, summary.json."""
    args = context.args
    context.phase("read", "Reading the spreadsheet")
    table = read_table(Path(args["file"]), **(args.get("read") or {}))
    context.phase("answer", "Answering each row")

    def progress(done: int, total: int) -> None:
        context.check_stop()
        context.emit("progress", done=done, total=total, unit="texts")

    predictor = open_model(model_folder(Path(args["run"])), bool(args.get("quick")))
    if args.get("writing"):
        predictor.adjust(args["writing"])
    predictor = with_pictures(predictor, args.get("images") or None)
    columns, summary = score_table(predictor, table, args.get("roles") or {}, progress)
    context.phase("write", "Writing the spreadsheet")
    write_table(context.folder / "scored.csv", columns)
    keep_scored(context.folder, columns, len(columns) - len(table.columns))
    write_json(context.folder / "summary.json", summary)
    try:
        write_table(context.folder / "scored.xlsx", columns)
    except TlcoreError as error:  # Excel has its limits: the CSV above has everything
        (context.folder / "scored.xlsx").unlink(missing_ok=True)
        write_json(context.folder / "summary.json", {**summary, "no_excel": error.what})
    return "done"


def score_table(
    predictor: Any,
    table: Table,
    roles: Mapping[str, Sequence[str]],
    progress: Callable[[int, int], None] | None = None,
) -> tuple[dict[str, Sequence[str]], dict[str, Any]]:
    """The table's columns with the answers beside them (`prediction` and `confidence`, say), and a summary.

    Raises TlcoreError if a text column is missing.
    """
    begun = time.monotonic()
    reads = {role: list(roles.get(role) or columns) for role, columns in predictor.reads.items()}
    wanted = [name for names in reads.values() for name in names]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise TlcoreError(
            f"There is no column “{missing[0]}”, which this model reads.",
            table.how.file,
            f"Say which column to read instead (--role {_role_of(reads, missing[0])}=COLUMN). Columns here: {', '.join(table.columns)}.",
        )
    columns: dict[str, Sequence[str]] = {name: table.cells(name) for name in table.columns}
    cells = zip(*(columns[name] for name in wanted), strict=True)
    texts = (model_text(reads, dict(zip(wanted, row, strict=True))) for row in cells)
    added: dict[str, list[str]] = {}
    done, empty, unsure = 0, 0, 0
    while block := list(islice(texts, ROWS_AT_ONCE)):
        answers = predictor.predict(block, _of_all(progress, done, len(block), table.rows))
        for name, cells in answers.columns().items():
            added.setdefault(name, []).extend(cells)
        done, empty = done + len(block), empty + sum(not text for text in block)
        unsure += sum(value < UNSURE for value in answers.confidence)
        if progress:
            progress(done, table.rows)
    seconds = time.monotonic() - begun
    summary = {
        "rows": table.rows,
        "empty": empty,
        "answers": _counted(predictor, added),
        "unsure": unsure,
        "quick": predictor.quick,
        "seconds": round(seconds, 2),
        "texts_per_second": round(table.rows / max(seconds, 1e-6), 1),
    }
    return with_columns(columns, added or predictor.predict([]).columns()), summary


def _role_of(reads: Mapping[str, Sequence[str]], column: str) -> str:
    return next(role for role, columns in reads.items() if column in columns)


def _counted(predictor: Any, added: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How often each answer was given: of several labels each by itself, of numbers none."""
    if not predictor.labels:
        return {}
    known = get_task(str(predictor.about.get("task", "classify")))
    given = (answer for answer in added.get("prediction", ()) if answer)
    return dict(
        Counter(name for answer in given for name in known.names(answer) or (known.shown(answer),)).most_common()
    )


def _of_all(progress: Callable[[int, int], None] | None, before: int, rows: int, total: int) -> Any:
    """Progress among the distinct texts of a block of so many rows, told as rows of the whole sheet."""
    if progress is None:
        return None

    def told(done: int, distinct: int) -> None:
        if done < distinct:  # the end of the block is told by who knows it
            progress(before + rows * done // distinct, total)

    return told
