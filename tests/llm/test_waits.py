"""tlcore.llm.waits: what Retry-After says, waits that grow, and a gate for all."""

from __future__ import annotations

import asyncio
import itertools
import random
from threading import Thread

import pytest

from tests.llm.fake_api import FakeTime
from tlcore.llm.waits import LONGEST_ASKED, LONGEST_WAIT, Gate, asked_wait, own_wait, run_loop


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("999999", LONGEST_ASKED),
        ("Thu, 01 Jan 1970 00:17:10 GMT", 30.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_how_long_a_server_wants_to_be_left_alone(header: str | None, seconds: float | None) -> None:
    assert asked_wait(header, now=1000.0) == seconds


def test_own_waits_double_to_a_limit_and_are_spread() -> None:
    chance = random.Random(0)
    for tried in (1, 2, 3, 30):
        most = min(LONGEST_WAIT, 2.0 ** (tried - 1))
        waits = [own_wait(tried, chance) for _ in range(200)]
        assert most / 2 <= min(waits) < 0.6 * most
        assert 0.9 * most < max(waits) <= most


def test_the_gate_lets_so_many_through_a_minute_and_none_while_it_is_held() -> None:
    hand = FakeTime()
    gate, entered = Gate(60, hand.clock), []

    async def enter() -> None:
        await gate.enter()
        entered.append(hand.time)

    async def run() -> None:
        await asyncio.gather(*(enter() for _ in range(5)))
        gate.hold(100)
        await enter()

    begun = hand.time
    run_loop(run())
    assert all(later - sooner >= 1 for sooner, later in itertools.pairwise(entered))
    assert entered[5] - begun >= 100


def test_a_loop_that_is_running_already_is_no_hindrance() -> None:
    found = []

    async def work() -> None:
        found.append(asyncio.get_running_loop())

    async def notebook() -> None:
        found.append(asyncio.get_running_loop())
        run_loop(work())

    # The tests' own thread may have a loop running, of the browser's.
    thread = Thread(target=asyncio.run, args=(notebook(),))
    thread.start()
    thread.join()
    assert found[0] is not found[1]
