"""Work side by side: batches that each core computes alone. One batch cut in two keeps two cores less busy than two batches."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Lock
from typing import Generic, TypeVar

import torch

from tlcore.engine.precision import device, this_machine

SECONDS_BETWEEN_LOOKS = 0.5
_other = ThreadPoolExecutor(1, "other half")
T = TypeVar("T")


def cores() -> int:
    """How many threads may compute at once; one where a GPU does it."""
    return this_machine().cores if device().type == "cpu" else 1


@contextlib.contextmanager
def threads_an_operation(many: int) -> Iterator[None]:
    """Within it torch shares each operation out to so many threads. Not for every step: oneDNN forgets its kernels each time."""
    before = torch.get_num_threads()
    if many != before:
        torch.set_num_threads(many)
    try:
        yield
    finally:
        if many != before:
            torch.set_num_threads(before)


class Shared(Iterator[T], Generic[T]):
    """Items that several threads take one by one; each goes to one of them."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items, self._lock = iter(items), Lock()

    def __next__(self) -> T:
        with self._lock:
            return next(self._items)

    def end(self) -> None:
        """No item is given out any more."""
        with self._lock:
            self._items = iter(())


def side_by_side(
    items: Iterable[T], work: Callable[[Iterator[T]], None], meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Call `work` with the items in one thread a core, each of which computes alone; it takes items until none is left.

    meanwhile: called now and then from this thread, and at the end; what it raises ends the work after the items at hand,
    as does what `work` raises. On a GPU all in one other thread.
    """
    shared, readers = Shared(items), cores()
    alone = threads_an_operation(1) if device().type == "cpu" else contextlib.nullcontext()
    with alone, ThreadPoolExecutor(readers) as pool:
        working = {pool.submit(work, shared) for _ in range(readers)}
        try:
            while working:
                ended, working = wait(working, SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
                for one in ended:
                    one.result()
                meanwhile()
        finally:
            shared.end()


def both(work: Callable[[int], T], many: int = 2) -> list[T]:
    """work(0) and, of two, work(1) at once in another thread, which is always the same one."""
    if many == 1:
        return [work(0)]
    other = _other.submit(work, 1)
    try:
        mine = work(0)
    finally:
        wait([other])  # nobody goes on while half of the work is still under way
    return [mine, other.result()]


def in_halves(sizes: Sequence[int], work: Callable[[list[int]], T]) -> list[T]:
    """Call `work` with the indices of two halves of like total size, both at once where an operation is computed by one thread;
    elsewhere with all of them."""
    if cores() < 2 or torch.get_num_threads() > 1 or len(sizes) < 2:
        return [work(list(range(len(sizes))))]
    parts: list[list[int]] = [[], []]
    totals = [0, 0]
    for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        lighter = totals.index(min(totals))
        parts[lighter].append(i)
        totals[lighter] += sizes[i]
    return both(lambda half: work(parts[half]))
