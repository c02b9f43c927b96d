"""The figures of Nudge, from plain numbers to Plotly. No Streamlit here; users' words are escaped."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

TRAINING, VALIDATION, TFIDF, MAJORITY, MODEL = "#2A8CC9", "#D55E00", "#B8679A", "#8B979E", "#009E73"
"""After Okabe and Ito: told apart by colour-blind eyes, at least 3:1 on white and on the dark background alike."""
STILL, STILL_TEXT = "#9FB1BC", "#768791"
BASELINES = {
    "majority": ("Always the largest class", MAJORITY),
    "tfidf": ("Counting words (TF-IDF)", TFIDF),
}
"""The simple methods by name: what they do, and their colour on every screen."""

MOST_POINTS = 800
MOST_CLASSES = 20
CLEAR = "rgba(0,0,0,0)"
CLEAR_GREY = "rgba(128,144,152,0.45)"
GRID = "rgba(128,144,152,0.22)"
CONFIG = {"displayModeBar": False, "responsive": True}
"""How every figure is shown: no floating tools."""

Point = tuple[float, float]


def safe(text: object, most: int = 40) -> str:
    """A user's words for a figure: shortened, on one line, and never read as markup."""
    words = " ".join(str(text).split())
    short = words if len(words) <= most else words[: most - 1] + "…"
    return html.escape(short).replace("$", "&#36;")


