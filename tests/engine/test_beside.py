"""tlcore.engine.beside: each item is taken once, an error or a stop ends the rest, threads are put back."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
import torch

from tlcore.engine import beside
from tlcore.engine.beside import both, cores, in_halves, side_by_side, threads_an_operation


@pytest.fixture(autouse=True)
def _three_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "cores", lambda: 3)
    monkeypatch.setattr(beside, "SECONDS_BETWEEN_LOOKS", 0.01)


def test_each_item_is_taken_once_and_by_all_threads() -> None:
    taken: list[tuple[str, int]] = []
    all_here = threading.Barrier(3, timeout=30)

    def work(items: Iterator[int]) -> None:
        all_here.wait()
        assert torch.get_num_threads() == 1
        taken.extend((threading.current_thread().name, item) for item in items)

    threads = torch.get_num_threads()
    side_by_side(range(2000), work)
    assert Counter(item for _, item in taken) == Counter(range(2000))
    assert torch.get_num_threads() == threads


def test_an_error_ends_the_work_of_the_others() -> None:
    failed, seen = threading.Event(), []

    def work(items: Iterator[int]) -> None:
        for item in items:
            seen.append(item)
            if item == 5:
                failed.set()
                raise ValueError("five")
            if item > 5:
                failed.wait(30)

    with pytest.raises(ValueError, match="five"):
        side_by_side(iter(range(10**9)), work)
    assert len(seen) < 10**9


def test_what_meanwhile_raises_ends_it() -> None:
    def stop() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        side_by_side(iter(range(10**12)), lambda items: [None for _ in items] and None, stop)


def test_nothing_to_do_is_done() -> None:
    seen: list[int] = []
    side_by_side([], lambda items: seen.extend(items))
    assert not seen


def test_threads_are_set_and_put_back() -> None:
    before = torch.get_num_threads()
    with contextlib.suppress(KeyError), threads_an_operation(before + 1):
        assert torch.get_num_threads() == before + 1
        raise KeyError
    assert torch.get_num_threads() == before
    assert cores() >= 1


@pytest.mark.parametrize(("cores", "threads", "parts"), [(2, 1, 2), (1, 1, 1), (2, 2, 1)])
def test_halves_are_of_like_size_and_lose_nothing(
    cores: int, threads: int, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "cores", lambda: cores)
    sizes = [5, 1, 9, 2, 2, 7]
    with threads_an_operation(threads):
        found = in_halves(sizes, list)
    assert sorted(i for part in found for i in part) == list(range(6))
    assert len(found) == parts
    assert max(sum(sizes[i] for i in part) for part in found) <= 26 / parts


def test_both_are_done_before_anyone_goes_on() -> None:
    ended, failed = [], threading.Event()

    def work(part: int) -> int:
        if part == 0:
            failed.set()
            raise KeyError
        assert failed.wait(30)
        threading.Event().wait(0.05)  # long enough for the first to come back, if it did not wait
        ended.append(part)
        return part

    with pytest.raises(KeyError):
        both(work)
    assert ended == [1]
    with pytest.raises(ZeroDivisionError):
        both(lambda part: 1 / (part - 1))
    assert both(lambda part: part) == [0, 1]
    assert both(lambda part: part, 1) == [0]
