"""tlcore.mend.show: what a person sees before and after a mend."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tlcore.checks import Fix
from tlcore.datasets import Dataset
from tlcore.mend import LABEL, NO, TEXT, USE, YES, Change, Mend, describe, diff, make_mend

Redo = Callable[..., Dataset]


def mend(kind: str, *changes: tuple[int, str, str, str]) -> Mend:
    return Mend("mend-1", kind, "", tuple(Change(row, "", part, before, after) for row, part, before, after in changes))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (mend("relabel", (2, LABEL, "a", "b")), "Changed the label of 1 row."),
        (
            mend("grid", (2, LABEL, "a", "b"), (3, LABEL, "a", "b"), (3, TEXT, "x", "y"), (4, USE, YES, NO)),
            "Changed the label of 2 rows and the text of 1 row, left out 1 row (4).",
        ),
        (mend("merge", (2, LABEL, "a", "b"), (3, LABEL, "c", "b")), "Gave 2 rows the label “b”."),
        (mend("mask", (2, TEXT, "a@b.de", "[email]")), "Masked personal data in 1 row."),
        (mend("leave_out", (8, USE, YES, NO), (3, USE, YES, NO)), "Left out 2 rows (3, 8)."),
        (mend("leave_out", *[(row, USE, YES, NO) for row in range(1200)]), "Left out 1,200 rows."),
        (mend("grid", (2, USE, NO, YES)), "Took 1 row (2) back in."),
    ],
)
def test_one_sentence_says_what_was_done(made: Mend, said: str) -> None:
    assert describe(made) == said


def test_the_diff_is_by_row_with_its_text_and_in_words(redo: Redo, rows: list[tuple[str, str]]) -> None:
    rows[3] = ("An unjudged lamp", "")
    data = redo(rows)
    made = mend("grid", (9, USE, YES, NO), (5, LABEL, "", "bad"))
    assert diff(made, data) == [
        {"row": 5, "text": "An unjudged lamp", "what": "label", "before": "(no label)", "after": "bad"},
        {"row": 9, "text": rows[7][0], "what": "use", "before": "used", "after": "left out"},
    ]
    assert diff(make_mend(data, Fix("retext", "", rows=(2,), values=("x",))))[0]["after"] == "x"
