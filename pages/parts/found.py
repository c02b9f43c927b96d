"""Problems as the screens list them: short, with the rows left on the disk until somebody asks for them. No Streamlit here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.rows import FILE

if TYPE_CHECKING:
    from tlcore.checks import Problem
    from tlcore.datasets import Dataset

PROBLEMS, SEVERITIES, MOST_SHOWN = "problems.json", ("warning", "info"), 200


@dataclass(frozen=True)
class Card:
    """A problem without its rows. rows: how many there are. fixes: their titles. file: where the whole problem lies."""

    id: str
    title: str
    severity: str
    score: float
    cost: str
    rows: int
    fixes: tuple[str, ...]
    file: Path


def read_cards(parts: Sequence[dict[str, Any]], file: Path) -> list[Card]:
    return [Card(**{**one, "fixes": tuple(one["fixes"]), "file": file}) for one in parts]


def gravest_first(cards: Iterable[Card]) -> list[Card]:
    return sorted(cards, key=lambda card: (SEVERITIES.index(card.severity), card.score))


def read_problems(file: Path) -> list[Problem]:
    """The problems of a file, whole; [] where there is none."""
    from tlcore.checks import Problem

    return [Problem.from_json(parts) for parts in read_json(file, []) or []]


def read_problem(card: Card) -> Problem:
    """The whole problem behind a card. Raises TlcoreError where it is gone: the rows were changed in another tab."""
    for problem in read_problems(card.file):
        if problem.id == card.id:
            return problem
    raise TlcoreError("The rows were changed since this was found.", "", "Reload the page.")


@lru_cache(maxsize=8)
def cards_in(file: Path, stamp: int) -> tuple[Card, ...]:
    """The cards of a file of whole problems; `stamp`, its time of change, tells one version from the next."""
    from tlcore.prepare import card_of

    return tuple(read_cards([card_of(problem) for problem in read_problems(file)], file))


def rows_of(dataset: Dataset, numbers: Sequence[int], most: int = MOST_SHOWN) -> list[dict[str, Any]]:
    """The first so many of these rows of the user's file, in this order: row, text, label ("" for none), used; and said, the label as
    a screen says it."""
    wanted = list(dict.fromkeys(numbers))[:most]
    place = _places(dataset, wanted)
    found = dataset.rows[[place[number] for number in wanted if number in place]]
    rows = zip(found["row"], found["text"], found["label"], found["why"], strict=True)
    task = dataset.task
    return [
        {
            "row": row,
            "text": text,
            "label": label or "",
            "used": not why,
            "said": task.shown(label, text) if label else "",
        }
        for row, text, label, why in rows
    ]


def find_rows(dataset: Dataset, words: str, most: int = MOST_SHOWN) -> tuple[list[int], int]:
    """Numbers of the first so many rows of the user's file that hold the words in text or label, or have that number;
    and how many there are in all."""
    wanted = " ".join(words.casefold().split())
    if not wanted:
        return [], 0
    columns = (dataset.rows[name][:] for name in ("row", "text", "label", "source"))
    found = [
        row
        for row, text, label, source in zip(*columns, strict=True)
        if source == FILE and (wanted == str(row) or wanted in f"{text} {label or ''}".casefold())
    ]
    return found[:most], len(found)


def _places(dataset: Dataset, numbers: Sequence[int]) -> dict[int, int]:
    """Row number -> where it lies in the Dataset; the user's own file comes first there, before a test file."""
    wanted, found = set(numbers), dict[int, int]()
    for i, number in enumerate(dataset.rows["row"][:]):
        if number in wanted and number not in found:
            found[number] = i
            if len(found) == len(wanted):
                break
    return found
