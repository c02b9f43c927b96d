"""tlcore.llm.replies: a label or none; what test_api sees over the wire, here in its corners."""

from __future__ import annotations

import math

import pytest

from tlcore.llm.replies import Reply, confidence_of, is_garbled, number, said_label

LABELS = ("US", "us", "card_arrival", "1", "it's done.")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("US", "US"),
        ("us", "us"),
        ("Us", None),  # two would fit but for case
        ("Card_Arrival", "card_arrival"),
        ("card arrival", None),
        ("1", "1"),
        ('{"label": 1}', "1"),
        ('{"label": true}', None),
        ('["US"]', None),
        ("it's done.", "it's done."),
        ("It's done", "it's done."),
        ("The answer is: `us`", "us"),
        ("US and us", None),
        ("x" * 100_000, None),
    ],
)
def test_a_label_or_none(text: str, label: str | None) -> None:
    assert said_label(text, LABELS) == label


def test_half_a_json_is_seen() -> None:
    assert is_garbled('{"label": "gr')
    assert not is_garbled('{"label": "green"}')
    assert not is_garbled("green")


def test_the_last_place_of_a_label_counts() -> None:
    reply = Reply("", pieces=(("us or ", -9.0), ("u", -0.5), ("s!", -0.25)))
    assert confidence_of(reply, "us") == pytest.approx(math.exp(-0.75))
    assert confidence_of(reply, "US") is None
    assert confidence_of(Reply("us"), "us") is None
    assert confidence_of(Reply("", pieces=(("us", float("-inf")),)), "us") is None


@pytest.mark.parametrize(("given", "counted"), [(7, 7), (7.0, 7), (None, 0), ("7", 0), (-3, 0)])
def test_counts_of_tokens_are_taken_as_given_or_not_at_all(given: object, counted: int) -> None:
    assert number(given) == counted
