"""Texts of words of their own: such as differ by a sign only would be kept together."""

from __future__ import annotations

from hashlib import blake2b

LETTERS = str.maketrans("0123456789", "ghijklmnop")


def texts(count: int, kind: str = "") -> list[str]:
    made = [blake2b(f"{kind}{i}".encode(), digest_size=15).hexdigest() for i in range(count)]
    return [" ".join(one[k : k + 6] for k in range(0, 30, 6)).translate(LETTERS) for one in made]
