"""Answers that were paid for, kept by what was asked, and what each cost: one line of JSON each, in a folder. Loads without torch.

No text and no key is written: only a hash of what was asked, the label, and the counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tlcore.errors import TlcoreError
from tlcore.llm.question import Answer

ANSWERS, LOCK = "answers.jsonl", "answers.lock"


@dataclass(frozen=True)
class Paid:
    """What one request cost. key: what was asked (`prompt.content_key`); quote: under which consent. dollars: None where the
    price is not known. answer: None where the request was paid and gave none that could be read."""

    key: str
    quote: str
    read: int
    written: int
    dollars: float | None
    answer: Answer | None


class Store:
    """The answers in a folder. A line that a crash cut off is passed over; what came before it stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._load()

    def _load(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.paid: list[Paid] = []
        for one in _lines(self.folder / ANSWERS):
            self._take(one)

    def _take(self, one: Paid) -> None:
        self.paid.append(one)
        if one.answer is not None:
            self.answers[one.key] = one.answer

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Only one at a time, or two jobs would pay for the same text. Raises TlcoreError where another is at it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise TlcoreError(
                "Another job is asking for the same answers at this moment.",
                "",
                "Wait until it has ended: its answers count for both.",
            ) from None
        try:
            self._load()  # what the other wrote in the meantime
            _close_last_line(self.folder / ANSWERS)
            yield
        finally:
            lock.release()

    def add(self, one: Paid) -> None:
        """Written before it is used, so that nothing paid is lost."""
        line = {"key": one.key, "quote": one.quote, "read": one.read, "written": one.written, "dollars": one.dollars}
        if one.answer is not None:
            line |= {"label": one.answer.label, "confidence": one.answer.confidence, "why": one.answer.why}
        with (self.folder / ANSWERS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self._take(one)

    def dollars(self, quote: str) -> float:
        """Spent under a consent so far."""
        return sum(one.dollars or 0.0 for one in self.paid if one.quote == quote)

    def rows(self, quote: str) -> int:
        """Different texts that were sent under a consent so far."""
        return len({one.key for one in self.paid if one.quote == quote})


def _lines(file: Path) -> Iterator[Paid]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield _paid(json.loads(line))
        except (ValueError, KeyError, TypeError):
            continue


def _paid(line: dict[str, Any]) -> Paid:
    answer = Answer(line["label"], line["confidence"], str(line["why"])) if "label" in line else None
    return Paid(str(line["key"]), str(line["quote"]), int(line["read"]), int(line["written"]), line["dollars"], answer)


def _close_last_line(file: Path) -> None:
    """A line that was cut off must not swallow the next one."""
    if file.exists() and not file.read_bytes().endswith(b"\n") and file.stat().st_size:
        with file.open("a", encoding="utf-8") as end:
            end.write("\n")
