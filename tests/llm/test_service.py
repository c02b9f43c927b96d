"""tlcore.llm.service: addresses that can be asked, and prices that are known or said not to be."""

from __future__ import annotations

import pytest

from tlcore.errors import TlcoreError
from tlcore.llm.service import LIST_PRICES, Price, Service


@pytest.mark.parametrize("url", ["ftp://x.org", "llm.example.com/v1", "https://user:secret@x.org", "https://x.org/?key=1", "https://"])  # fmt: skip
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(TlcoreError, match="not an address") as error:
        Service("openai", "m", url)
    assert "secret" not in str(error.value)


def test_a_model_and_a_dialect_are_needed() -> None:
    with pytest.raises(TlcoreError, match="Which model"):
        Service("openai", " ")
    with pytest.raises(TlcoreError, match="openai or anthropic"):
        Service("telepathy", "m")  # type: ignore[arg-type]


def test_the_makers_own_address_is_the_usual_one() -> None:
    assert Service("openai", "m").url == "https://api.openai.com/v1"
    assert Service("anthropic", "m").host == "api.anthropic.com"


@pytest.mark.parametrize(
    ("url", "here", "near"),
    [
        ("http://127.0.0.1:11434/v1", True, True),
        ("http://localhost:8000", True, True),
        ("http://[::1]:8000/v1", True, True),
        ("http://192.168.1.7:8000/v1", False, True),
        ("http://gpu-box:8000/v1", False, True),
        ("http://gpu.lan/v1", False, True),
        ("http://8.8.4.4/v1", False, False),
        ("http://llm.example.com/v1", False, False),
        ("http://localhost.example.com/v1", False, False),
    ],
)
def test_a_key_travels_openly_only_within_ones_own_walls(url: str, here: bool, near: bool) -> None:
    service = Service("openai", "m", url)
    assert (service.is_here, service.is_near) == (here, near)
    service.check_safe(has_key=False)
    Service("openai", "m", url.replace("http:", "https:")).check_safe(has_key=True)
    if near:
        service.check_safe(has_key=True)
    else:
        with pytest.raises(TlcoreError, match="could read your key"):
            service.check_safe(has_key=True)


@pytest.mark.parametrize(
    ("model", "listed"),
    [
        ("claude-haiku-4-5", "claude-haiku-4-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("gpt-5.4-mini", "gpt-5.4-mini"),
        ("gpt-5.4", "gpt-5.4"),
        ("models/gemini-3.1-flash-lite-preview", "gemini-3.1-flash-lite"),
        ("gpt-5.4-pro", None),
        ("gpt-5", None),
        ("my-gpt-5.4", None),
    ],
)
def test_a_price_of_the_list_is_only_for_that_model(model: str, listed: str | None) -> None:
    price = Service("openai", model).known_price()
    assert (price and (price.read, price.written)) == (LIST_PRICES[listed] if listed else None)


def test_who_says_what_it_costs() -> None:
    own = Price(1.0, 2.0)
    assert Service("openai", "gpt-5.4", price=own).known_price() is own
    free = Service("openai", "gpt-5.4", "http://127.0.0.1:11434/v1").known_price()
    assert free is not None
    assert (free.read, free.written) == (0.0, 0.0)
    assert Service("openai", "gpt-5.4", "https://reseller.example.com/v1").known_price() is None
    listed = Service("openai", "gpt-5.4").known_price()
    assert listed is not None
    assert "list price of 20" in listed.whence
    assert own.of(1_000_000, 500_000) == 2.0


def test_an_answer_of_another_model_or_place_is_another() -> None:
    services = [Service("openai", "m", "https://a.org/v1"), Service("openai", "m2", "https://a.org/v1"),
                Service("openai", "m", "https://b.org/v1"), Service("anthropic", "m", "https://a.org/v1")]  # fmt: skip
    assert len({one.id for one in services}) == 4
    assert Service("openai", "m", "https://a.org/v1/").id == services[0].id
