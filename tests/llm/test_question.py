"""tlcore.llm.question: a question has labels, and shows a text no example that is the text itself."""

from __future__ import annotations

import pytest

from tlcore.errors import TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.llm.question import USUAL, Question

AB = (LabelInfo("a"), LabelInfo("b"))


def test_a_text_is_not_shown_its_own_label() -> None:
    question = Question("", AB, (("one", "a"), ("two", "b")), lambda text: [("three", "a"), (text, "b")])
    assert question.shown("one") == (("two", "b"), ("three", "a"))
    assert question.shown("four") == (("one", "a"), ("two", "b"), ("three", "a"))


def test_without_instructions_there_is_a_usual_task() -> None:
    assert Question("  ", AB).task == USUAL
    assert Question(" Sort. ", AB).task == "Sort."


@pytest.mark.parametrize("labels", [(), AB[:1], (*AB, LabelInfo("a")), (*AB, LabelInfo(" "))])
def test_too_few_double_or_nameless_labels_are_refused(labels: tuple[LabelInfo, ...]) -> None:
    with pytest.raises(TlcoreError, match="two labels or more") as error:
        Question("", labels)
    assert error.value.fix
