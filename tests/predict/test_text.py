"""tlcore.predict.text: one way to make a row a text, in training and in prediction."""

from __future__ import annotations

import pytest

from tlcore.predict.text import join_text
from tlcore.tasks import get_task


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (["a text"], "a text"),
        (["  Kettle ", "It leaks.\n"], "Kettle | It leaks."),
        (["Kettle", "  ", "It leaks."], "Kettle | It leaks."),
        (["two\nlines", "a | b"], "two\nlines | a | b"),
        (["", " \t"], ""),
        ([], ""),
    ],
)
def test_parts_that_are_not_blank_come_one_after_the_other(parts: list[str], text: str) -> None:
    assert join_text(parts) == text


def test_training_joins_as_prediction_does() -> None:
    row = {"review": " It leaks. ", "product": "Kettle", "title": ""}
    roles = {"text": ("product", "title", "review")}
    assert get_task("classify").model_input(roles, row) == join_text(["Kettle", "", " It leaks. "])