def thin(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most `most` points that look the same: the lowest and the highest of each bucket, the first and the last."""
    if len(points) <= most:
        return list(points)
    inner, buckets = points[1:-1], (most - 2) // 2
    kept = [points[0]]
    for i in range(buckets):
        bucket = inner[i * len(inner) // buckets : (i + 1) * len(inner) // buckets]
        if bucket:
            low = min(range(len(bucket)), key=lambda k: bucket[k][1])
            high = max(range(len(bucket)), key=lambda k: bucket[k][1])
            kept.extend(bucket[k] for k in sorted({low, high}))
    return [*kept, points[-1]]


def loss_chart(training: Sequence[Point], validation: Sequence[Point]) -> go.Figure:
    """The loss on the training rows and, where it was measured, on the validation rows."""
    figure = _figure("loss", 260)
    _line(figure, training, "training rows", TRAINING, "step %{x:,}: loss %{y:.3f}", markers=False)
    _line(figure, validation, "validation rows", VALIDATION, "step %{x:,}: loss %{y:.3f}", markers=True)
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text="loss", rangemode="tozero")
    return figure


def f1_chart(points: Sequence[Point], tfidf: float | None, x_title: str = "step") -> go.Figure:
    """macro-F1 on the validation rows as training goes on, or as labels grow, above the TF-IDF line it has to beat."""
    figure = _figure(f"f1-{x_title}", 260)
    _line(
        figure,
        points,
        "your model",
        VALIDATION,
        f"{x_title} %{{x:,}}: macro-F1 %{{y:.3f}}",
        markers=True,
    )
    end = max((x for x, _ in points), default=0.0) or 1.0
    if tfidf is not None:
        name, colour = BASELINES["tfidf"]
        figure.add_scatter(
            x=[0.0, end],
            y=[tfidf, tfidf],
            mode="lines",
            name=name,
            line={"color": colour, "width": 2, "dash": "dot"},
            hovertemplate=f"{name}: macro-F1 %{{y:.3f}}<extra></extra>",
        )
    values = [y for _, y in points] + ([tfidf] if tfidf is not None else [])
    floor = max(0.0, min(values) - 0.05) if values else 0.0
    figure.update_xaxes(title_text=x_title, rangemode="tozero")
    figure.update_yaxes(title_text="macro-F1", range=[floor, min(1.005, max(values, default=1.0) + 0.05)])
    return figure


def blocks_picture(blocks: Sequence[tuple[str, bool]]) -> go.Figure:
    """The model as a row of boxes, input side first: what stays as it was, and what learns."""
    figure = _figure("blocks", 150)
    names = [safe(name, 24) for name, _ in blocks]
    for moves, title, colour, pattern in (
        (False, "stays as it was", "rgba(128,144,152,0.20)", "/"),
        (True, "learns", TRAINING, ""),
    ):
        hatch = {"shape": pattern, "size": 8, "solidity": 0.15, "fillmode": "overlay", "fgcolor": CLEAR_GREY}
        at = [i for i, (_, moving) in enumerate(blocks) if moving == moves]
        figure.add_bar(
            x=at,
            y=[1] * len(at),
            width=0.86,
            name=title,
            showlegend=bool(at),
            customdata=[names[i] for i in at],
            marker={"color": colour, "pattern": hatch, "line": {"width": 0}, "cornerradius": 5},
            text=[_box_text(names[i], len(blocks)) for i in at],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": "#FFFFFF" if moves else STILL_TEXT, "size": 13},
            constraintext="none",
            hovertemplate=f"%{{customdata}}: {title}<extra></extra>",
        )
    figure.update_xaxes(visible=False, fixedrange=True, range=[-0.6, len(blocks) - 0.4])
    figure.update_yaxes(visible=False, fixedrange=True, range=[0, 1.02])
    figure.update_layout(barmode="overlay", margin={"l": 0, "r": 0, "t": 30, "b": 4}, hovermode="closest")
    return figure


def _box_text(name: str, boxes: int) -> str:
    """What fits in a box: a name where there is room, else the number in it."""
    digits = "".join(c for c in name if c.isdigit())
    if digits and boxes > 6:
        return digits
    return name if len(name) * boxes <= 90 else name[:4] if boxes <= 20 else ""


def score_chart(model: Mapping[str, Any], baselines: Mapping[str, Mapping[str, Any]]) -> go.Figure:
    """macro-F1 with its interval: the model beside the simple methods, one row each."""
    rows = [("Your model", MODEL, model)]
    rows += [
        (title, colour, baselines[name]) for name, (title, colour) in reversed(BASELINES.items()) if baselines.get(name)
    ]
    figure = _figure("score", 66 + 44 * len(rows))
    shown = [(title, colour, scores) for title, colour, scores in rows if scores.get("macro_f1") is not None]
    for title, colour, scores in shown:
        value = float(scores["macro_f1"])
        low, high = scores.get("macro_f1_low"), scores.get("macro_f1_high")
        span, bars = "no interval", None
        if low is not None and high is not None:
            span = f"{low:.3f} to {high:.3f}"
            ends = {"array": [high - value], "arrayminus": [value - low]}
            bars = {"type": "data", "symmetric": False, "color": colour, "thickness": 3, "width": 7, **ends}
        figure.add_scatter(
            x=[value],
            y=[title],
            mode="markers",
            marker={"color": colour, "size": 15 if scores is model else 11},
            showlegend=False,
            error_x=bars,
            hovertemplate=f"{title}: macro-F1 {value:.3f} ({span})<extra></extra>",
        )
        figure.add_annotation(
            x=value if high is None else high,
            y=title,
            text=f"{value:.2f}",
            showarrow=False,
            xanchor="left",
            xshift=14,
            font={"color": colour, "size": 14},
        )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ", tickfont={"size": 13}, fixedrange=True)
    figure.update_xaxes(title_text="macro-F1 on the test rows, with the 95% interval", range=[0, 1.08], fixedrange=True)
    figure.update_layout(hovermode="closest")
    return figure


def class_bars(per_class: Sequence[Mapping[str, Any]]) -> go.Figure:
    """F1 of each class, weakest first; with very many classes only the weakest."""
    known = sorted((c for c in per_class if c.get("f1") is not None), key=lambda c: float(c["f1"]))[:MOST_CLASSES]
    figure = _figure("classes", 70 + 26 * max(1, len(known)))
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
    figure = _figure("confusion", 150 + max(38, 26) * size if size <= 12 else 170 + 24 * size)
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
    figure = _figure("confidence", 24 + 34 * max(1, len(answers)))
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


def _figure(name: str, height: int) -> go.Figure:
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


def _line(figure: go.Figure, points: Sequence[Point], name: str, colour: str, hover: str, *, markers: bool) -> None:
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
