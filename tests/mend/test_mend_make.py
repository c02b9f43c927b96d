"""tlcore.mend.make: each kind of fix, and edits by hand, become exactly the changes that they should."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tlcore.checks import Fix
from tlcore.datasets import Dataset
from tlcore.errors import TlcoreError
from tlcore.mend import changes_of, make_mend, mend_from_grid
from tlcore.tables import Table

Pairs = list[tuple[str, str]]
Redo = Callable[..., Dataset]


def cells(changes: object) -> list[tuple[int, str, str, str]]:
    return [(change.row, change.part, change.before, change.after) for change in changes]  # type: ignore[attr-defined]


def test_each_kind_of_fix_changes_what_it_says(redo: Redo, rows: Pairs) -> None:
    rows[0] = ("Write to ada@example.org about the lamp", "Bad")
    data = redo(rows)
    for fix, wanted in (
        (Fix("leave_out", "", rows=(3, 9, 3)), [(3, "use", "yes", "no"), (9, "use", "yes", "no")]),
        (Fix("leave_out", "", labels=("Bad",)), [(2, "use", "yes", "no")]),
        (Fix("relabel", "", rows=(3, 7), values=(" good ", "good")), [(3, "label", "bad", "good")]),
        (Fix("retext", "", rows=(3,), values=("Mended",)), [(3, "text", rows[1][0], "Mended")]),
        (Fix("merge", "", labels=("Bad", "bad"), to="bad"), [(2, "label", "Bad", "bad")]),
        (Fix("mask", "", rows=(2, 3)), [(2, "text", rows[0][0], "Write to [email] about the lamp")]),
    ):
        assert cells(changes_of(data, fix)) == wanted, fix


def test_rows_that_are_left_out_already_are_not_left_out_again(redo: Redo, rows: Pairs) -> None:
    rows[0] = ("", "bad")
    mend = make_mend(redo(rows), Fix("leave_out", "Leave out", rows=(2, 5)), "empty_texts")
    assert cells(mend.changes) == [(5, "use", "yes", "no")]
    assert (mend.kind, mend.title, mend.check, mend.rows) == ("leave_out", "Leave out", "empty_texts", 1)
    with pytest.raises(TlcoreError, match="changes nothing"):
        make_mend(redo(rows, mends=[mend]), Fix("leave_out", "Leave out", rows=(2, 5)))


def test_a_row_of_the_test_file_is_never_meant(redo: Redo, rows: Pairs, make_table: Callable[..., Table]) -> None:
    test = make_table("test.csv", text=["unseen", "other"], label=["Bad", "good"])
    data = redo([*rows, ("One more thing", "Bad")], test=test)
    assert [row for row, *_ in cells(changes_of(data, Fix("merge", "", labels=("Bad",), to="bad")))] == [62]
    assert cells(changes_of(data, Fix("relabel", "", rows=(2,), values=("good",)))) == [(2, "label", "bad", "good")]


def test_edits_in_a_grid(redo: Redo, rows: Pairs) -> None:
    rows[3] = ("An unjudged lamp", "")
    edited = {
        4: {"label": "good", "text": "Both"},
        5: {"label": "bad"},
        6: {"use": "no"},
        7: {"label": "good"},
        8: {"label": ""},
    }
    mend = mend_from_grid(redo(rows), edited)
    assert cells(mend.changes) == [
        (4, "label", "bad", "good"), (4, "text", rows[2][0], "Both"), (5, "label", "", "bad"), (6, "use", "yes", "no"),
        (8, "label", "bad", ""),
    ]  # fmt: skip
    assert mend.title == "Edited by hand: rows 4, 5, 6 and 1 more"
    done = redo(rows, mends=[mend])
    assert done.rows["label"][2:8] == ["good", "bad", "bad", "good", None, "bad"]
    assert done.rows["was_label"][2:8] == ["bad", "", None, None, "bad", None]
    assert done.rows["split"][6] == "unlabelled"


@pytest.mark.parametrize(
    ("edited", "said"),
    [({2: {"colour": "red"}}, "colour"), ({2: {"use": "maybe"}}, "row 2"), ({999: {"label": "bad"}}, "row 999"), ({}, "changes nothing")],
)  # fmt: skip
def test_a_grid_that_does_not_fit_is_said(
    redo: Redo, rows: Pairs, edited: dict[int, dict[str, str]], said: str
) -> None:
    with pytest.raises(TlcoreError, match=said):
        mend_from_grid(redo(rows), edited)


def test_a_fix_for_rows_that_are_gone_or_of_an_unknown_kind_is_said(redo: Redo, rows: Pairs) -> None:
    for fix in (
        Fix("mask", "Mask", rows=(500,)),
        Fix("relabel", "", rows=(2, 500), values=("a", "b")),
        Fix("bake", "Bake"),
    ):
        with pytest.raises(TlcoreError) as caught:
            changes_of(redo(rows), fix)
        assert "500" in caught.value.where or "bake" in caught.value.where
