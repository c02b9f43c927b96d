"""What reading unlabelled texts first did, in a sentence: for the Results screen and the model card."""

from __future__ import annotations

from typing import Any


def reading_sentence(about: dict[str, Any] | None) -> str:
    """“Reading your texts first: perplexity 18 → 9; macro-F1 +1.2 points (−0.4 to +2.9): could be chance.”; "" where it did not."""
    if not about:
        return ""
    parts = [f"Reading your texts first: perplexity {about['before']:,.4g} → {about['after']:,.4g}"]
    gap = about.get("difference") or {}
    if gap.get("macro_f1") is None:
        return f"{parts[0]}; whether it helped was not tried."
    points = [f"{100 * gap[name]:+.1f}".replace("-", "−") for name in ("macro_f1", "low", "high")]
    meant = "could be chance" if not gap["real"] else "it helped" if gap["macro_f1"] > 0 else "it did harm"
    return f"{parts[0]}; macro-F1 {points[0]} points ({points[1]} to {points[2]}): {meant}."
