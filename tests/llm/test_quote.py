"""tlcore.llm.quote: what would be sent, before anything is; the price, or that it is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.llm.fake_api import FakeApi
from tlcore.errors import TlcoreError
from tlcore.llm.question import Question
from tlcore.llm.quote import Consent, check_consent, distinct, make_quote
from tlcore.llm.service import Price, Service

TEXTS = ["red one", "", "green two", "red one", "red three", "green four"]
CLOUD = Service("openai", "gpt-5.4-mini", price=Price(1.0, 4.0))


def test_rows_characters_tokens_and_price_are_told(question: Question, tmp_path: Path) -> None:
    quote = make_quote(TEXTS, question, CLOUD, tmp_path)
    assert (quote.rows, quote.to_send) == (6, 4)
    assert quote.characters == sum(one.prompt.characters for one in distinct(TEXTS, question, CLOUD))
    assert 0.2 < quote.tokens_read / quote.characters < 0.6
    assert quote.dollars == pytest.approx((quote.tokens_read + 4 * quote.tokens_written) / 1e6)
    assert [prompt.user.split("\n")[1] for prompt in quote.preview] == ["red one", "green two", "red three"]
    assert "6 rows: 4 texts would be sent to gpt-5.4-mini at api.openai.com" in quote.sentence
    assert "US dollars (given by you)" in quote.sentence
    assert not list(tmp_path.iterdir())


def test_a_price_that_is_not_known_is_said_and_one_on_this_machine_is_none(question: Question, tmp_path: Path) -> None:
    unknown = make_quote(TEXTS, question, Service("openai", "m", "https://llm.example.com/v1"), tmp_path)
    assert unknown.dollars is None
    assert "not known" in unknown.sentence
    here = make_quote(TEXTS, question, Service("openai", "m", "http://127.0.0.1:1/v1"), tmp_path)
    assert here.dollars == 0.0
    assert "costs nothing" in here.sentence
    assert "this machine" in here.sentence


def test_a_quote_sends_nothing(question: Question, tmp_path: Path, api: FakeApi) -> None:
    make_quote(TEXTS, question, Service("openai", "m", api.url), tmp_path)
    assert api.asked == []


def test_what_was_answered_is_not_in_the_price(question: Question, tmp_path: Path, api: FakeApi, ask) -> None:  # type: ignore[no-untyped-def]
    service = Service("openai", "m", api.url, Price(1.0, 1.0))
    before = make_quote(TEXTS, question, service, tmp_path / "answers")
    ask(TEXTS[:3], service)
    after = make_quote(TEXTS, question, service, tmp_path / "answers")
    assert (before.to_send, after.to_send) == (4, 2)
    assert after.dollars < before.dollars
    assert after.id == before.id  # the same consent goes on


def test_consent_is_to_just_this(question: Question, tmp_path: Path) -> None:
    asked = distinct(TEXTS, question, CLOUD)
    consent = Consent(make_quote(TEXTS, question, CLOUD, tmp_path).id)
    check_consent(consent, asked, CLOUD)
    dearer = Service(CLOUD.dialect, CLOUD.model, "", Price(2.0, 4.0))
    for texts, service in ((asked[:3], CLOUD), (asked, dearer), (asked, Service("openai", "m", price=CLOUD.price))):
        with pytest.raises(TlcoreError, match="agree again"):
            check_consent(consent, texts, service)
    with pytest.raises(TlcoreError, match="agree again"):
        check_consent(Consent(""), asked, CLOUD)
