"""What Results says of an earlier run on the same test rows, and of test rows that were chosen for being hard. No Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.parts import words

Report = Mapping[str, Any]
FEW = 10
"""Of fewer rows no interval is worth telling."""
HOW = {"zero_shot": "Describing the labels alone"}


def earlier_sentences(report: Report) -> list[str]:
    """“Describing the labels alone was right for 63 of 100 of these rows; your model for 84.”, and whether that could be chance."""
    found = report.get("earlier")
    if not found:
        return []
    rows, gap = found["rows"], found["difference"]
    who = HOW.get(found["strategy"], "The earlier run, which learned from no label,")
    which = "these test rows" if rows == found["of"] else "the test rows that it had answered"
    said = f"{who} was right for {words.of(found['right'], rows)} of {which}; your model for {found['ours_right']:,}."
    if report.get("confirmed_rows"):
        said += " It may have proposed these labels itself: whatever was confirmed too quickly counts for it."
    if gap.get("macro_f1") is None or rows < FEW:
        return [f"{said} So few rows cannot tell which is better."]
    points, low, high = (f"{100 * gap[name]:+.1f}".replace("-", "−") for name in ("macro_f1", "low", "high"))
    meant = "could be chance" if not gap["real"] else "really better" if gap["macro_f1"] > 0 else "really worse"
    return [f"{said} {points} points of macro-F1 ({low} to {high}): {meant}."]


def confirmed_sentences(report: Report) -> list[str]:
    """That test rows were chosen for being hard, and how the others did."""
    found = report.get("confirmed_rows") or {}
    unsure, chance = found.get("unsure", 0), found.get("chance", 0)
    if not unsure:
        return []
    total = (report.get("test") or {}).get("rows") or unsure + chance
    said = (
        f"{words.of(unsure, total)} test rows were shown to you because an earlier model was unsure of them: they are harder than your "
        f"texts on the whole, so the score is likelier too low than too high."
    )
    if chance:
        said += f" Of those drawn by chance it is right for {words.of(found['chance_right'], chance)}."
    return [said]


def earlier_bar(report: Report) -> dict[str, Any] | None:
    """The earlier run's scores for the chart, where they are of all test rows."""
    found = report.get("earlier")
    return dict(found["test"]) if found and found["rows"] == found["of"] else None
