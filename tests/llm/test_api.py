"""tlcore.llm.api: every misbehaviour of a server ends in a label of the set, in "could not tell", or in plain words; and is paid once."""

from __future__ import annotations

import email.utils
import json
import logging
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.llm.fake_api import KEY, Act, Asked, FakeApi, FakeTime, anthropic_reply, by_word, openai_reply, reply, well
from tlcore.errors import StopRequested, TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.llm.api import HOPELESS, USELESS, Outcome, ask_api
from tlcore.llm.key import ApiKey
from tlcore.llm.question import Question
from tlcore.llm.quote import Consent, make_quote
from tlcore.llm.service import Pace, Price, Service

Ask = Callable[..., Outcome]
TEXTS = ["red one", "green two", "red three", "green four", "red five"]
ROOT = Path(__file__).resolve().parents[2]


def labels(outcome: Outcome) -> list[str | None]:
    return [answer.label for answer in outcome.answers]


def words(texts: list[str]) -> list[str]:
    return [text.split()[0] for text in texts]


def raw(asked: Asked, content: str) -> dict[str, Any]:
    return anthropic_reply(content) if asked.path.endswith("/messages") else openai_reply(content)


def once(first: Act) -> Callable[[Asked, int], Act]:
    """Misbehaves at the first request for each text, then is well."""
    return lambda asked, before: first if before == 0 else well(asked, before)


# --- all is well ---


def test_each_text_gets_its_answer_and_its_price_is_counted(api: FakeApi, service: Service, ask: Ask) -> None:
    seen: list[tuple[int, int]] = []
    found = ask(TEXTS, service, progress=lambda done, total: seen.append((done, total)))
    assert labels(found) == words(TEXTS)
    assert (found.sent, found.known, found.read, found.written, found.ended) == (5, 0, 500, 50, "")
    assert found.dollars == pytest.approx((500 * 10 + 50 * 30) / 1e6)
    assert seen[-1] == (5, 5)
    name, value = ("x-api-key", KEY) if service.dialect == "anthropic" else ("authorization", f"Bearer {KEY}")
    assert {one.headers[name] for one in api.asked} == {value}


def test_equal_texts_are_sent_once_and_empty_ones_never(api: FakeApi, service: Service, ask: Ask) -> None:
    found = ask(["red one", "", "red one", "  ", "red one"], service)
    assert labels(found) == ["red", None, "red", None, "red"]
    assert "nothing to read" in found.answers[1].why
    assert len(api.asked) == 1


def test_what_was_answered_is_never_paid_again(api: FakeApi, service: Service, ask: Ask) -> None:
    ask(TEXTS[:3], service)
    found = ask(TEXTS, service)
    assert labels(found) == words(TEXTS)
    assert (found.known, found.sent) == (3, 2)
    assert set(api.answered.values()) == {1}


def test_another_question_or_model_is_another_answer(
    api: FakeApi, service: Service, ask: Ask, question: Question
) -> None:
    ask(TEXTS[:1], service)
    ask(TEXTS[:1], Service(service.dialect, "model-y", service.base_url, service.price))
    ask(TEXTS[:1], service, question=Question("Another task.", question.labels))
    ask(TEXTS[:1], service, question=Question(question.instructions, question.labels, (("a text", "red"),)))
    assert len(api.asked) == 4


def test_the_examples_go_with_the_text_but_never_the_text_itself(api: FakeApi, ask: Ask, question: Question) -> None:
    shown = Question("", question.labels, examples_for=lambda text: [("green two", "green"), ("red one", "red")])
    ask(["red one"], Service("openai", "m", api.url), question=shown)
    sent = api.asked[0].body["messages"][-1]["content"]
    assert "green two\n</text>\nLabel: green" in sent
    assert sent.count("red one") == 1


# --- it misbehaves and is asked again ---


