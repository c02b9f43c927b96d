"""Lines of points: what they are, and how many of them a figure needs. No Streamlit and no Plotly here."""

from __future__ import annotations

from collections.abc import Sequence

MOST_POINTS = 800

Point = tuple[float, float]


def thin(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most `most` points that look the same: the lowest and the highest of each bucket, the first and the last."""
    if len(points) <= most:
        return list(points)
    inner, buckets = points[1:-1], (most - 2) // 2
    kept = [points[0]]
    for i in range(buckets):
        bucket = inner[i * len(inner) // buckets : (i + 1) * len(inner) // buckets]
        if bucket:
            low = min(range(len(bucket)), key=lambda k: bucket[k][1])
            high = max(range(len(bucket)), key=lambda k: bucket[k][1])
            kept.extend(bucket[k] for k in sorted({low, high}))
    return [*kept, points[-1]]
