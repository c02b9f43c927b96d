"""One fixed train/validation/test split: stratified, seeded, texts that say the same always on one side.

A later version of the file is split with `SplitWish(previous=...)`, so that a later model is judged on the same rows.
"""

from tlcore.splits.base import (
    CHANCE,
    DATE,
    GROUP,
    LEFT_OUT,
    NOT_SAMPLED,
    TEST,
    TRAIN,
    UNLABELLED,
    VALIDATION,
    Sample,
    Split,
    SplitRows,
    SplitWish,
    hex_key,
    split_key,
    split_name,
    text_key,
    text_number,
)
from tlcore.splits.intervals import interval_for_rows, points_for_rows, rows_for_interval
from tlcore.splits.make import make_split, split_rows

__all__ = [
    "CHANCE", "DATE", "GROUP", "LEFT_OUT", "NOT_SAMPLED", "TEST", "TRAIN", "UNLABELLED", "VALIDATION", "Sample", "Split",
    "SplitRows", "SplitWish", "hex_key", "interval_for_rows", "make_split", "points_for_rows", "rows_for_interval", "split_key",
    "split_name", "split_rows", "text_key", "text_number",
]  # fmt: skip
