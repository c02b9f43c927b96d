"""Texts with names in them, made from parts: few enough to learn in seconds, more than can be looked up."""

from __future__ import annotations

import random

from tlcore.tasks.marks import Span, target_of

FIRST = [
    "Ada",
    "Grace",
    "Alan",
    "Mary",
    "Omar",
    "Lena",
    "Ivo",
    "Nora",
    "Paul",
    "Rosa",
    "Emil",
    "Tara",
    "Hugo",
    "Iris",
    "Leon",
    "Vera",
    "Otto",
    "Mina",
    "Karl",
    "Lucy",
]
LAST = [
    "Hopper",
    "Turing",
    "Keller",
    "Novak",
    "Brandt",
    "Silva",
    "Moreau",
    "Tanaka",
    "Okafor",
    "Lindqvist",
    "Castell",
    "Whitby",
    "Rahman",
    "Dubois",
]
CITIES = [
    "Lisbon",
    "Oslo",
    "Geneva",
    "Quito",
    "Nairobi",
    "Osaka",
    "Bremen",
    "Dublin",
    "Turin",
    "Austin",
    "Perth",
    "Malmo",
    "Cairo",
    "Hanoi",
    "Sofia",
    "Riga",
]
FORMS = (
    "{P} moved to {C} last year.", "The office in {C} is led by {P}.", "Please send the papers to {P}, {C}.",
    "{P} and {Q} met in {C} on Monday.", "We heard from {P} that the train to {C} was late.",
    "Nobody was there when the parcel came.", "The meeting is at nine; bring the report.",
)  # fmt: skip


def made_names(many: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts and targets; PERSON is a first and a last name, PLACE a city."""
    chance = random.Random(seed)
    texts, targets = [], []
    for _ in range(many):
        text, spans = "", []
        for part in chance.choice(FORMS).replace("{", "\x00{").replace("}", "}\x00").split("\x00"):
            words = _filled(part, chance)
            if words != part:
                spans.append(_span(len(text), words, part))
            text += words
        texts.append(text)
        targets.append(target_of(spans))
    return texts, targets


def _filled(part: str, chance: random.Random) -> str:
    if part in ("{P}", "{Q}"):
        return f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    return chance.choice(CITIES) if part == "{C}" else part


def _span(begin: int, words: str, part: str) -> Span:
    return begin, begin + len(words), "PLACE" if part == "{C}" else "PERSON"
