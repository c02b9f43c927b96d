"""Sentences of a made domain: few words, said in a way of their own, so that a model can learn to guess them in a minute."""

from __future__ import annotations

import random

KINDS = {
    "damage": "The {part} of the {age} turbine shows {fault} near the {place}, reported by crew {n}.",
    "order": "Please order {n} spare {part}s for the {age} turbine, to be sent to the {place}.",
}
WORDS = {
    "part": ["gearbox", "rotor", "blade", "bearing"], "age": ["old", "new", "northern"], "fault": ["rust", "cracks", "leaking oil"],
    "place": ["harbour", "tower", "hub"], "n": ["two", "three", "seven", "nine"],
}  # fmt: skip


def sentences(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Distinct sentences and their kinds, by turns."""
    chance, found = random.Random(seed), dict[str, str]()
    while len(found) < count:
        kind = list(KINDS)[len(found) % len(KINDS)]
        found.setdefault(KINDS[kind].format(**{name: chance.choice(words) for name, words in WORDS.items()}), kind)
    return list(found), list(found.values())
