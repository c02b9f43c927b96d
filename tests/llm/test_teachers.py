"""tlcore.llm.teachers: a service that misbehaves, a limit over both parts, a stop; and the decoder on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.llm.fake_api import KEY, Act, Asked, FakeApi, reply, well
from tlcore.errors import StopRequested, TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.llm.api import EMPTY, NOT_ASKED
from tlcore.llm.key import ApiKey
from tlcore.llm.question import Question
from tlcore.llm.quote import make_quote
from tlcore.llm.service import Price, Service
from tlcore.llm.teachers import AT_ONCE, ApiTeacher, Hooks, SmallTeacher

TEXTS = [f"{'red' if i % 2 else 'green'} thing {i}" for i in range(12)]
MORE = ["red 100", "green 101"]


def _teacher(
    api: FakeApi, question: Question, folder: Path, most: float | None = None, price: Price | None = None
) -> ApiTeacher:
    service = Service("openai", "model-x", api.url, price)
    agreed = {
        "learn": make_quote(TEXTS, question, service, folder).id,
        "test": make_quote(MORE, question, service, folder).id,
    }
    return ApiTeacher(question, service, ApiKey(KEY), agreed, most, folder)


def _rough(asked: Asked, before: int) -> Act:
    """Each first try fails in another way; one text gets a label nobody knows."""
    number = int(asked.text.split()[-1])
    if number == 3:
        return Act(body=reply(asked, "purple"))
    if before == 0 and number % 4 == 0:
        return Act(429, {"error": {"message": "slow down"}}, {"retry-after": "0"})
    if before == 0 and number % 4 == 2:
        return Act(500, {"error": {"message": "oops"}}, {"retry-after": "0"})
    return well(asked, before)


def test_a_rough_service_answers_and_what_it_cannot_tell_is_said(
    api: FakeApi, question: Question, tmp_path: Path
) -> None:
    api.behave = _rough
    told = _teacher(api, question, tmp_path).answer([*TEXTS, " "][:12], "learn", Hooks())
    assert [one.label for one in told.answers] == [None if i == 3 else text.split()[0] for i, text in enumerate(TEXTS)]
    assert "none of the labels" in told.answers[3].why
    assert told.ended == ""


def test_each_part_needs_its_own_consent(api: FakeApi, question: Question, tmp_path: Path) -> None:
    teacher = _teacher(api, question, tmp_path)
    with pytest.raises(TlcoreError, match="not what you agreed to"):
        teacher.answer(MORE, "learn", Hooks())
    assert api.asked == []
    assert [one.label for one in teacher.answer(MORE, "test", Hooks()).answers] == ["red", "green"]


def test_one_limit_holds_for_both_parts(api: FakeApi, question: Question, tmp_path: Path) -> None:
    teacher = _teacher(api, question, tmp_path, 0.02, Price(10.0, 30.0))  # an answer costs 0.0013, at most 0.017
    spent: list[float | None] = []
    told = teacher.answer(TEXTS, "learn", Hooks(lambda done, total, dollars: spent.append(dollars)))
    assert 0 < teacher.dollars <= 0.02  # type: ignore[operator]
    assert "limit" in told.ended
    before = len(api.asked)
    assert teacher.answer(MORE, "test", Hooks()).answers == (NOT_ASKED, NOT_ASKED)
    assert len(api.asked) == before


def test_a_stop_keeps_what_was_answered_and_nothing_is_paid_twice(
    api: FakeApi, question: Question, tmp_path: Path
) -> None:
    teacher, wish = _teacher(api, question, tmp_path), "keep"

    def stop() -> None:
        if len(api.asked) >= 4:
            raise StopRequested(wish)

    api.behave = lambda asked, before: (
        well(asked, before) if len(api.asked) <= 6 else Act(429, headers={"retry-after": "30"})
    )
    told = teacher.answer([*TEXTS, ""], "learn", Hooks(stop=stop))
    labels = [one.label for one in told.answers]
    assert told.ended == "You stopped it."
    assert 0 < sum(label is not None for label in labels) < len(TEXTS)
    assert told.answers[-1] == EMPTY
    wish = "cancel"
    with pytest.raises(StopRequested):
        teacher.answer(TEXTS, "learn", Hooks(stop=stop))
    api.behave = well
    assert None not in [one.label for one in teacher.answer(TEXTS, "learn", Hooks()).answers]
    assert set(api.answered.values()) == {1}


def test_nothing_of_the_key_is_shown(api: FakeApi, question: Question, tmp_path: Path) -> None:
    teacher = _teacher(api, question, tmp_path)
    assert KEY not in repr(teacher)
    assert KEY not in str(vars(teacher))


class _FakeScores:
    """Likelihoods by the first word; counts what is read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import numpy as np

        from tlcore.llm import likelihood

        self.read: list[str] = []

        def score(decoder: Any, texts: Any, question: Question, progress: Any = None, check_stop: Any = None) -> Any:
            self.read += list(texts)
            found = np.array([[float(text.startswith(name)) for name in question.names] for text in texts])
            return likelihood.Scores(found, found)

        monkeypatch.setattr("tlcore.llm.likelihood.score", score)
        monkeypatch.setattr("tlcore.llm.decoder.Decoder", lambda folder: None)


def test_the_one_on_this_machine_keeps_what_it_found(
    question: Question, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = _FakeScores(monkeypatch)
    texts = [f"{'red' if i % 2 else 'green'} thing {i}" for i in range(2 * AT_ONCE)]
    wish: list[str] = []

    def stop() -> None:
        if len(fake.read) >= AT_ONCE:
            raise StopRequested("keep")

    teacher = SmallTeacher(lambda: tmp_path, "r1", question)
    told = teacher.answer([*texts, " "], "learn", Hooks(stop=stop))
    assert told.ended == "You stopped it."
    assert [one.label for one in told.answers[:AT_ONCE]] == [text.split()[0] for text in texts[:AT_ONCE]]
    assert set(told.answers[AT_ONCE:-1]) == {NOT_ASKED}
    assert told.answers[-1] == EMPTY
    before = sum(text in texts[:AT_ONCE] for text in fake.read)
    again = SmallTeacher(lambda: tmp_path, "r1", question).answer(texts, "learn", Hooks())
    assert sum(text in texts[:AT_ONCE] for text in fake.read) == before
    assert [one.label for one in again.answers] == [text.split()[0] for text in texts]
    assert all(0 < one.confidence <= 1 for one in again.answers)  # type: ignore[operator]
    assert wish == []


def test_another_question_is_asked_anew(
    question: Question, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = _FakeScores(monkeypatch)
    other = Question(question.instructions, (LabelInfo("red", "Anything red."), *question.labels[1:]))
    for asked in (question, other):
        SmallTeacher(lambda: tmp_path, "r1", asked).answer(["red one"], "learn", Hooks())
    assert fake.read.count("red one") == 2
