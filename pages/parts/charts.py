"""The colours and the ground of every figure, and those of a trained model; those of training lie in train_charts.

From plain numbers to Plotly, no Streamlit here; users' words are escaped.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from pages.parts.metrics import USUAL, Metric
from pages.parts.points import Point, thin

TRAINING, VALIDATION, TFIDF, MAJORITY, MODEL = "#2A8CC9", "#D55E00", "#B8679A", "#8B979E", "#009E73"
"""After Okabe and Ito: told apart by colour-blind eyes, at least 3:1 on white and on the dark background alike."""
STILL, STILL_TEXT = "#9FB1BC", "#768791"
BASELINES = {
    "majority": ("Always the largest class", MAJORITY),
    "tfidf": ("Counting words (TF-IDF)", TFIDF),
    "lookup": ("Looking up words seen before", TFIDF),
    "nearest": ("The sentence most like the question", TFIDF),
    "untuned": ("The language model as it came", TFIDF),
    "copy": ("The text as it is", MAJORITY),
    "text_alone": ("Your model, text alone", TRAINING),
    "image_alone": ("Your model, picture alone", VALIDATION),
}
"""The simple methods by name: what they do, and their colour on every screen."""

TUNED, DESCRIBED = "#7A6BC0", "#A0812F"
ALWAYS = {"micro_f1": "Always the commonest labels", "mae": "Always the median"}
"""The simplest method, where it is not the largest class."""

MOST_CLASSES = 20
CLEAR = "rgba(0,0,0,0)"
CLEAR_GREY = "rgba(128,144,152,0.45)"
GRID = "rgba(128,144,152,0.22)"
CONFIG = {"displayModeBar": False, "responsive": True}
"""How every figure is shown: no floating tools."""


def safe(text: object, most: int = 40) -> str:
    """A user's words for a figure: shortened, on one line, and never read as markup."""
    words = " ".join(str(text).split())
    short = words if len(words) <= most else words[: most - 1] + "…"
    return html.escape(short).replace("$", "&#36;")


def baselines_of(metric: Metric) -> dict[str, tuple[str, str]]:
    """The simple methods that a score stands beside, by name: what they do, and their colour."""
    more = {"tfidf_tuned": ("Counting words, tuned", TUNED), "earlier": ("Describing the labels", DESCRIBED)}
    found = {**BASELINES, **more}
    return found | {"majority": (ALWAYS.get(metric.name, BASELINES["majority"][0]), MAJORITY)}


def score_chart(
    model: Mapping[str, Any], baselines: Mapping[str, Mapping[str, Any]], metric: Metric = USUAL
) -> go.Figure:
    """The heading score with its interval: the model beside the simple methods, one row each."""
    rows = [("Your model", MODEL, model)]
    rows += [
        (title, colour, baselines[name])
        for name, (title, colour) in reversed(baselines_of(metric).items())
        if baselines.get(name)
    ]
    figure = figure_of("score", 66 + 44 * len(rows))
    shown = [(title, colour, scores) for title, colour, scores in rows if scores.get(metric.name) is not None]
    for title, colour, scores in shown:
        value = float(scores[metric.name])
        low, high = scores.get(f"{metric.name}_low"), scores.get(f"{metric.name}_high")
        told, bars = "no interval", None
        if low is not None and high is not None:
            told = f"{metric.exact(low)} to {metric.exact(high)}"
            both = {"array": [high - value], "arrayminus": [value - low]}
            bars = {"type": "data", "symmetric": False, "color": colour, "thickness": 3, "width": 7, **both}
        figure.add_scatter(
            x=[value],
            y=[title],
            mode="markers",
            marker={"color": colour, "size": 15 if scores is model else 11},
            showlegend=False,
            error_x=bars,
            hovertemplate=f"{title}: {metric.title} {metric.exact(value)} ({told})<extra></extra>",
        )
        figure.add_annotation(
            x=value if high is None else high,
            y=title,
            text=metric.short(value),
            showarrow=False,
            xanchor="left",
            xshift=14,
            font={"color": colour, "size": 14},
        )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ", tickfont={"size": 13}, fixedrange=True)
    ends = [float(scores.get(f"{metric.name}_high") or scores[metric.name]) for _, _, scores in shown]
    span = [0, 1.08 * metric.top] if metric.top else [0, 1.2 * max(ends, default=1.0)]
    about = f"{metric.title} on the test rows, with the 95% interval"
    figure.update_xaxes(
        title_text=about if metric.higher else f"{about} ({metric.better})", range=span, fixedrange=True
    )
    figure.update_layout(hovermode="closest")
    return figure


def class_bars(per_class: Sequence[Mapping[str, Any]]) -> go.Figure:
    """F1 of each class, weakest first; with very many classes only the weakest."""
    known = sorted((c for c in per_class if c.get("f1") is not None), key=lambda c: float(c["f1"]))[:MOST_CLASSES]
    figure = figure_of("classes", 70 + 26 * max(1, len(known)))
    figure.add_bar(
        x=[float(c["f1"]) for c in known],
        y=list(range(len(known))),
        orientation="h",
        marker={"color": MODEL},
        showlegend=False,
        customdata=[[safe(c.get("label"), 80), f"{c.get('right')} of {c.get('rows')} found"] for c in known],
        text=[f"{float(c['f1']):.2f}" for c in known],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{customdata[0]}: F1 %{x:.3f}, %{customdata[1]}<extra></extra>",
    )
    names = [safe(c.get("label"), 28) + "  " for c in known]
    figure.update_yaxes(
        tickvals=list(range(len(known))),
        ticktext=names,
        tickfont={"size": 13},
        autorange="reversed",
        showgrid=False,
        fixedrange=True,
    )
    figure.update_xaxes(title_text="F1", range=[0, 1.08], fixedrange=True)
    figure.update_layout(hovermode="closest", bargap=0.35)
    return figure


