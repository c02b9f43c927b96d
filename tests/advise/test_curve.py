from __future__ import annotations

import numpy as np
import pytest

from tlcore.advise.curve import curve_of

SIZES = (50, 100, 200, 400)


def drawn(seed: int, noise: float = 0.02, rounds: int = 8, drop: float = 1.5, bend: float = 0.5) -> list[list[float]]:
    rng = np.random.default_rng(seed)
    return [[0.9 - drop * n**-bend + noise * rng.standard_normal() for n in SIZES] for _ in range(rounds)]


def test_the_law_is_found_again() -> None:
    curve = curve_of(SIZES, drawn(0, noise=0.0))
    assert curve.at(800) == pytest.approx(0.9 - 1.5 * 800**-0.5, abs=0.003)
    assert curve.gain(400, 400).middle == pytest.approx(1.5 * (400**-0.5 - 800**-0.5), abs=0.003)


def test_the_band_holds_what_more_rows_bring() -> None:
    """As in use: the gain that is measured has the luck of a draw of its own."""
    inside = 0
    for seed in range(100):
        gain = curve_of(SIZES, drawn(seed)).gain(400, 400, seed)
        luck = np.random.default_rng(1000 + seed).standard_normal(2) * 0.02
        inside += gain.low <= 1.5 * (400**-0.5 - 800**-0.5) + luck[0] - luck[1] <= gain.high
    assert 80 <= inside <= 99


def test_more_rows_bring_more_and_no_score_passes_one() -> None:
    curve = curve_of(SIZES, drawn(1))
    assert curve.gain(400, 100).middle < curve.gain(400, 400).middle
    steep = curve_of(SIZES, [[0.2, 0.6, 0.85, 0.99]] * 3)
    assert steep.at(100_000) <= 1.0


def test_a_curve_that_has_ended_promises_nothing() -> None:
    flat = curve_of(SIZES, [[0.8, 0.8, 0.8, 0.8]] * 4).gain(400, 1_000)
    assert flat.low == flat.middle == flat.high == pytest.approx(0.0)


def test_a_score_that_falls_is_taken_as_flat() -> None:
    assert curve_of(SIZES, [[0.8, 0.79, 0.78, 0.77]] * 4).gain(400, 400).middle == pytest.approx(0.0)
