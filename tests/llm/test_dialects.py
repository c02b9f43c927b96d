"""tlcore.llm.dialects: what each API is sent, and how its answers are read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tlcore.llm.dialects import (
    Form,
    NoAnswer,
    address,
    body,
    complaint_of,
    first_form,
    headers,
    key_headers,
    read,
    refusal,
    simpler,
)
from tlcore.llm.prompt import Prompt
from tlcore.llm.service import Service

OPEN, CLAUDE = Service("openai", "gpt-5.4-mini"), Service("anthropic", "claude-haiku-4-5")
PROMPT, LABELS = Prompt("the task", "the text"), ("a", "b")


def test_openai_is_asked_for_one_of_the_labels() -> None:
    made = body(OPEN, PROMPT, LABELS, first_form(OPEN))
    assert address(OPEN) == "https://api.openai.com/v1/chat/completions"
    assert [one["role"] for one in made["messages"]] == ["system", "user"]
    held = made["response_format"]["json_schema"]
    assert (held["strict"], held["schema"]["properties"]["label"]["enum"]) == (True, ["a", "b"])
    assert (made["temperature"], made["logprobs"], made["max_completion_tokens"]) == (0, True, 512)
    assert "max_tokens" not in made
    assert body(OPEN, PROMPT, LABELS, Form("plain", False, False)).keys() == {"model", "messages", "max_tokens"}


def test_anthropic_is_asked_for_one_of_the_labels() -> None:
    made = body(CLAUDE, PROMPT, LABELS, first_form(CLAUDE))
    assert address(CLAUDE) == address(replace(CLAUDE, base_url="https://api.anthropic.com/v1/"))
    assert made["system"] == "the task"
    assert made["output_config"]["format"]["schema"]["properties"]["label"]["enum"] == ["a", "b"]
    assert "logprobs" not in made
    tool = body(CLAUDE, PROMPT, LABELS, Form("tool"))
    assert tool["tool_choice"] == {"type": "tool", "name": tool["tools"][0]["name"]}
    assert tool["tools"][0]["input_schema"]["required"] == ["label"]
    assert body(CLAUDE, PROMPT, LABELS, Form("plain")).keys() == {"model", "messages", "system", "max_tokens", "temperature"}  # fmt: skip
    assert "anthropic-version" in headers("anthropic")


def test_a_key_goes_where_each_wants_it_and_none_goes_nowhere() -> None:
    assert key_headers("openai", "k") == {"Authorization": "Bearer k"}
    assert key_headers("anthropic", "k") == {"x-api-key": "k"}
    assert key_headers("openai", "") == key_headers("anthropic", "") == {}


@pytest.mark.parametrize(
    ("complaint", "left_out"),
    [
        ("logprobs is not supported", {"logprobs": False}),
        ("`temperature` is deprecated for this model.", {"temperature": False}),
        ("Use 'max_completion_tokens' instead of max_tokens", {"new_limit": True}),
        ("response_format.json_schema is not supported", {"structure": "plain"}),
    ],
)
def test_what_is_complained_of_is_left_out(complaint: str, left_out: dict[str, Any]) -> None:
    for seen_to_work in (True, False):
        assert simpler(Form(), "openai", complaint, seen_to_work) == replace(Form(), **left_out)


def test_what_is_wrong_with_a_text_changes_nothing_for_the_others() -> None:
    assert simpler(Form(), "openai", "the prompt is too long", seen_to_work=True) is None
    assert simpler(Form(new_limit=True), "openai", "max_completion_tokens is too large", seen_to_work=True) is None


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_leaving_out_comes_to_an_end(dialect: Any) -> None:
    form: Form | None = Form()
    steps = 0
    while form is not None:
        form, steps = simpler(form, dialect, "no", seen_to_work=False), steps + 1
    assert steps <= 5


def test_a_tool_or_thoughts_in_the_answer_of_anthropic() -> None:
    usage = {"input_tokens": 5, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 1, "output_tokens": 3}
    blocks = [{"type": "thinking", "thinking": "hm"}, {"type": "tool_use", "input": {"label": "a"}}]
    found = read("anthropic", {"content": blocks, "usage": usage, "stop_reason": "tool_use"})
    assert (found.text, found.read, found.written) == ("a", 13, 3)


def test_a_refusal_of_openai() -> None:
    message = {"content": None, "refusal": "I will not"}
    assert read("openai", {"choices": [{"message": message, "finish_reason": "stop"}]}).refused


@pytest.mark.parametrize("given", [None, [], "x", {}, {"choices": []}, {"content": []}, {"choices": [None]}, {"content": [{}]}, {"error": {"message": "x"}}])  # fmt: skip
def test_what_is_no_answer_is_seen(given: Any) -> None:
    for dialect in ("openai", "anthropic"):
        with pytest.raises(NoAnswer):
            read(dialect, given)  # type: ignore[arg-type]


def test_the_words_of_a_refusal_are_found_wherever_they_stand() -> None:
    assert "too long" in complaint_of({"error": {"message": "too long", "code": 7}})
    assert "too long" in complaint_of([{"error": {"message": "too long"}}])
    assert "too long" in complaint_of({"error": "too long"})
    assert "too long" in complaint_of({"detail": "too long"})
    assert complaint_of(None) == complaint_of(7) == complaint_of({"error": None}) == ""


@pytest.mark.parametrize("status", [301, 401, 402, 403, 404, 405])
def test_what_no_trying_mends_says_what_to_do(status: int) -> None:
    found = refusal(OPEN, status, "")
    assert found is not None
    assert found.fix
    assert refusal(OPEN, 429, "rate_limit") is None
    assert refusal(OPEN, 500, "") is None