def confusion_map(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> go.Figure:
    """Rows are the truth, columns the answers; right answers in the model's colour, mistakes in the warning one."""
    size = len(labels)
    figure = figure_of("confusion", 150 + max(38, 26) * size if size <= 12 else 170 + 24 * size)
    names = [safe(label, 22) for label in labels]
    sums = [sum(row) or 1 for row in matrix]
    for right, scale in ((True, ("#BFE6D9", MODEL)), (False, ("#F8DCCB", VALIDATION))):
        z = [
            [n / sums[i] if n and (i == j) == right else None for j, n in enumerate(row)]
            for i, row in enumerate(matrix)
        ]
        figure.add_heatmap(
            z=z,
            x=list(range(size)),
            y=list(range(size)),
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            colorscale=[[0, scale[0]], [1, scale[1]]],
            textfont={"color": "#10201B"},
            customdata=[
                [[safe(labels[i], 60), safe(labels[j], 60), n] for j, n in enumerate(row)]
                for i, row in enumerate(matrix)
            ],
            text=[
                [f"{n:,}" if n and (i == j) == right else "" for j, n in enumerate(row)] for i, row in enumerate(matrix)
            ],
            texttemplate="%{text}" if size <= 20 else None,
            hovertemplate="truth %{customdata[0]}, answer %{customdata[1]}: %{customdata[2]} rows<extra></extra>",
        )
    ticks = {"tickvals": list(range(size)), "showgrid": False, "fixedrange": True, "zeroline": False}
    figure.update_xaxes(
        title_text="the model's answer",
        side="top",
        tickangle=-45 if size > 4 else 0,
        range=[-0.5, size - 0.5],
        ticktext=[safe(label, 16) for label in labels],
        **ticks,
    )
    figure.update_yaxes(title_text="the truth", range=[size - 0.5, -0.5], ticktext=names, **ticks)
    figure.update_layout(hovermode="closest", margin={"l": 8, "r": 70, "t": 40, "b": 8})
    return figure


def confidence_bars(answers: Sequence[tuple[str, float]]) -> go.Figure:
    """How sure the model is of each answer, surest first."""
    figure = figure_of("confidence", 24 + 34 * max(1, len(answers)))
    figure.add_bar(
        x=[share for _, share in answers],
        y=list(range(len(answers))),
        orientation="h",
        showlegend=False,
        marker={"color": [MODEL if i == 0 else STILL for i in range(len(answers))], "cornerradius": 4},
        customdata=[safe(label, 80) for label, _ in answers],
        text=[f"{share:.0%}" for _, share in answers],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{customdata}: %{x:.1%}<extra></extra>",
    )
    names = [safe(label, 32) + "  " for label, _ in answers]
    figure.update_yaxes(
        tickvals=list(range(len(answers))),
        ticktext=names,
        tickfont={"size": 13},
        autorange="reversed",
        showgrid=False,
        fixedrange=True,
    )
    figure.update_xaxes(visible=False, range=[0, 1.12], fixedrange=True)
    figure.update_layout(hovermode="closest", bargap=0.3, margin={"l": 8, "r": 8, "t": 4, "b": 4})
    return figure


def label_bars(labels: Sequence[tuple[str, float, float]]) -> go.Figure:
    """How likely each label is (name, probability, threshold); those that are given in the model's colour, a mark at each threshold."""
    figure = confidence_bars([(name, share) for name, share, _ in labels])
    figure.data[0].marker.color = [MODEL if share >= cut else STILL for _, share, cut in labels]
    figure.add_scatter(
        x=[cut for _, _, cut in labels],
        y=list(range(len(labels))),
        mode="markers",
        marker={"symbol": "line-ns", "size": 18, "line": {"color": STILL_TEXT, "width": 2}},
        showlegend=False,
        hovertemplate="given from %{x:.0%} on<extra></extra>",
    )
    return figure


def figure_of(name: str, height: int) -> go.Figure:
    """An empty figure that suits light and dark, keeps zoom between ticks, and wastes no ink."""
    figure = go.Figure()
    figure.update_layout(
        height=height,
        uirevision=name,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        hovermode="x",
        dragmode=False,
        margin={"l": 8, "r": 8, "t": 26, "b": 8},
        font={"size": 13},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "xanchor": "left", "title": {"text": ""}},
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=GRID, zeroline=False, automargin=True)
    return figure


def line(figure: go.Figure, points: Sequence[Point], name: str, colour: str, hover: str, *, markers: bool) -> None:
    few = thin(points)
    if few:
        figure.add_scatter(
            x=[x for x, _ in few],
            y=[y for _, y in few],
            name=name,
            mode="lines+markers" if markers else "lines",
            line={"color": colour, "width": 2},
            marker={"size": 7},
            cliponaxis=not markers,
            hovertemplate=hover + "<extra></extra>",
        )
