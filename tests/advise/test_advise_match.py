"""tlcore.advise.match: every situation falls into exactly one row, and each row into its own."""

from itertools import product

import pytest
from test_advise_fakes import facts

from tlcore.advise import CASES, DECISION_TABLE, Case, default_complexity, match_row
from tlcore.advise.match import SHORT_TEXT, data_of
from tlcore.errors import TlcoreError

EVERY = list(product(*CASES.values()))


@pytest.mark.parametrize(
    ("data", "compute", "complexity", "row"),
    [
        ("small", "low", "simple", 0),
        ("small", "medium", "domain", 1),
        ("small", "very_low", "simple", 2),
        ("small", "very_low", "domain", 2),
        ("medium", "medium", "sequential", 3),
        ("large", "high", "simple", 4),
        ("large", "high", "sequential", 4),
        ("none", "api", "exploratory", 5),
        ("unlabelled", "low", "simple", 6),
        ("unlabelled", "low", "sequential", 6),
        ("large", "high", "multimodal", 7),
        # between the rows
        ("small", "low", "domain", 0),
        ("small", "high", "simple", 0),
        ("small", "high", "domain", 1),
        ("small", "low", "sequential", 3),
        ("medium", "low", "simple", 0),
        ("medium", "low", "domain", 3),
        ("medium", "high", "simple", 3),
        ("large", "low", "simple", 0),
        ("large", "low", "domain", 3),
        ("large", "medium", "simple", 3),
        ("large", "very_low", "domain", 2),
        ("unlabelled", "very_low", "simple", 2),
        ("none", "high", "simple", 5),
    ],
)
def test_situations(data: str, compute: str, complexity: str, row: int) -> None:
    assert match_row(Case(data, compute, complexity)).row == row


@pytest.mark.parametrize(("data", "compute", "complexity"), EVERY)
def test_every_situation_has_one_row_and_a_reason(data: str, compute: str, complexity: str) -> None:
    match = match_row(Case(data, compute, complexity))
    assert 0 <= match.row < len(DECISION_TABLE)
    assert match.reason.endswith(".")
    assert match == match_row(Case(data, compute, complexity))


def test_every_row_is_reached() -> None:
    assert {match_row(Case(*case)).row for case in EVERY} == set(range(len(DECISION_TABLE)))


@pytest.mark.parametrize("wrong", [("huge", "low", "simple"), ("small", "tiny", "simple"), ("small", "low", "hard")])
def test_what_is_not_known_is_refused(wrong: tuple[str, str, str]) -> None:
    with pytest.raises(TlcoreError, match="Choose from"):
        Case(*wrong)


def test_complexity() -> None:
    assert default_complexity(facts(classes=10, rows=100), "classify") == "simple"
    assert default_complexity(facts(classes=11, rows=110), "classify") == "domain"
    assert default_complexity(facts(classes=2, rows=100, tokens_p50=SHORT_TEXT), "classify") == "simple"
    assert default_complexity(facts(classes=2, rows=100, tokens_p50=SHORT_TEXT + 1), "classify") == "domain"
    assert default_complexity(facts(classes=2), "ner") == "sequential"
    assert default_complexity(facts(classes=2), "image_text") == "multimodal"


def test_unlabelled_rows_count_unless_many_are_labelled() -> None:
    assert data_of(facts("small", mostly_unlabelled=True)) == "unlabelled"
    assert data_of(facts("large", mostly_unlabelled=True)) == "large"
    assert data_of(facts("none", rows=0, classes=0, mostly_unlabelled=True)) == "none"
    assert data_of(facts("small")) == "small"