def whole_json_cut_off(asked: Asked, before: int) -> Act:
    text = json.dumps(reply(asked, by_word(asked))).encode()
    return Act(body=text[: len(text) // 2]) if before == 0 else well(asked, before)


PASSING: dict[str, Callable[[Asked, int], Act]] = {
    "429": once(Act(429, {"error": {"message": "slow down"}})),
    "429 that says when": once(Act(429, {}, {"retry-after": "7"})),
    "500": once(Act(500, b"<html>oops</html>")),
    "529 overloaded": once(Act(529, {"error": {"type": "overloaded_error"}})),
    "cut off in the middle": lambda asked, n: Act(body=reply(asked, "red"), broken=True) if n == 0 else well(asked, n),
    "half of a JSON": whole_json_cut_off,
    "no JSON": once(Act(200, b"<html>a proxy greets you</html>")),
    "JSON that is no answer": once(Act(200, ["what", None])),
    "empty choices": once(Act(200, {"choices": [], "content": []})),
    "nothing in the message": once(Act(200, {"choices": [{"message": {"content": None}}], "content": []})),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_asked_again(name: str, api: FakeApi, service: Service, ask: Ask, fake_time: FakeTime) -> None:
    api.behave = PASSING[name]
    found = ask(TEXTS, service)
    assert labels(found) == words(TEXTS)
    assert found.ended == ""
    assert found.sent == 5
    assert fake_time.slept
    assert set(api.answered.values()) <= {1, 2}


@pytest.mark.parametrize("dated", [False, True])
def test_a_wish_for_quiet_is_obeyed_by_all(dated: bool, api: FakeApi, ask: Ask, fake_time: FakeTime) -> None:
    when = email.utils.formatdate(fake_time.time + 42, usegmt=True) if dated else "42"
    api.behave = once(Act(429, {}, {"retry-after": when}))
    ask(TEXTS[:1], Service("openai", "m", api.url))
    assert max(fake_time.slept) == pytest.approx(42, abs=1)
    assert sum(fake_time.slept) >= 41


def test_waits_grow_and_are_not_all_alike(api: FakeApi, ask: Ask, fake_time: FakeTime) -> None:
    api.behave = lambda asked, before: Act(503, {}) if before < 4 else well(asked, before)
    found = ask(["red one"], Service("openai", "m", api.url))
    assert labels(found) == ["red"]
    waits = [seconds for seconds in fake_time.slept if seconds > 0.1]
    assert len(waits) == 4
    assert all(2.0**n / 2 <= seconds <= 2.0**n for n, seconds in enumerate(waits))


def test_a_server_that_does_not_answer_in_time_is_asked_again(api: FakeApi, service: Service, ask: Ask) -> None:
    never = threading.Event()
    api.behave = lambda asked, before: Act(body=reply(asked, "red"), hang=never) if before == 0 else well(asked, before)
    found = ask(["red one"], service, pace=Pace(100_000, 1, 0.3))
    never.set()
    assert labels(found) == ["red"]
    assert len(api.asked) == 2


def test_a_server_that_is_down_ends_it_and_the_rest_is_told(api: FakeApi, service: Service, ask: Ask) -> None:
    api.behave = lambda asked, before: Act(500, {}) if before < 99 else well(asked, before)
    found = ask(TEXTS, service, pace=Pace(100_000, 1, 5, tries=3))
    assert len(api.asked) == HOPELESS * 3
    assert labels(found) == [None] * 5
    assert "did not answer, asked 3 times (it answered 500)" in found.ended
    api.behave = well
    assert labels(ask(TEXTS, service)) == words(TEXTS)


def test_nobody_at_the_address_is_said(api: FakeApi, service: Service, ask: Ask) -> None:
    api.close()
    found = ask(["red one"], service, pace=Pace(100_000, 1, 5, tries=2))
    assert "no connection" in found.answers[0].why


def test_one_text_that_is_refused_does_not_hold_up_the_others(api: FakeApi, service: Service, ask: Ask) -> None:
    def behave(asked: Asked, before: int) -> Act:
        bad = Act(400, {"error": {"message": "this text is too long for the model"}})
        return bad if asked.text == "green two" else well(asked, before)

    api.behave = behave
    found = ask(TEXTS, service, pace=Pace(100_000, 1))
    assert labels(found) == ["red", None, "red", "green", "red"]
    assert "too long for the model" in found.answers[1].why
    assert found.ended == ""


def test_many_texts_may_be_refused_among_those_that_are_not(api: FakeApi, service: Service, ask: Ask) -> None:
    texts = ["red 0", *(f"bad {i}" for i in range(12)), "red 1"]
    bad = Act(400, {"error": {"message": "content policy"}})
    api.behave = lambda asked, before: bad if asked.text.startswith("bad") else well(asked, before)
    found = ask(texts, service, pace=Pace(100_000, 1))
    assert (found.answers[0].label, found.answers[-1].label, found.ended) == ("red", "red", "")
    api.behave = lambda asked, before: bad
    before = len(api.asked)
    assert "content policy" in ask([f"worse {i}" for i in range(50)], service, pace=Pace(100_000, 1)).ended
    assert len(api.asked) - before < 12  # nothing was ever answered: the fault is not the texts'


# --- answers are held to the labels ---


@pytest.mark.parametrize(
    ("content", "label"),
    [
        ('{"label": "Deep Blue"}', "Deep Blue"),
        ("deep blue", "Deep Blue"),
        ("Label: **Green**.", "green"),
        ('```json\n{"label": "red"}\n```', "red"),
        ('{"label": "purple"}', None),
        ("purple", None),
        ("either red or green", None),
        ('{"label": null}', None),
        ('{"colour": "red"}', None),
        ("", None),
    ],
)
def test_an_answer_is_one_of_the_labels_or_none(content: str, label: str | None, api: FakeApi, service: Service, ask: Ask) -> None:  # fmt: skip
    api.behave = lambda asked, before: Act(body=raw(asked, content))
    found = ask(["red one"], service)
    assert labels(found) == [label]
    assert found.sent == 1
    assert bool(found.answers[0].why) is (label is None)


def test_could_not_tell_is_kept_too_and_not_paid_again(api: FakeApi, service: Service, ask: Ask) -> None:
    api.behave = lambda asked, before: Act(body=raw(asked, "purple"))
    ask(["red one"], service)
    again = ask(["red one"], service)
    assert (again.sent, again.known, labels(again)) == (0, 1, [None])


def test_half_an_answer_is_asked_for_once_more_and_both_are_counted(api: FakeApi, service: Service, ask: Ask) -> None:
    api.behave = lambda asked, before: Act(body=raw(asked, '{"label": "gre')) if before == 0 else well(asked, before)
    found = ask(["green two"], service)
    assert labels(found) == ["green"]
    assert (found.sent, found.read) == (2, 200)
    api.behave = lambda asked, before: Act(body=raw(asked, '{"label": "gre'))
    assert labels(ask(["green four"], service)) == [None]
    assert sum(one.text == "green four" for one in api.asked) == 2


def test_an_answer_that_was_too_long_or_refused_says_so(api: FakeApi, ask: Ask) -> None:
    api.behave = lambda asked, before: Act(body=openai_reply("", finish_reason="length"))
    assert "Allow longer answers" in ask(["red one"], Service("openai", "m", api.url)).answers[0].why
    api.behave = lambda asked, before: Act(body=anthropic_reply("red", stop_reason="refusal"))
    refused = ask(["red one"], Service("anthropic", "m", api.url)).answers[0]
    assert (refused.label, "would not answer" in refused.why) == (None, True)


def test_a_model_of_which_nothing_comes_is_given_up_before_it_costs_much(
    api: FakeApi, service: Service, ask: Ask
) -> None:
    api.behave = lambda asked, before: Act(body=raw(asked, "I think that is a lovely text!"))
    found = ask([f"red {i}" for i in range(60)], service, pace=Pace(100_000, 1))
    assert len(api.asked) == USELESS
    assert "None of the first 10" in found.ended


def test_how_sure_the_model_is_comes_from_its_pieces(api: FakeApi, ask: Ask) -> None:
    pieces = [('{"', -0.5), ("label", -0.5), ('": "', -0.5), ("Deep", -0.1), (" Blue", -0.2), ('"}', -0.5)]
    told = {"content": [{"token": piece, "logprob": logprob} for piece, logprob in pieces]}
    api.behave = lambda asked, before: Act(body=openai_reply('{"label": "Deep Blue"}', logprobs=told))
    found = ask(["Deep Blue sea"], Service("openai", "m", api.url)).answers[0]
    assert found.confidence == pytest.approx(0.7408, abs=1e-3)  # exp(-0.3)


# --- servers that know less ---


def refusing(*words: str) -> Callable[[Asked, int], Act]:
    """As a server does that knows none of these: names the first that it sees."""

    def behave(asked: Asked, before: int) -> Act:
        known = json.dumps({k: v for k, v in asked.body.items() if k not in ("messages", "system")})
        seen = next((word for word in words if f'"{word}"' in known), None)
        return well(asked, before) if seen is None else Act(400, {"error": {"message": f"Unknown parameter: {seen}"}})

    return behave


@pytest.mark.parametrize(
    "words", [("logprobs",), ("temperature",), ("response_format", "output_config"), ("response_format", "output_config", "tool_choice"), ("logprobs", "temperature", "response_format", "output_config", "tools")]
)  # fmt: skip
def test_what_a_server_does_not_know_is_left_out_from_then_on(words: tuple[str, ...], api: FakeApi, service: Service, ask: Ask) -> None:  # fmt: skip
    api.behave = refusing(*words)
    found = ask(TEXTS, service, pace=Pace(100_000, 1))
    assert labels(found) == ["red", "green", "red", "green", "red"]
    assert len(api.asked) <= 5 + len(words)
    assert found.sent == 5


def test_the_name_of_a_limit_that_newer_models_want(api: FakeApi, ask: Ask) -> None:
    def behave(asked: Asked, before: int) -> Act:
        said = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
        return Act(400, {"error": {"message": said}}) if "max_tokens" in asked.body else well(asked, before)

    api.behave = behave
    assert labels(ask(TEXTS, Service("openai", "m", api.url))) == words(TEXTS)


def test_a_server_that_refuses_without_saying_why_gets_the_plainest_form(
    api: FakeApi, service: Service, ask: Ask
) -> None:
    def behave(asked: Asked, before: int) -> Act:
        held = {"response_format", "output_config", "tools"} & set(asked.body)
        return Act(400, b"bad request") if held else well(asked, before)

    api.behave = behave
    assert labels(ask(TEXTS, service)) == words(TEXTS)


# --- what ends it at once ---


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}, "does not accept this key"),
        (403, {"error": {"message": f"{KEY} is not allowed"}}, "does not accept this key"),
        (404, {"error": {"message": "model not found"}}, "knows no model “model-x”"),
        (429, {"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}}, "no credit left"),
        (400, {"error": {"message": "Your credit balance is too low"}}, "no credit left"),
        (302, {}, "points to another one"),
    ],
)
def test_what_no_trying_mends_ends_it_in_plain_words(
    status: int, body: dict[str, Any], said: str, api: FakeApi, service: Service, ask: Ask
) -> None:
    api.behave = lambda asked, before: Act(status, body, {"location": "http://127.0.0.1:1/"} if status == 302 else {})
    with pytest.raises(TlcoreError, match=said) as error:
        ask([f"red {i}" for i in range(30)], service)
    assert error.value.fix
    assert len(api.asked) <= 4
    assert KEY not in "".join(traceback.format_exception(error.value))


def test_answers_that_came_before_the_key_ran_out_are_kept(api: FakeApi, service: Service, ask: Ask) -> None:
    api.behave = lambda asked, before: Act(401, {}) if asked.text == "green four" else well(asked, before)
    with pytest.raises(TlcoreError):
        ask(TEXTS, service, pace=Pace(100_000, 1))
    api.behave = well
    found = ask(TEXTS, service)
    assert (found.known, found.sent, labels(found)) == (3, 2, words(TEXTS))


# --- money ---


def test_nothing_is_sent_without_consent_to_just_this(
    api: FakeApi, service: Service, question: Question, tmp_path: Path
) -> None:
    consent = Consent(make_quote(TEXTS, question, service, tmp_path).id)
    dearer = Service(service.dialect, service.model, service.base_url, None)
    other = Question("Something else", question.labels)
    for texts, asked, whom in ((TEXTS[:4], question, service), (TEXTS, other, service), (TEXTS, question, dearer)):
        with pytest.raises(TlcoreError, match="not what you agreed to"):
            ask_api(texts, asked, whom, ApiKey(KEY), consent, tmp_path)
    assert api.asked == []


def test_the_limit_in_dollars_is_kept_and_over_several_goes(api: FakeApi, service: Service, ask: Ask) -> None:
    texts = [f"red {i}" for i in range(60)]
    each = (100 * 10 + 10 * 30) / 1e6  # 0.0013
    limit = 0.05
    for _ in range(3):
        found = ask(texts, service, most_dollars=limit)
        assert "limit of 0.05 US dollars" in found.ended
        assert found.dollars is not None
        assert found.dollars <= limit
    assert found.dollars > 0.6 * limit
    assert len(api.asked) == round(found.dollars / each)
    assert labels(found).count("red") == len(api.asked)


def test_the_limit_in_rows_is_kept_and_over_several_goes(api: FakeApi, service: Service, ask: Ask) -> None:
    texts = [f"red {i}" for i in range(30)]
    for _ in range(2):
        found = ask(texts, service, most_rows=7)
        assert (len(api.asked), labels(found).count("red")) == (7, 7)
        assert "limit of 7 rows" in found.ended
        assert "not asked" in found.answers[-1].why


def test_a_limit_in_dollars_needs_a_price(service: Service, ask: Ask) -> None:
    unpriced = Service("openai", "m", "https://llm.example.com/v1")
    with pytest.raises(TlcoreError, match="price of this model is not known"):
        ask(TEXTS, unpriced, most_dollars=1.0)


def test_no_more_at_once_than_agreed_and_no_more_a_minute(api: FakeApi, ask: Ask, fake_time: FakeTime) -> None:
    begun = fake_time.time
    ask([f"red {i}" for i in range(31)], Service("openai", "m", api.url), pace=Pace(60, 3))
    assert api.most_at_once <= 3
    assert fake_time.time - begun >= 29


# --- it is ended ---


def test_a_stop_is_obeyed_soon_and_what_was_answered_is_kept(api: FakeApi, service: Service, ask: Ask) -> None:
    never = threading.Event()
    api.behave = lambda asked, n: well(asked, n) if asked.text != "green four" else Act(body=reply(asked, "x"), hang=never)  # fmt: skip

    def check_stop() -> None:
        if sum(api.answered.values()) >= 3 and any(one.text == "green four" for one in api.asked):
            raise StopRequested("cancel")

    begun = time.monotonic()
    with pytest.raises(StopRequested):
        ask(TEXTS[:4], service, check_stop=check_stop)
    assert time.monotonic() - begun < 4
    never.set()
    api.behave = well
    found = ask(TEXTS[:4], service)
    assert (found.known, found.sent) == (3, 1)


def test_killed_in_the_middle_only_the_rest_is_paid(api: FakeApi, tmp_path: Path) -> None:
    texts = [f"red {i}" for i in range(12)]
    never = threading.Event()
    api.behave = lambda asked, n: (
        Act(body=reply(asked, "red"), hang=never) if len(api.answered) >= 5 else well(asked, n)
    )
    code = f"""
from pathlib import Path
from tlcore.label_info import LabelInfo
from tlcore.llm.api import ask_api
from tlcore.llm.key import ApiKey
from tlcore.llm.question import Question
from tlcore.llm.quote import Consent, make_quote
from tlcore.llm.service import Pace, Price, Service
texts = [f"red {{i}}" for i in range(12)]
question = Question("", (LabelInfo("red"), LabelInfo("green")))
service, folder = Service("openai", "m", {api.url!r}, Price(1.0, 1.0)), Path({str(tmp_path)!r})
ask_api(texts, question, service, ApiKey(), Consent(make_quote(texts, question, service, folder).id), folder, pace=Pace(100_000, 1))
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as asking:
        deadline = time.monotonic() + 30
        while len(api.asked) < 6 and asking.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        asking.kill()
    never.set()
    with (tmp_path / "answers.jsonl").open("a") as file:
        file.write('{"key": "half a li')  # as a crash may leave it
    paid = len(api.answered)
    assert paid >= 5
    api.behave = well
    asked = Question("", (LabelInfo("red"), LabelInfo("green")))
    service = Service("openai", "m", api.url, Price(1.0, 1.0))
    consent = Consent(make_quote(texts, asked, service, tmp_path).id)
    found = ask_api(texts, asked, service, ApiKey(), consent, tmp_path, pace=Pace(100_000))
    assert labels(found) == ["red"] * 12
    assert (found.known, found.sent) == (5, 7)
    again = ask_api(texts, asked, service, ApiKey(), consent, tmp_path)
    assert (again.known, again.sent) == (12, 0)


def test_two_jobs_do_not_pay_for_the_same(api: FakeApi, service: Service, ask: Ask, tmp_path: Path) -> None:
    seen: list[str] = []

    def check_stop() -> None:
        try:
            ask(TEXTS, service)
        except TlcoreError as error:
            seen.append(error.what)

    ask(TEXTS, service, check_stop=check_stop)
    assert seen
    assert "Another job" in seen[0]
    assert set(api.answered.values()) == {1}


# --- the key ---


def test_the_key_is_in_no_file_no_log_and_no_error(
    api: FakeApi, service: Service, ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx2").setLevel(logging.DEBUG)
    said: list[str] = []
    acts = (well, once(Act(500, {"error": f"no {KEY}"})), lambda a, n: Act(400, {"error": {"message": f"bad key {KEY}"}}),
            lambda a, n: Act(401, {"error": {"message": KEY}}), lambda a, n: Act(200, raw(a, KEY)))  # fmt: skip
    for i, behave in enumerate(acts):
        api.behave = behave
        try:
            found = ask([f"red {i}"], service, pace=Pace(100_000, 1, 5, 2))
            said += [answer.why for answer in found.answers] + [found.ended, repr(found)]
        except TlcoreError as error:
            said += traceback.format_exception(error)
    assert any("bad key (hidden)" in one for one in said)
    out = capfd.readouterr()
    written = [file.read_text() for file in tmp_path.rglob("*") if file.is_file()]
    assert written
    assert KEY not in "\n".join([*said, *written, caplog.text, out.out, out.err])


def test_a_key_does_not_travel_openly(question: Question, ask: Ask) -> None:
    with pytest.raises(TlcoreError, match="anybody on the way") as error:
        ask(TEXTS, Service("openai", "m", "http://llm.example.com/v1"))
    assert "https" in error.value.fix
