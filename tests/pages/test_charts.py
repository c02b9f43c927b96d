"""Figures: few points, constant colours, nobody's markup."""

from __future__ import annotations

import math

import pytest

from pages.parts import charts, train_charts
from pages.parts.points import MOST_POINTS, thin
from tests.pages.fake_run import HOSTILE, report_json

FULL = report_json("frozen_features", HOSTILE, [], "done")


def test_thin_keeps_ends_and_extremes() -> None:
    points = [(float(i), math.sin(i)) for i in range(20_000)]
    points[7_123] = (7_123.0, 50.0)
    few = thin(points)
    assert len(few) <= MOST_POINTS
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert (7_123.0, 50.0) in few
    assert [x for x, _ in few] == sorted({x for x, _ in few})
    assert thin(points[:5]) == points[:5]


@pytest.mark.parametrize("count", [801, 802, 1000, 1601])
def test_thin_never_exceeds_its_limit(count: int) -> None:
    assert len(thin([(i, i % 7) for i in range(count)])) <= MOST_POINTS


def every_figure() -> list:
    points = [(float(i), 1.0 / (i + 1)) for i in range(3000)]
    labels = list(HOSTILE)
    matrix = [[3 if i == j else 1 for j in range(len(labels))] for i in range(len(labels))]
    classes = [{"label": label, "f1": 0.5, "rows": 4, "right": 2} for label in labels]
    return [
        train_charts.loss_chart(points, points[:5]),
        train_charts.loss_chart([], []),
        train_charts.f1_chart(points, 0.5),
        train_charts.f1_chart([], None),
        train_charts.f1_chart([(10.0, 0.4)], 0.6, "labels used"),
        train_charts.blocks_picture([(label, i % 2 == 0) for i, label in enumerate(labels)]),
        train_charts.blocks_picture([(f"block {i}", True) for i in range(26)]),
        train_charts.blocks_picture([(label, True) for label in labels], dict.fromkeys(labels, 0.0001), 1e-3),
        train_charts.rates_chart(dict.fromkeys(labels, points)),
        train_charts.rates_chart({f"block {i}": [(x, y / i) for x, y in points] for i in range(1, 27)}),
        train_charts.rates_chart({"head": [(0.0, 0.0), (1.0, 0.0)]}),
        charts.score_chart({"macro_f1": 0.9, "macro_f1_low": None, "macro_f1_high": None}, {}),
        charts.score_chart({"macro_f1": None}, {"tfidf": {"macro_f1": None}}),
        charts.score_chart(FULL["test"], FULL["baselines"]),
        charts.class_bars(classes),
        charts.class_bars([{"label": "a", "f1": None}]),
        charts.confusion_map(labels, matrix),
        charts.confidence_bars([(label, 0.1) for label in labels]),
    ]


@pytest.mark.parametrize("number", range(18))
def test_every_figure_is_small_clear_and_safe(number: int) -> None:
    figure = every_figure()[number]
    assert figure.layout.uirevision
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == charts.CLEAR
    for trace in figure.data:
        assert trace.type != "scattergl"
        assert len(trace.x) <= MOST_POINTS
    text = figure.to_json()
    assert "<b>" not in text
    assert "<script" not in text
    assert "\\u003cb\\u003e" not in text


def test_each_thing_keeps_its_colour() -> None:
    loss = train_charts.loss_chart([(1.0, 2.0)], [(1.0, 2.0)])
    assert [trace.line.color for trace in loss.data] == [charts.TRAINING, charts.VALIDATION]
    f1 = train_charts.f1_chart([(1.0, 0.4)], 0.5)
    assert [trace.line.color for trace in f1.data] == [charts.VALIDATION, charts.TFIDF]
    assert f1.data[1].line.dash == "dot"
    score = charts.score_chart(FULL["test"], FULL["baselines"])
    assert [trace.marker.color for trace in score.data] == [charts.MODEL, charts.TFIDF, charts.MAJORITY]


