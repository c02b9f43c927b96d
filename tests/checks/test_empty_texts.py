from collections.abc import Callable

import pytest

from tlcore.checks.empty_texts import empty_texts, says_nothing
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

TEXTS = [f"this is text {i}" for i in range(200)]


@pytest.mark.parametrize("text", ["n/a", "NULL", " - ", "...", "x", "123", "?!", "#REF!", "†", "No comment"])
def test_what_holds_no_word_says_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize("text", ["ok", "no", "好", "👍", ":-)", "<3", "hi!", "5 stars", "a b", "1" * 50])
def test_short_answers_pictures_and_one_chinese_sign_say_something(text: str) -> None:
    assert not says_nothing(text)


def test_empty_and_bare_rows_are_named_and_the_bare_ones_can_be_left_out(classify: Callable[..., Dataset]) -> None:
    dataset = classify([*TEXTS, "", "n/a", "-", "   "], [*["a", "b"] * 101, "", "b"])
    problem = empty_texts(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title == "2 rows have no text and 2 rows hold no real text (such as “n/a”)."
    assert problem.rows == (202, 203, 204, 205)
    assert problem.notes == ("no text", "only “n/a”", "only “-”", "no text")
    assert problem.severity == "info"
    (fix,) = problem.fixes
    assert (fix.kind, fix.rows) == ("leave_out", (203, 204))


def test_many_of_them_are_a_warning(classify: Callable[..., Dataset]) -> None:
    dataset = classify([*TEXTS, *["?"] * 20], ["a", "b"] * 110)
    problem = empty_texts(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.severity == "warning"
    assert problem.score == 1 - 20 / 220


def test_full_texts_are_no_problem(classify: Callable[..., Dataset]) -> None:
    dataset = classify(TEXTS, ["a", "b"] * 100)
    assert empty_texts(dataset, measure_facts(dataset)) is None
