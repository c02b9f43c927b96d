"""The command in the zip: `python predict.py IN.csv OUT.csv`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .kinds import load_predictor
from .sheet import Sheet, SheetError, bare, with_columns, write_blocks
from .text import model_text

ROWS_AT_ONCE = 20_000
"""So many are read, answered and written before the next; equal texts among them are answered once."""


def main(folder: Path) -> int:
    """Score a CSV file with the model in `folder`; the exit code (2: something the user can mend)."""
    parser = argparse.ArgumentParser(
        description="Add the model's answer, and how sure it is, to every row of a CSV file."
    )
    parser.add_argument("input", type=Path, help="a CSV file with a header row")
    parser.add_argument("output", type=Path, help="where to write the same rows with the answers")
    parser.add_argument(
        "--text", action="append", help="the column to read (by default as in training); may be repeated"
    )
    parser.add_argument(
        "--quick", action="store_true", help="answer more quickly, if this model can (its card says how alike)"
    )
    parser.add_argument(
        "--images", type=Path, help="the folder or zip of the pictures that rows name (by default beside the CSV file)"
    )
    args = parser.parse_args()
    try:
        predictor = _with_pictures(load_predictor(folder, quick=args.quick), args.images, args.input)
        if args.quick and not predictor.quick:
            print("No quick version can be used here: every row is answered exactly.", file=sys.stderr)
        rows = score(predictor, args.input, args.output, args.text, _say)
    except (SheetError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{rows} rows scored, written to {args.output}")
    return 0


def _with_pictures(predictor: Any, images: Path | None, source: Path) -> Any:
    """The predictor with its pictures, where it looks at any. Raises ValueError for pictures that nobody would look at."""
    look_in = getattr(predictor, "look_in", None)
    if look_in is None and images is not None:
        raise ValueError("This model reads no pictures: leave --images out.")
    return look_in(images or source.resolve().parent) if look_in else predictor


def score(
    predictor: Any, source: Path, target: Path, text_columns: list[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:  # fmt: skip
    """Score one file of any size, block by block; the number of rows. Raises SheetError where a column is missing.

    progress: called with rows done and all rows.
    """
    sheet = Sheet(source)
    reads = {role: [bare(name) for name in columns] for role, columns in predictor.reads.items()}
    if text_columns:
        reads = given_columns(reads, [bare(name) for name in text_columns])
    wanted = [name for columns in reads.values() for name in columns]
    missing = [name for name in wanted if name not in sheet.names]
    if missing:
        raise SheetError(
            f"{source.name} has no column “{missing[0]}”. It has: {', '.join(sheet.names)}. Name the text column with --text."
        )

    def answered() -> Iterator[Mapping[str, Sequence[str]]]:
        done = 0
        for columns in sheet.blocks(ROWS_AT_ONCE):
            cells = zip(*(columns[name] for name in wanted), strict=True)
            texts = [model_text(reads, dict(zip(wanted, row, strict=True))) for row in cells]
            answers = predictor.predict(texts)
            yield with_columns(columns, answers.columns())
            done += len(texts)
            if progress:
                progress(done, sheet.rows)

    return write_blocks(target, answered())


def given_columns(reads: Mapping[str, Sequence[str]], names: Sequence[str]) -> dict[str, list[str]]:
    """The columns named instead of those of training: all for a model that reads one text, else one for each role in order.

    Raises SheetError where they are not as many.
    """
    if len(reads) == 1:
        return {role: list(names) for role in reads}
    if len(names) != len(reads):
        raise SheetError(f"Name {len(reads)} columns with --text, in this order: {', '.join(reads)}.")
    return {role: [name] for role, name in zip(reads, names, strict=True)}


def _say(done: int, rows: int) -> None:
    """One line that counts up, for somebody who waits; a log file gets none."""
    if sys.stderr.isatty():
        print(f"\r{done:,} of {rows:,} rows", end="" if done < rows else "\n", file=sys.stderr, flush=True)
