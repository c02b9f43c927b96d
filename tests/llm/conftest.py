"""What the tests of asking share: a server that misbehaves on demand, a clock without waiting, a small question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.llm.fake_api import KEY, FakeApi, FakeTime
from tlcore.label_info import LabelInfo
from tlcore.llm.api import Outcome, ask_api
from tlcore.llm.key import ApiKey
from tlcore.llm.question import Question
from tlcore.llm.quote import Consent, make_quote
from tlcore.llm.service import Pace, Price, Service


@pytest.fixture
def api() -> Iterator[FakeApi]:
    server = FakeApi()
    yield server
    server.close()


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def question() -> Question:
    described = {"red": "Something red.", "green": "Something green.", "Deep Blue": ""}
    return Question("Which colour is meant?", tuple(LabelInfo(*one) for one in described.items()))


@pytest.fixture(params=["openai", "anthropic"])
def service(request: pytest.FixtureRequest, api: FakeApi) -> Service:
    return Service(request.param, "model-x", api.url, Price(10.0, 30.0))


@pytest.fixture
def ask(api: FakeApi, fake_time: FakeTime, question: Question, tmp_path: Path) -> Callable[..., Outcome]:
    """Agree to whatever it costs, and ask. Limits of the consent by name; so are the other wishes of ask_api."""

    def run(texts: Sequence[str], service: Service, **wishes: Any) -> Outcome:
        limits = {name: wishes.pop(name, None) for name in ("most_rows", "most_dollars")}
        folder, asked = wishes.pop("folder", tmp_path / "answers"), wishes.pop("question", question)
        consent = Consent(make_quote(texts, asked, service, folder).id, **limits)
        given = {"pace": Pace(requests_per_minute=100_000), "clock": fake_time.clock, **wishes}
        return ask_api(texts, asked, service, ApiKey(KEY), consent, folder, **given)

    return run
