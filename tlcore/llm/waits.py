"""When to ask next: not more often than agreed, later after a refusal, and never all at the same moment. Loads without torch."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds before the second try, doubled for each further one; and what a server may at most ask for by Retry-After."""
LONGEST_ASKED = 900.0


@dataclass(frozen=True)
class Clock:
    """Time, and waiting for it; a test puts its own in place. now: seconds since 1970."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: random.Random = field(default_factory=random.Random)


def run_loop(work: Coroutine[None, None, None]) -> None:
    """asyncio.run, also where the caller's thread runs a loop already, as a notebook's does: then in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def asked_wait(header: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for, a number or a date; None where it says nothing readable."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - now
        except (TypeError, ValueError):
            return None
    return min(max(0.0, seconds), LONGEST_ASKED) if seconds == seconds else None


def own_wait(tried: int, chance: random.Random) -> float:
    """Seconds before the next try after so many: doubling, and by chance between half and all of it ("equal jitter"), so that
    requests which failed together do not come back together."""
    most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(tried - 1, 10))
    return most * chance.uniform(0.5, 1.0)


class Gate:
    """Lets requests through one by one: so many a minute, and none while the service wants quiet."""

    def __init__(self, requests_per_minute: int, clock: Clock) -> None:
        self._between = 60.0 / max(1, requests_per_minute)
        self._clock, self._next = clock, 0.0

    async def enter(self) -> None:
        """Wait for one's turn."""
        while True:
            now = self._clock.now()
            if now >= self._next:
                self._next = now + self._between
                return
            await self._clock.sleep(self._next - now)

    def hold(self, seconds: float) -> None:
        """Nobody goes through for so long: a limit of an account is one for all its requests."""
        self._next = max(self._next, self._clock.now() + seconds)
