"""The command in the zip: `python predict.py IN.csv OUT.csv`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .predictor import Predictor
from .sheet import SheetError, bare, read_csv, with_answers, write_csv
from .text import join_text


def main(folder: Path) -> int:
    """Score a CSV file with the model in `folder`; the exit code (2: something the user can mend)."""
    parser = argparse.ArgumentParser(description="Add a prediction and a confidence to every row of a CSV file.")
    parser.add_argument("input", type=Path, help="a CSV file with a header row")
    parser.add_argument("output", type=Path, help="where to write the same rows with the answers")
    parser.add_argument(
        "--text", action="append", help="the column to read (by default as in training); may be repeated"
    )
    parser.add_argument(
        "--quick", action="store_true", help="answer more quickly, if this model can (its card says how alike)"
    )
    args = parser.parse_args()
    try:
        predictor = Predictor.load(folder, quick=args.quick)
        if args.quick and not predictor.quick:
            print("There is no quick version for this processor: every row is answered exactly.", file=sys.stderr)
        rows = score(predictor, args.input, args.output, args.text)
    except (SheetError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{rows} rows scored, written to {args.output}")
    return 0


def score(predictor: Predictor, source: Path, target: Path, text_columns: list[str] | None = None) -> int:
    """Score one file; the number of rows. Raises SheetError where a column is missing."""
    columns = read_csv(source)
    wanted = [bare(name) for name in text_columns or predictor.text_columns]
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise SheetError(
            f"{source.name} has no column “{missing[0]}”. It has: {', '.join(columns)}. Name the text column with --text."
        )
    texts = [join_text(parts) for parts in zip(*(columns[name] for name in wanted), strict=True)]
    answers = predictor.predict(texts)
    write_csv(target, with_answers(columns, answers.predictions, answers.confidence))
    return len(texts)
