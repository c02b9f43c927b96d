"""tlcore.errors: three parts that a person can read, whole through JSON."""

from tlcore.errors import StopRequested, TlcoreError


def test_an_error_keeps_its_three_parts_and_says_all_of_them() -> None:
    error = TlcoreError("The file is empty.", "rows.csv", "Choose another file.")
    assert (error.what, error.where, error.fix) == ("The file is empty.", "rows.csv", "Choose another file.")
    assert str(error) == "The file is empty. (rows.csv) Choose another file."


def test_parts_that_are_missing_leave_no_holes_in_the_sentence() -> None:
    assert str(TlcoreError("The disk is full.")) == "The disk is full."
    assert str(TlcoreError("The disk is full.", fix="Free some space.")) == "The disk is full. Free some space."


def test_an_error_survives_json() -> None:
    parts = {"what": "No “text” here.", "where": "row 3", "fix": "Fill it in."}
    assert TlcoreError.from_json(parts).to_json() == parts
    assert TlcoreError.from_json({"what": "Only this."}).to_json() == {"what": "Only this.", "where": "", "fix": ""}


def test_a_stop_says_whether_the_best_is_kept_and_is_not_an_error_to_show() -> None:
    assert [StopRequested(wish).wish for wish in ("keep", "cancel", "pause")] == ["keep", "cancel", "pause"]
    assert not isinstance(StopRequested("keep"), TlcoreError)
