"""The quick trial on the Plan page: a bar while it runs, then what it says and the curve behind that."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from pages.parts import trying
from pages.parts.charts import CLEAR_GREY, CONFIG, MAJORITY, MODEL, TFIDF, figure_of, line
from pages.parts.prepared import Prepared
from pages.parts.problems import guard, problem
from pages.parts.words import escape_md
from tlcore import jobs
from tlcore.advise.trial import Trial
from tlcore.advise.verdict import Verdict, next_labels
from tlcore.errors import TlcoreError
from tlcore.workspace import Project

TICK = 1.0
STEPS = 12
"""Points of the curve that is drawn beyond the rows there are."""
BAND = "rgba(0,158,115,0.18)"


def show(project: Project, found: Prepared) -> None:
    """What a trial of these rows says; nothing where they cannot be tried."""
    if not trying.suits(found.facts, found.task):
        return
    st.subheader("What a quick trial on your rows says", anchor=False)
    seen = trying.look(project, found)
    if seen.trial and seen.verdict:
        _say(seen.verdict)
        _chart(seen.trial)
        return
    alive = seen.state.alive
    st.fragment(run_every=TICK if alive else None)(_follow)(project, found, seen, alive)


def _follow(project: Project, found: Prepared, seen: trying.Look, was_alive: bool) -> None:
    """One look at the job; when it has ended, the whole page is drawn again."""
    with guard():
        now = jobs.job_state(seen.job)
        if now.alive:
            share, title = trying.progress(seen)
            st.progress(share, text=f"{title} …")
            st.caption("You need not wait for it.")
        elif not was_alive and not seen.waits:
            error = now.error or TlcoreError(
                "The trial stopped before it was done.", "", "Try again, or go on without it."
            )
            problem(error, jobs.log_tail(seen.job) or None)
            st.button("Try again", key="try-again", on_click=_again, args=(project, found))
        else:
            st.rerun()


def _again(project: Project, found: Prepared) -> None:
    trying.start(project, found)


def _say(verdict: Verdict) -> None:
    st.markdown(
        escape_md(verdict.headline),
        help="macro-F1: the mean over the classes of how many are found and how many of those found are right. In brackets: the 95 % interval. "
        "Counting words is TF-IDF with logistic regression, learnt from your rows alone.",
    )
    if verdict.doubts:
        st.warning(escape_md(verdict.doubts))
    if verdict.alarm:
        said = escape_md(" ".join((verdict.alarm, *verdict.reasons)))
        st.warning(said + "\n\nWhat may help:\n" + "\n".join(f"- {escape_md(offer)}" for offer in verdict.offers))
    if verdict.enough:
        st.success(escape_md(verdict.enough))
    st.markdown(
        escape_md(verdict.labels),
        help="Read from the learning curve below; the band is where four of five such gains end up.",
    )


def _chart(trial: Trial) -> None:
    figure = learning_curve(trial)
    alt = "Macro-F1 of a small classifier by the number of labelled rows, beside counting words"
    with st.expander("The learning curve behind it"):
        st.plotly_chart(figure, key="learning-curve", config=CONFIG, alt=alt)


def learning_curve(trial: Trial) -> go.Figure:
    """What was measured, with its band; what is expected of more labels; the simple methods as lines."""
    figure, curve = figure_of("learning", 300), trial.curve
    low, high = zip(*curve.spread(), strict=True)
    figure.add_scatter(
        x=list(trial.sizes), y=list(high), mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip"
    )
    figure.add_scatter(
        x=list(trial.sizes), y=list(low), mode="lines", line={"width": 0}, fill="tonexty", fillcolor=BAND,
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    measured = list(zip(map(float, trial.sizes), curve.middle(), strict=True))
    line(figure, measured, "Small classifier, measured", MODEL, "%{x:,} rows: macro-F1 %{y:.3f}", markers=True)
    end = trial.rows + next_labels(trial.rows)
    step = (end - trial.sizes[-1]) / STEPS
    ahead = [round(trial.sizes[-1] + i * step) for i in range(STEPS + 1)]
    figure.add_scatter(
        x=ahead, y=[curve.at(n) for n in ahead], mode="lines", name="expected",
        line={"color": MODEL, "width": 2, "dash": "dot"}, hovertemplate="%{x:,} rows: about %{y:.3f}<extra></extra>",
    )  # fmt: skip
    for name, colour, value in (
        ("Counting words (TF-IDF)", TFIDF, trial.tfidf),
        ("Always the largest class", MAJORITY, trial.majority),
    ):
        figure.add_scatter(
            x=[trial.sizes[0], end], y=[value, value], mode="lines", name=name, line={"color": colour, "width": 2, "dash": "dash"},
            hovertemplate=f"{name}: %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=trial.rows, line={"color": CLEAR_GREY, "width": 1, "dash": "dot"})
    figure.add_annotation(
        x=trial.rows,
        y=1.0,
        yref="paper",
        text="your rows now",
        showarrow=False,
        font={"size": 12},
        xanchor="right",
        xshift=-4,
    )
    figure.update_xaxes(title_text="labelled rows", fixedrange=True, rangemode="tozero")
    figure.update_yaxes(title_text="macro-F1", fixedrange=True, range=[0, 1.02])
    return figure
