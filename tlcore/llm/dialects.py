"""How each API wants to be asked and how it answers, as plain data: no network here. Loads without torch.

OpenAI's chat completions are also spoken by Gemini, Ollama, vLLM, llama.cpp and many others, each with less than all of it.
So a request begins with all that helps (`Form`), and what a server refuses is left out, once and for all (`simpler`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tlcore.errors import TlcoreError
from tlcore.llm.prompt import Prompt, answer_schema
from tlcore.llm.replies import Reply, number
from tlcore.llm.service import Dialect, Service

NAME = "answer"
STRUCTURES: dict[Dialect, tuple[str, ...]] = {"openai": ("schema", "plain"), "anthropic": ("schema", "tool", "plain")}
VERSION = "2023-06-01"
BLIND = re.compile(
    r"(image|vision|multimodal)[^.]{0,80}(not support|n't support|not supported|unsupported|only supported|not enabled)"
    r"|(not support|n't support|no endpoints|is not a|missing)[^.]{0,80}(image input|images\b|vision|multimodal)",
    re.IGNORECASE,
)
"""How servers say of a model that it takes no pictures (OpenAI, OpenRouter, vLLM, Ollama, llama.cpp)."""


class NoAnswer(Exception):
    """The body is JSON, but no answer is in it."""


@dataclass(frozen=True)
class Form:
    """What a request asks for besides the words. structure: how the answer is held to the labels; `plain` only by words."""

    structure: str = "schema"
    temperature: bool = True
    logprobs: bool = True
    new_limit: bool = False
    """max_completion_tokens, which newer models of OpenAI want in place of max_tokens."""


def first_form(service: Service) -> Form:
    return Form(logprobs=service.dialect == "openai", new_limit=service.host == "api.openai.com")


def simpler(form: Form, dialect: Dialect, complaint: str, seen_to_work: bool) -> Form | None:
    """The form without what the server complains of; None where nothing is left to leave out.

    seen_to_work: the form was accepted before, so that only what the complaint names can be at fault, not the form at large.
    """
    said = complaint.lower()
    if "image" in said:  # of one picture: with less around it the answer would be the same
        return None
    if form.logprobs and "logprob" in said:
        return replace(form, logprobs=False)
    if form.temperature and "temperature" in said:
        return replace(form, temperature=False)
    if "max_tokens" in said or "max_completion_tokens" in said:
        wants_new = "max_completion_tokens" in said and not form.new_limit
        return replace(form, new_limit=True) if wants_new and dialect == "openai" else None
    named = any(word in said for word in ("response_format", "schema", "output_config", "tool", "enum", "structured"))
    if named or not seen_to_work:
        if form.logprobs and not named:
            return replace(form, logprobs=False)
        left = STRUCTURES[dialect][STRUCTURES[dialect].index(form.structure) + 1 :]
        return replace(form, structure=left[0]) if left else None
    return None


def address(service: Service) -> str:
    """Where a question goes."""
    if service.dialect == "openai":
        return f"{service.url}/chat/completions"
    return f"{service.url}/messages" if service.url.endswith("/v1") else f"{service.url}/v1/messages"


def key_headers(dialect: Dialect, key: str) -> dict[str, str]:
    if not key:
        return {}
    return {"Authorization": f"Bearer {key}"} if dialect == "openai" else {"x-api-key": key}


def headers(dialect: Dialect) -> dict[str, str]:
    return {"anthropic-version": VERSION} if dialect == "anthropic" else {}


def body(service: Service, prompt: Prompt, labels: tuple[str, ...], form: Form) -> dict[str, Any]:
    """The JSON that is sent."""
    return (_openai_body if service.dialect == "openai" else _anthropic_body)(service, prompt, labels, form)


def read(dialect: Dialect, given: Any) -> Reply:
    """What came back. Raises NoAnswer where the JSON holds no answer (empty choices, an error in place of one)."""
    try:
        return (_read_openai if dialect == "openai" else _read_anthropic)(given)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise NoAnswer(type(error).__name__) from None


def _openai_body(service: Service, prompt: Prompt, labels: tuple[str, ...], form: Form) -> dict[str, Any]:
    messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": _openai_content(prompt)}]
    made: dict[str, Any] = {"model": service.model, "messages": messages}
    made["max_completion_tokens" if form.new_limit else "max_tokens"] = service.longest_answer
    if form.temperature:
        made["temperature"] = 0
    if form.logprobs:
        made["logprobs"] = True
    if form.structure == "schema":
        schema = {"name": NAME, "strict": True, "schema": answer_schema(labels)}
        made["response_format"] = {"type": "json_schema", "json_schema": schema}
    return made


def _openai_content(prompt: Prompt) -> Any:
    """The words alone, as every server takes them; or the picture and the words."""
    if prompt.picture is None:
        return prompt.user
    kind, data = prompt.picture.in_words()
    seen = {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}
    return [seen, {"type": "text", "text": prompt.user}]


def _read_openai(given: Mapping[str, Any]) -> Reply:
    choice = given["choices"][0]
    message, usage = choice["message"], given.get("usage") or {}
    told = (choice.get("logprobs") or {}).get("content") or ()
    text = message.get("content")
    refused = bool(message.get("refusal")) or choice.get("finish_reason") == "content_filter"
    cut = choice.get("finish_reason") == "length"
    if not isinstance(text, str) and not refused and not cut:
        raise ValueError("no content")
    return Reply(
        text or "", number(usage.get("prompt_tokens")), number(usage.get("completion_tokens")), cut, refused,
        tuple((str(one["token"]), float(one["logprob"])) for one in told),
    )  # fmt: skip


def _anthropic_body(service: Service, prompt: Prompt, labels: tuple[str, ...], form: Form) -> dict[str, Any]:
    made: dict[str, Any] = {
        "model": service.model,
        "max_tokens": service.longest_answer,
        "system": prompt.system,
        "messages": [{"role": "user", "content": _anthropic_content(prompt)}],
    }
    if form.temperature:
        made["temperature"] = 0
    if form.structure == "schema":
        made["output_config"] = {"format": {"type": "json_schema", "schema": answer_schema(labels)}}
    elif form.structure == "tool":
        made["tools"] = [{"name": NAME, "description": "Give the label.", "input_schema": answer_schema(labels)}]
        made["tool_choice"] = {"type": "tool", "name": NAME}
    return made


def _anthropic_content(prompt: Prompt) -> Any:
    if prompt.picture is None:
        return prompt.user
    kind, data = prompt.picture.in_words()
    seen = {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}
    return [seen, {"type": "text", "text": prompt.user}]


def _read_anthropic(given: Mapping[str, Any]) -> Reply:
    usage, stop = given.get("usage") or {}, given.get("stop_reason")
    blocks = given["content"]
    tools = [block["input"].get("label") for block in blocks if block["type"] == "tool_use"]
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    if not tools and not texts and stop not in ("max_tokens", "refusal"):
        raise ValueError("no content")
    kept = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    return Reply(
        str(tools[0]) if tools else "".join(texts), sum(number(usage.get(name)) for name in kept),
        number(usage.get("output_tokens")), stop == "max_tokens", stop == "refusal",
    )  # fmt: skip


def complaint_of(given: Any) -> str:
    """The words with which a server refuses, out of the JSON of an error; "" where there are none."""
    if isinstance(given, list) and given:  # Gemini puts a list around it
        given = given[0]
    error = given.get("error", given) if isinstance(given, Mapping) else given
    if isinstance(error, Mapping):
        parts = [error.get(name) for name in ("message", "param", "code", "detail", "type")]
        return " ".join(str(part) for part in parts if isinstance(part, str | int))
    return str(error) if isinstance(error, str) else ""


def refusal(service: Service, status: int, complaint: str) -> TlcoreError | None:
    """The error that ends the job at once, in plain words; None where trying again, or leaving something out, may help."""
    if status in (401, 403):
        return TlcoreError("The service does not accept this key.", service.host, "Check the key, and that it may use this model.")  # fmt: skip
    if status == 402 or "insufficient_quota" in complaint or "credit balance" in complaint.lower():
        return TlcoreError("Your account with this service has no credit left.", service.host, "Add credit there, then go on: nothing is paid twice.")  # fmt: skip
    if status in (400, 404, 415, 422, 500) and BLIND.search(complaint):
        return TlcoreError(f"The model “{service.model}” takes no pictures.", service.host, "Name one that does, such as llava or qwen2.5vl on your own computer.")  # fmt: skip
    if status == 404:
        return TlcoreError(f"The service knows no model “{service.model}”, or this is not its address.", service.url, "Check the model's name and the address.")  # fmt: skip
    if 300 <= status < 400:
        return TlcoreError("This address only points to another one.", service.url, "Give the final address; a key is never sent on.")  # fmt: skip
    if status == 405:
        return TlcoreError("This is not the address of such an API.", service.url, "Give the address that its maker names, such as http://127.0.0.1:11434/v1.")  # fmt: skip
    return None
