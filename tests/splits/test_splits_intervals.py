"""tlcore.splits.intervals: Wilson's interval, checked against an independent implementation, and its reverse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tlcore.errors import TlcoreError
from tlcore.splits import interval_for_rows, points_for_rows, rows_for_interval


@given(st.integers(1, 5000), st.integers(0, 5000))
def test_it_is_wilsons_interval(rows: int, right: int) -> None:
    right = min(right, rows)
    low, high = binomtest(right, rows).proportion_ci(method="wilson")
    assert interval_for_rows(rows, right / rows) == pytest.approx((low, high), abs=1e-6)


@given(st.floats(0.1, 60), st.floats(0, 1))
def test_so_many_rows_and_not_one_fewer_give_the_points(points: float, expected: float) -> None:
    rows = rows_for_interval(points, expected)
    assert points_for_rows(rows, expected) <= points
    assert rows == 1 or points_for_rows(rows - 1, expected) > points


def test_what_cannot_be_measured_is_said() -> None:
    for points, expected in ((0, 0.85), (-1, 0.85), (float("nan"), 0.85), (1e-9, 0.85), (3, 1.5), (3, float("nan"))):
        with pytest.raises(TlcoreError):
            rows_for_interval(points, expected)
    with pytest.raises(TlcoreError):
        interval_for_rows(0)
