"""What reading unlabelled texts first did, in a sentence: for the Results screen and the model card."""

from __future__ import annotations

from typing import Any

POINTS = {"macro_f1": "macro-F1", "micro_f1": "micro-F1"}
"""Scores that are told in points, higher is better; another one is an error in the user's units."""


def reading_sentence(about: dict[str, Any] | None) -> str:
    """“Reading your texts first: perplexity 18 → 9; macro-F1 +1.2 points (−0.4 to +2.9): could be chance.”; "" where it did not."""
    if not about:
        return ""
    first = f"Reading your texts first: perplexity {about['before']:,.4g} → {about['after']:,.4g}"
    gap, metric = about.get("difference") or {}, about.get("metric", "macro_f1")
    if gap.get(metric) is None:
        return f"{first}; whether it helped was not tried."
    better = gap[metric] > 0 if metric in POINTS else gap[metric] < 0
    meant = "could be chance" if not gap["real"] else "it helped" if better else "it did harm"
    found, low, high = (_told(gap[name], metric) for name in (metric, "low", "high"))
    what = f"{POINTS[metric]} {found} points" if metric in POINTS else f"mean error {found}"
    return f"{first}; {what} ({low} to {high}): {meant}."


def _told(value: float, metric: str) -> str:
    text = f"{100 * value:+.1f}" if metric in POINTS else f"{value:+.3g}"
    return text.replace("-", "−")
