"""Questions on made-up passages that a small model learns within a minute: three kinds of questions, each answered in one way."""

from __future__ import annotations

import csv
from pathlib import Path

THINGS = ("pump", "drill", "lamp", "ladder", "trolley", "scale", "crane", "printer", "kettle", "heater", "saw", "press")
PLACES = (
    "the blue shed",
    "hall C",
    "the attic",
    "room 214",
    "the cellar",
    "the garage",
    "aisle D",
    "the lobby",
    "the green cabin",
)
PEOPLE = (
    "Marta Oyelaran",
    "Joost Verhagen",
    "Nadia Rahimi",
    "Ilse Brandt",
    "Tomasz Wilk",
    "Greta Brack",
    "Alma Sund",
    "Piet Maas",
)


def passage_of(i: int) -> tuple[str, list[tuple[str, str]]]:
    """A passage, and questions with their answers."""
    thing, place, person = (
        THINGS[i % len(THINGS)],
        PLACES[(5 * i + i // 12) % len(PLACES)],
        PEOPLE[(3 * i + i // 9) % len(PEOPLE)],
    )
    year = str(1950 + (37 * i) % 70)
    text = f"The {thing} number {i} stands in {place}. It was bought by {person}, in the spring of {year}. Please keep it dry and clean."
    return text, [
        (f"Where does the {thing} stand?", place),
        (f"Who bought the {thing}?", person),
        (f"In which year was the {thing} bought?", year),
    ]


def rows_of(passages: int, begin: int = 0) -> list[tuple[str, str, str]]:
    """question, passage, answer."""
    made = (passage_of(i) for i in range(begin, begin + passages))
    return [(question, text, answer) for text, asked in made for question, answer in asked]


def write(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Asked", "Read", "Said"])
        writer.writerows(rows)
    return path
