"""The figures that grow while a model learns, and the picture of the model. No Streamlit here; users' words are escaped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from pages.parts.charts import BASELINES, CLEAR_GREY, STILL_TEXT, TRAINING, VALIDATION, figure_of, line, safe
from pages.parts.metrics import USUAL, Metric
from pages.parts.points import Point, thin

PARTS = {"head": "classifier", "top": "last layer"}
"""Layer groups whose name in the picture of the model, and to people, is another."""
DECADES = 2.5
"""How many powers of ten below the highest rate a box in the picture of the model is still fuller than the lowest."""
LOWEST_BOX = 0.4
"""The height of a part that learns very slowly: its name must still fit in."""
MOST_LINES, POINTS_A_LINE = 9, 200
"""Rates are smooth: fewer points than elsewhere look the same, and there are many lines."""
FAINT = "rgba(42,140,201,0.16)"


def loss_chart(training: Sequence[Point], validation: Sequence[Point]) -> go.Figure:
    """The loss on the training rows and, where it was measured, on the validation rows."""
    figure = figure_of("loss", 260)
    line(figure, training, "training rows", TRAINING, "step %{x:,}: loss %{y:.3f}", markers=False)
    line(figure, validation, "validation rows", VALIDATION, "step %{x:,}: loss %{y:.3f}", markers=True)
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text="loss", rangemode="tozero")
    return figure


def perplexity_chart(held_out: Sequence[Point], reading: Sequence[Point]) -> go.Figure:
    """Perplexity on the texts that are read, and on those held out, on a log axis: it falls steeply at first."""
    figure = figure_of("perplexity", 260)
    hover = "step %{x:,}: perplexity %{y:,.1f}"
    line(figure, reading, "texts it reads", TRAINING, hover, markers=False)
    line(figure, held_out, "texts kept aside", VALIDATION, hover, markers=True)
    values = [y for _, y in (*held_out, *reading) if y > 0] or [1.0]
    low, high = min(values) / 1.2, max(values) * 1.2
    ticks = [k * 10.0**power for power in range(7) for k in (1, 2, 5) if low <= k * 10.0**power <= high]
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text="perplexity", type="log", range=[math.log10(low), math.log10(high)])
    figure.update_yaxes(tickvals=ticks, ticktext=[f"{tick:,.0f}" for tick in ticks])
    return figure


def f1_chart(
    points: Sequence[Point], beside: float | None, x_title: str = "step", metric: Metric = USUAL, name: str = "tfidf"
) -> go.Figure:
    """The score on the validation rows as training goes on, or as labels grow, beside the line it has to beat.

    beside: the score of the baseline called `name`.
    """
    figure = figure_of(f"f1-{x_title}", 260)
    line(figure, points, "your model", VALIDATION, f"{x_title} %{{x:,}}: {metric.title} %{{y:.3f}}", markers=True)
    end = max((x for x, _ in points), default=0.0) or 1.0
    if beside is not None:
        title, colour = BASELINES.get(name, BASELINES["tfidf"])
        figure.add_scatter(
            x=[0.0, end],
            y=[beside, beside],
            mode="lines",
            name=title,
            line={"color": colour, "width": 2, "dash": "dot"},
            hovertemplate=f"{title}: {metric.title} %{{y:.3f}}<extra></extra>",
        )
    values = [y for _, y in points] + ([beside] if beside is not None else [])
    edge = 0.05 * (metric.top or 1.0)
    floor = max(0.0, min(values) - edge) if values else 0.0
    figure.update_xaxes(title_text=x_title, rangemode="tozero")
    top = max(values, default=1.0)
    span = [floor, min(1.005 * metric.top, top + edge)] if metric.top else [0, 1.1 * top or 1.0]
    figure.update_yaxes(title_text=metric.title, range=span)
    return figure


def rates_chart(rates: Mapping[str, Sequence[Point]]) -> go.Figure:
    """The learning rate of each layer group over the steps, on a log axis; groups that move alike share a line.

    One hue, for all of it is the model learning: thick is the classifier, dashed the lowest part, thin those between.
    """
    figure = figure_of("rates", 220)
    lines = _fewer(_together(rates))
    peaks = [peak for _, points in lines if (peak := max(y for _, y in points)) > 0] or [1.0]
    bottom, top = min(peaks) / 5, max(peaks) * 1.4
    for i, (name, points) in enumerate(lines):
        shown = i in (0, len(lines) - 1) or (i == 1 and lines[0][0] == PARTS["head"])
        few = thin(points, POINTS_A_LINE)
        figure.add_scatter(
            x=[x for x, _ in few],
            y=[max(y, bottom / 10) for _, y in few],  # a log axis has no 0: it leaves by the bottom instead
            name=name,
            mode="lines",
            showlegend=shown,
            opacity=1.0 if shown else 0.6,
            line={"color": TRAINING, **_look(i, len(lines), shown)},
            hovertemplate=f"step %{{x:,}}: {name}, learning rate %{{y:.2g}}<extra></extra>",
        )
    ticks = [tick for power in range(-12, 3) for tick in (10.0**power, 3 * 10.0**power) if bottom <= tick <= top]
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text="learning rate", type="log", range=[math.log10(bottom), math.log10(top)])
    figure.update_yaxes(tickvals=ticks, ticktext=[plain_rate(tick) for tick in ticks])
    figure.update_layout(hovermode="closest")
    return figure


def _look(place: int, lines: int, shown: bool) -> dict[str, Any]:
    """Width and dash of a line by its place, from the classifier down."""
    if place == 0:
        return {"width": 4, "dash": "solid"}
    if place == lines - 1:
        return {"width": 2, "dash": "dash"}
    return {"width": 2 if shown else 1, "dash": "solid"}


def _together(rates: Mapping[str, Sequence[Point]]) -> list[tuple[str, Sequence[Point]]]:
    """Name and points of each line, from the classifier down to the embeddings; neighbours that move alike as one."""
    found: list[tuple[list[str], Sequence[Point]]] = []
    for group in sorted(rates, key=_depth):
        if found and found[-1][1] == rates[group]:
            found[-1][0].append(group)
        elif rates[group]:
            found.append(([group], rates[group]))
    return [(_line_name(groups), points) for groups, points in found]


def _line_name(groups: Sequence[str]) -> str:
    blocks = [group.removeprefix("block ") for group in groups if group.startswith("block ")]
    names = [safe(PARTS.get(group, group), 24) for group in groups if not group.startswith("block ")]
    if blocks:
        names.append(f"block {blocks[0]}" if len(blocks) == 1 else f"blocks {safe(blocks[-1])} to {safe(blocks[0])}")
    return " and ".join(names)


def _depth(group: str) -> tuple[int, int]:
    """Where a layer group stands, from the classifier down to the embeddings."""
    digits = "".join(c for c in group if c.isdigit())
    return {"head": 0, "top": 1, "embeddings": 3}.get(group, 2), -int(digits or 0)


def _fewer(lines: list[tuple[str, Sequence[Point]]]) -> list[tuple[str, Sequence[Point]]]:
    """At most MOST_LINES of them, evenly chosen: first, second and last stay."""
    if len(lines) <= MOST_LINES:
        return lines
    last = len(lines) - 1
    return [
        lines[i] for i in sorted({0, *(1 + round(k * (last - 1) / (MOST_LINES - 2)) for k in range(MOST_LINES - 1))})
    ]


def blocks_picture(
    blocks: Sequence[tuple[str, bool]], rates: Mapping[str, float] | None = None, highest: float = 0.0
) -> go.Figure:
    """The model as a row of boxes, input side first: what stays as it was, and what learns.

    rates: learning rate now by layer group; the nearer to `highest`, the fuller the box. Without them all are full.
    """
    figure = figure_of("blocks", 150)
    names = [safe(name, 24) for name, _ in blocks]
    speeds = {PARTS.get(group, group): rate for group, rate in (rates or {}).items()}
    of_each = [speeds.get(name) for name, _ in blocks]
    hatch = {"shape": "/", "size": 8, "solidity": 0.15, "fillmode": "overlay", "fgcolor": CLEAR_GREY}
    still, moving = ([i for i, (_, moves) in enumerate(blocks) if moves == wanted] for wanted in (False, True))
    heights = [_height(of_each[i], highest) for i in moving]
    said = [f"{names[i]}: learns{_speed(of_each[i])}" for i in moving]
    _boxes(figure, still, [1.0] * len(still), {"color": "rgba(128,144,152,0.20)", "pattern": hatch})
    _write(figure, "stays as it was", names, [f"{names[i]}: stays as it was" for i in still], STILL_TEXT)
    _boxes(figure, moving, [1.0] * len(moving), {"color": FAINT})
    figure.data[-1].update(showlegend=False, hoverinfo="skip")
    _boxes(figure, moving, heights, {"color": TRAINING})
    _write(figure, "learns", names, said, "#FFFFFF")
    figure.update_xaxes(visible=False, fixedrange=True, range=[-0.6, len(blocks) - 0.4])
    figure.update_yaxes(visible=False, fixedrange=True, range=[0, 1.02])
    figure.update_layout(barmode="overlay", margin={"l": 0, "r": 0, "t": 30, "b": 4}, hovermode="closest")
    return figure


def _boxes(figure: go.Figure, places: Sequence[int], heights: Sequence[float], marker: dict[str, Any]) -> None:
    look = {**marker, "line": {"width": 0}, "cornerradius": 5}
    figure.add_bar(x=places, y=heights, width=0.86, marker=look, showlegend=bool(places))


def _write(figure: go.Figure, title: str, names: Sequence[str], said: Sequence[str], colour: str) -> None:
    """The words in the boxes drawn last, and those on hover."""
    boxes = figure.data[-1]
    boxes.update(
        name=title,
        customdata=said,
        text=[_box_text(names[i], len(names)) for i in boxes.x],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": colour, "size": 13},
        constraintext="none",
        hovertemplate="%{customdata}<extra></extra>",
    )


def _height(rate: float | None, highest: float) -> float:
    """How full a box is, by powers of ten below the highest rate."""
    if rate is None or highest <= 0:
        return 1.0
    below = math.log10(highest / rate) if rate > 0 else DECADES
    return LOWEST_BOX + (1 - LOWEST_BOX) * min(1.0, max(0.0, 1 - below / DECADES))


def _speed(rate: float | None) -> str:
    return "" if rate is None else f", learning rate now {plain_rate(rate)}"


def plain_rate(rate: float) -> str:
    """Two digits that count, without powers of ten: 0.000066."""
    if rate <= 0:
        return "0"
    text = f"{rate:.{max(1, 1 - math.floor(math.log10(rate)))}f}"
    return text.rstrip("0").rstrip(".")


def _box_text(name: str, boxes: int) -> str:
    """What fits in a box: a name where there is room, else the number in it."""
    digits = "".join(c for c in name if c.isdigit())
    if digits and boxes > 6:
        return digits
    return name if len(name) * boxes <= 90 else name[:4] if boxes <= 20 else ""
