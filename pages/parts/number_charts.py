"""The figures of numbers: truth beside answer, one number on the range that was seen, how numbers spread. No Streamlit here."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from pages.parts.charts import GRID, MODEL, STILL_TEXT, TRAINING, figure_of

MOST_DOTS = 800
BINS = 20


def truth_and_answer(truth: Sequence[float], answers: Sequence[float]) -> go.Figure:
    """A dot a text, and the line on which both are equal; of very many texts every so many."""
    every = -(-len(truth) // MOST_DOTS) or 1
    x, y = list(truth)[::every], list(answers)[::every]
    low, high = min([*x, *y], default=0.0), max([*x, *y], default=1.0)
    room = 0.04 * ((high - low) or 1.0)
    span = [low - room, high + room]
    figure = figure_of("scatter", 420)
    figure.add_scatter(
        x=span, y=span, mode="lines", line={"color": STILL_TEXT, "width": 1, "dash": "dot"}, hoverinfo="skip", showlegend=False
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=y, mode="markers", marker={"color": MODEL, "size": 8, "opacity": 0.45}, showlegend=False,
        hovertemplate="truth %{x}, answer %{y}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title_text="the truth", range=span, fixedrange=True)
    figure.update_yaxes(title_text="the model's answer", range=span, fixedrange=True)
    figure.update_layout(hovermode="closest")
    return figure


def on_a_scale(value: float, ends: tuple[float, float], seen: tuple[float, float]) -> go.Figure:
    """One answer and its range, on the range of all numbers that were seen."""
    figure = figure_of("number", 110)
    figure.add_scatter(
        x=list(seen), y=[0, 0], mode="lines", line={"color": GRID, "width": 10}, hoverinfo="skip", showlegend=False
    )  # fmt: skip
    figure.add_scatter(
        x=list(ends), y=[0, 0], mode="lines", line={"color": MODEL, "width": 10}, opacity=0.35, hoverinfo="skip", showlegend=False
    )  # fmt: skip
    figure.add_scatter(
        x=[value], y=[0], mode="markers", marker={"color": MODEL, "size": 20}, showlegend=False,
        hovertemplate=f"%{{x}} ({ends[0]:g} to {ends[1]:g})<extra></extra>", cliponaxis=False,
    )  # fmt: skip
    room = 0.03 * ((seen[1] - seen[0]) or 1.0)
    figure.update_xaxes(range=[seen[0] - room, seen[1] + room], fixedrange=True, showgrid=False)
    figure.update_yaxes(visible=False, range=[-1, 1], fixedrange=True)
    figure.update_layout(hovermode="closest", margin={"l": 8, "r": 8, "t": 4, "b": 4})
    return figure


def spread(values: Sequence[float]) -> go.Figure:
    """How many rows have which number: a bar a number where few are different, else in equal steps."""
    figure = figure_of("spread", 260)
    distinct = sorted(set(values))
    if len(distinct) <= BINS:
        figure.add_bar(
            x=[f"{one:g}" for one in distinct], y=[sum(value == one for value in values) for one in distinct],
            marker={"color": TRAINING, "cornerradius": 4}, showlegend=False, hovertemplate="%{x}: %{y:,} rows<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(type="category")
    else:
        step = (distinct[-1] - distinct[0]) / BINS
        counts = [0] * BINS
        for value in values:
            counts[min(BINS - 1, int((value - distinct[0]) / step))] += 1
        starts = [distinct[0] + i * step for i in range(BINS)]
        figure.add_bar(
            x=[start + step / 2 for start in starts], y=counts, width=step * 0.9, marker={"color": TRAINING, "cornerradius": 4},
            customdata=[f"{start:.3g} to {start + step:.3g}" for start in starts], showlegend=False,
            hovertemplate="%{customdata}: %{y:,} rows<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title_text="number", fixedrange=True)
    figure.update_yaxes(title_text="rows", fixedrange=True, rangemode="tozero")
    figure.update_layout(hovermode="closest", bargap=0.28)
    return figure
