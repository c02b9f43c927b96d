"""Figures: few points, constant colours, nobody's markup."""

from __future__ import annotations

import math

import pytest

from pages.parts import charts
from tests.pages.fake_run import HOSTILE, report_json

FULL = report_json("frozen_features", HOSTILE, [], "done")


def test_thin_keeps_ends_and_extremes() -> None:
    points = [(float(i), math.sin(i)) for i in range(20_000)]
    points[7_123] = (7_123.0, 50.0)
    few = charts.thin(points)
    assert len(few) <= charts.MOST_POINTS
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert (7_123.0, 50.0) in few
    assert [x for x, _ in few] == sorted({x for x, _ in few})
    assert charts.thin(points[:5]) == points[:5]


@pytest.mark.parametrize("count", [801, 802, 1000, 1601])
def test_thin_never_exceeds_its_limit(count: int) -> None:
    assert len(charts.thin([(i, i % 7) for i in range(count)])) <= charts.MOST_POINTS


def every_figure() -> list:
    points = [(float(i), 1.0 / (i + 1)) for i in range(3000)]
    labels = list(HOSTILE)
    matrix = [[3 if i == j else 1 for j in range(len(labels))] for i in range(len(labels))]
    classes = [{"label": label, "f1": 0.5, "rows": 4, "right": 2} for label in labels]
    return [
        charts.loss_chart(points, points[:5]),
        charts.loss_chart([], []),
        charts.f1_chart(points, 0.5),
        charts.f1_chart([], None),
        charts.f1_chart([(10.0, 0.4)], 0.6, "labels used"),
        charts.blocks_picture([(label, i % 2 == 0) for i, label in enumerate(labels)]),
        charts.blocks_picture([(f"block {i}", True) for i in range(26)]),
        charts.score_chart({"macro_f1": 0.9, "macro_f1_low": None, "macro_f1_high": None}, {}),
        charts.score_chart({"macro_f1": None}, {"tfidf": {"macro_f1": None}}),
        charts.score_chart(FULL["test"], FULL["baselines"]),
        charts.class_bars(classes),
        charts.class_bars([{"label": "a", "f1": None}]),
        charts.confusion_map(labels, matrix),
        charts.confidence_bars([(label, 0.1) for label in labels]),
    ]


@pytest.mark.parametrize("number", range(14))
def test_every_figure_is_small_clear_and_safe(number: int) -> None:
    figure = every_figure()[number]
    assert figure.layout.uirevision
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == charts.CLEAR
    for trace in figure.data:
        assert trace.type != "scattergl"
        assert len(trace.x) <= charts.MOST_POINTS
    text = figure.to_json()
    assert "<b>" not in text
    assert "<script" not in text
    assert "\\u003cb\\u003e" not in text


def test_each_thing_keeps_its_colour() -> None:
    loss = charts.loss_chart([(1.0, 2.0)], [(1.0, 2.0)])
    assert [trace.line.color for trace in loss.data] == [charts.TRAINING, charts.VALIDATION]
    f1 = charts.f1_chart([(1.0, 0.4)], 0.5)
    assert [trace.line.color for trace in f1.data] == [charts.VALIDATION, charts.TFIDF]
    assert f1.data[1].line.dash == "dot"
    score = charts.score_chart(FULL["test"], FULL["baselines"])
    assert [trace.marker.color for trace in score.data] == [charts.MODEL, charts.TFIDF, charts.MAJORITY]


def test_the_interval_is_drawn_from_both_ends() -> None:
    scores = {"macro_f1": 0.8, "macro_f1_low": 0.7, "macro_f1_high": 0.85}
    bar = charts.score_chart(scores, {}).data[0].error_x
    assert (round(bar.array[0], 3), round(bar.arrayminus[0], 3)) == (0.05, 0.1)


def test_the_picture_parts_still_from_moving() -> None:
    still, moving = charts.blocks_picture([("embeddings", False), ("block 1", False), ("classifier", True)]).data
    assert (list(still.x), list(moving.x)) == ([0, 1], [2])
    assert still.marker.pattern.shape == "/"


def test_labels_are_cut_and_escaped() -> None:
    assert charts.safe("<a href='x'>y</a>", 60) == "&lt;a href=&#x27;x&#x27;&gt;y&lt;/a&gt;"
    assert charts.safe("a\nb  c") == "a b c"
    assert len(charts.safe("x" * 100)) == 40
    assert "$" not in charts.safe("$x$")


def test_only_the_weakest_of_many_classes() -> None:
    figure = charts.class_bars([{"label": str(i), "f1": i / 100, "rows": 1, "right": 1} for i in range(100)])
    assert len(figure.data[0].x) == charts.MOST_CLASSES
    assert figure.data[0].x[0] == 0.0


def test_colours_can_be_seen_on_light_and_dark() -> None:
    for colour in (charts.TRAINING, charts.VALIDATION, charts.TFIDF, charts.MAJORITY, charts.MODEL):
        assert min(_contrast(colour, "#FFFFFF"), _contrast(colour, "#11181D")) >= 2.9, colour


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
