"""Rows made up for training tests: words at random, and in each row one that tells its class."""

from __future__ import annotations

import numpy as np

from tlcore.engine.training import Rows

WORDS = ([2204, 2307], [2919, 6659])
"""Word pieces that tell the class."""


def rows(count: int, seed: int) -> Rows:
    """Random words, and somewhere among them one that tells the class."""
    rng = np.random.default_rng(seed)
    ids, y = [], []
    for i in range(count):
        words = rng.integers(3000, 20000, rng.integers(3, 12)).tolist()
        words.insert(int(rng.integers(len(words))), int(rng.choice(WORDS[i % 2])))
        ids.append([101, *words, 102])
        y.append(i % 2)
    return Rows(ids, y)
