"""Two quiet bar charts of what the data looks like. No Streamlit here; users' words are escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from pages.parts.charts import GRID, TRAINING, safe
from tlcore.order import BUCKETS

MOST_CLASSES = 30


def balance_chart(classes: Mapping[str, int]) -> go.Figure:
    """Rows of each class, largest on top; the smallest beyond what fits are left to the table."""
    shown = list(classes.items())[:MOST_CLASSES]
    names = [safe(label, 28) for label, _ in shown]
    figure = go.Figure(
        go.Bar(
            x=[count for _, count in shown],
            y=list(range(len(shown))),
            orientation="h",
            marker={"color": TRAINING, "cornerradius": 4},
            text=[f"{count:,}" for _, count in shown],
            textposition="outside",
            cliponaxis=False,
            customdata=names,
            hovertemplate="%{customdata}: %{x:,} rows<extra></extra>",
        )
    )
    figure.update_yaxes(tickvals=list(range(len(shown))), ticktext=names, autorange="reversed", fixedrange=True)
    figure.update_xaxes(visible=False, fixedrange=True)
    return _calm(figure, 60 + 28 * len(shown))


def length_chart(lengths: Sequence[int]) -> go.Figure:
    """How many texts are how long, in words."""
    starts = [1, *(end + 1 for end in BUCKETS)]
    names = [f"{low}–{high}" for low, high in zip(starts, BUCKETS, strict=False)] + [f"over {BUCKETS[-1]}"]
    last = max((i for i, count in enumerate(lengths) if count), default=0) + 1
    figure = go.Figure(
        go.Bar(
            x=names[:last],
            y=list(lengths[:last]),
            marker={"color": TRAINING, "cornerradius": 4},
            hovertemplate="%{x} words: %{y:,} texts<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="words in a text", type="category", fixedrange=True)
    figure.update_yaxes(title_text="texts", gridcolor=GRID, fixedrange=True, rangemode="tozero")
    return _calm(figure, 260)


def _calm(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 48, "t": 12, "b": 8},
        showlegend=False,
        bargap=0.28,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure
