"""The score that heads a report, and how it is drawn and said: macro-F1, micro-F1, or a mean absolute error. No Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Metric:
    """name: its key in reports and events. title: what the field calls it. plain: the same in plain words, for hovering.

    higher: whether higher is better. top: the largest value it can have, or None.
    """

    name: str
    title: str
    plain: str
    higher: bool = True
    top: float | None = 1.0

    @property
    def better(self) -> str:
        return "higher is better" if self.higher else "lower is better"

    def short(self, value: float) -> str:
        return f"{value:.2f}" if self.top or 0.1 <= value < 100 else f"{value:.3g}"

    def exact(self, value: float) -> str:
        return f"{value:.3f}" if self.top else f"{value:.4g}"


METRICS = {
    metric.name: metric
    for metric in (
        Metric("mae", "mean absolute error", "How far off the number is on average.", higher=False, top=None),
        Metric(
            "micro_f1",
            "micro-F1",
            "How many of all labels are right: of those said, and of those that should have been.",
        ),
        Metric(
            "entity_f1",
            "entity F1",
            "How many names are found whole, with their right kind: of those marked, and of those there are.",
        ),
        Metric(
            "token_f1",
            "token F1",
            "How many words of the answer are right: of those given, and of those of the true answer.",
        ),
        Metric("chrf", "chrF", "How much of the right text, in groups of letters, is there: 0 to 100.", top=100.0),
        Metric("rouge_l", "ROUGE-L", "How much of the right text is there in the right order, 0 to 1."),
        Metric("macro_f1", "macro-F1", "How many answers are right, each class counting the same."),
    )
}
"""Of several in one event the first heads the report."""
USUAL = METRICS["macro_f1"]


def metric_of(report: Mapping[str, Any]) -> Metric:
    """What heads this report."""
    return METRICS.get(str(report.get("metric")), USUAL)


def metric_in(event: Mapping[str, Any]) -> Metric | None:
    """What an event tells the value of."""
    return next((metric for name, metric in METRICS.items() if name in event), None)
