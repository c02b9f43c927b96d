"""One question over the network, again and again until it is answered or cannot be. Loads without torch."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Generator
from types import TracebackType
from typing import Any

import httpx2

from tlcore.llm.dialects import (
    Form,
    NoAnswer,
    address,
    body,
    complaint_of,
    headers,
    key_headers,
    read,
    refusal,
    simpler,
)  # fmt: skip
from tlcore.llm.key import ApiKey
from tlcore.llm.prompt import Prompt
from tlcore.llm.replies import Reply
from tlcore.llm.service import Pace, Service
from tlcore.llm.waits import Clock, Gate, asked_wait, own_wait

BUSY = 429
LATER = (408, 409, 425, BUSY)
"""Refusals that pass, besides all from 500 on."""
SAID = 200
"""Letters of a server's own words that are shown."""


class Refused(Exception):
    """The service answered, and will not answer this text (too long for it, or against its rules). Says so in a sentence."""


class Gone(Exception):
    """The service did not answer, however often it was asked. Says so in a sentence."""


class _Again(Exception):
    """Worth another try, after `wait` seconds if the service said so."""

    def __init__(self, why: str, wait: float | None = None, everyone: bool = False) -> None:
        super().__init__(why)
        self.wait, self.everyone = wait, everyone


class _KeyAuth(httpx2.Auth):
    """Puts the key into a request in the moment it is sent, so that no header of ours ever holds it."""

    def __init__(self, service: Service, key: ApiKey) -> None:
        self._service, self._key = service, key

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers.update(key_headers(self._service.dialect, self._key.reveal()))
        yield request


class Channel:
    """A connection to a service for the length of a job; many may ask at once, the pace is kept for all of them."""

    def __init__(self, service: Service, key: ApiKey, pace: Pace, clock: Clock, form: Form) -> None:
        self._service, self._key, self._pace, self._clock = service, key, pace, clock
        self._form, self._worked = form, False
        self._gate = Gate(pace.requests_per_minute, clock)
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # else each request is a line in the log
        self._client = httpx2.AsyncClient(
            auth=_KeyAuth(service, key), headers=headers(service.dialect), timeout=pace.seconds,
            trust_env=not service.is_here,  # a proxy of the company is for what is elsewhere
            limits=httpx2.Limits(max_connections=pace.parallel),
        )  # fmt: skip

    async def __aenter__(self) -> Channel:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(self, prompt: Prompt, labels: tuple[str, ...]) -> Reply:
        """What the model wrote. Raises Refused, Gone, or TlcoreError where no text would be answered (key, model, credit)."""
        tried = 0
        while True:
            await self._gate.enter()
            form = self._form
            try:
                reply = await self._once(prompt, labels, form)
            except _Again as trouble:
                tried += 1
                if tried >= self._pace.tries:
                    raise Gone(f"The service did not answer, asked {tried} times ({trouble}).") from None
                await self._wait(tried, trouble)
                continue
            if reply is not None:
                self._worked = True
                return reply

    async def _wait(self, tried: int, trouble: _Again) -> None:
        seconds = own_wait(tried, self._clock.chance) if trouble.wait is None else trouble.wait
        if trouble.everyone:
            self._gate.hold(seconds)
        else:
            await self._clock.sleep(seconds)

    async def _once(self, prompt: Prompt, labels: tuple[str, ...], form: Form) -> Reply | None:
        """One request. None: the service does not know all that was asked for, and will be asked for less."""
        made = json.dumps(body(self._service, prompt, labels, form)).encode()
        try:
            async with asyncio.timeout(self._pace.seconds):
                response = await self._client.post(
                    address(self._service), content=made, headers={"content-type": "application/json"}
                )
        except (TimeoutError, httpx2.TimeoutException):
            raise _Again("it took too long") from None
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise _Again(self._said(_kind(error))) from None
        if response.status_code != 200:
            self._refuse(response, form)
            return None
        try:
            return read(self._service.dialect, response.json())
        except ValueError:
            raise _Again("what it sent is no whole JSON") from None
        except NoAnswer:
            raise _Again("it sent no answer") from None

    def _refuse(self, response: httpx2.Response, form: Form) -> None:
        """Raises what a refusal means; returns where the next request will ask for less."""
        status, complaint = response.status_code, complaint_of(_json(response))
        if (final := refusal(self._service, status, complaint)) is not None:
            raise final
        if status in LATER or status >= 500:
            asked = asked_wait(response.headers.get("retry-after"), self._clock.now())
            raise _Again(f"it answered {status}", asked, everyone=status == BUSY or asked is not None)
        if form != self._form:
            return  # another request has learnt from the same refusal in the meantime
        less = simpler(form, self._service.dialect, complaint, self._worked)
        if less is None:
            raise Refused(f"The service would not take this text: {self._said(complaint or str(status))}")
        self._form = less

    def _said(self, words: str) -> str:
        return self._key.scrub(words)[:SAID]


def _kind(error: Exception) -> str:
    names = {"ConnectError": "no connection to its address", "RemoteProtocolError": "the connection broke off"}
    return names.get(type(error).__name__, "the connection broke off")


def _json(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