def test_the_interval_is_drawn_from_both_ends() -> None:
    scores = {"macro_f1": 0.8, "macro_f1_low": 0.7, "macro_f1_high": 0.85}
    bar = charts.score_chart(scores, {}).data[0].error_x
    assert (round(bar.array[0], 3), round(bar.arrayminus[0], 3)) == (0.05, 0.1)


def test_the_picture_parts_still_from_moving() -> None:
    still, _, moving = train_charts.blocks_picture(
        [("embeddings", False), ("block 1", False), ("classifier", True)]
    ).data
    assert (list(still.x), list(moving.x)) == ([0, 1], [2])
    assert still.marker.pattern.shape == "/"
    assert list(moving.y) == [1.0]


def test_the_fuller_a_box_the_faster_it_learns() -> None:
    parts = [("embeddings", False), ("block 1", True), ("block 2", True), ("classifier", True)]
    rates = {"block 1": 1e-5, "block 2": 1e-4, "head": 1e-3}
    still, behind, moving = train_charts.blocks_picture(parts, rates, highest=1e-3).data
    assert (list(still.y), list(behind.y)) == ([1.0], [1.0, 1.0, 1.0])
    assert train_charts.LOWEST_BOX < moving.y[0] < moving.y[1] < moving.y[2] == 1.0
    assert list(moving.customdata) == [
        "block 1: learns, learning rate now 0.00001",
        "block 2: learns, learning rate now 0.0001",
        "classifier: learns, learning rate now 0.001",
    ]
    nothing_yet = train_charts.blocks_picture(parts, {"head": 0.0}, highest=1e-3).data[2]
    assert list(nothing_yet.y) == [1.0, 1.0, train_charts.LOWEST_BOX]


def test_the_rates_run_from_the_classifier_down() -> None:
    line = [(float(step), 1.0) for step in range(1, 4)]
    rates = {group: [(x, y * rate) for x, y in line] for group, rate in
             {"block 2": 1e-5, "embeddings": 1e-6, "block 12": 1e-4, "head": 1e-3, "block 11": 5e-5}.items()}  # fmt: skip
    rates["block 11"] = rates["block 11"][1:]
    figure = train_charts.rates_chart(rates)
    assert [trace.name for trace in figure.data] == ["classifier", "block 12", "block 11", "block 2", "embeddings"]
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False, True]
    assert (figure.data[1].x[0], figure.data[2].x[0]) == (1.0, 2.0)
    assert {trace.line.color for trace in figure.data} == {charts.TRAINING}
    assert figure.layout.yaxis.type == "log"
    assert all("e" not in text for text in figure.layout.yaxis.ticktext)


def test_parts_that_move_alike_share_a_line_and_a_rate_of_nothing_is_below_the_axis() -> None:
    same = [(1.0, 1e-4), (2.0, 0.0)]
    rates = {"head": [(1.0, 1e-3), (2.0, 0.0)], **{f"block {i}": list(same) for i in range(1, 7)}}
    figure = train_charts.rates_chart(rates)
    assert [trace.name for trace in figure.data] == ["classifier", "blocks 1 to 6"]
    bottom = 10 ** figure.layout.yaxis.range[0]
    assert 0 < figure.data[1].y[1] < bottom < figure.data[1].y[0]


def test_a_deep_model_has_few_lines_first_second_and_last_among_them() -> None:
    rates = {f"block {i}": [(1.0, i * 1e-6), (2.0, i * 1e-6)] for i in range(1, 25)} | {
        "head": [(1.0, 1e-3), (2.0, 1e-3)]
    }
    names = [trace.name for trace in train_charts.rates_chart(rates).data]
    assert len(names) == train_charts.MOST_LINES
    assert (names[0], names[1], names[-1]) == ("classifier", "block 24", "block 1")


@pytest.mark.parametrize(
    ("rate", "text"), [(0, "0"), (1e-3, "0.001"), (6.6e-5, "0.000066"), (1.234e-4, "0.00012"), (0.5, "0.5"), (20, "20")]
)
def test_a_rate_in_plain_digits(rate: float, text: str) -> None:
    assert train_charts.plain_rate(rate) == text


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
