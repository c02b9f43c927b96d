"""What the Train screen draws: phases, bar, charts that grow, the picture of the model. (Its ends: train_ends.)"""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import problems, shell, train_charts, words
from pages.parts.charts import BASELINES, CONFIG
from pages.parts.live import GOING_ON, LiveView, expected_phases, patience_of, read_live
from pages.parts.live_time import AFTER, BEFORE
from pages.parts.metrics import METRICS, USUAL
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.events import EVENTS
from tlcore.files import read_json
from tlcore.jobs import JobState
from tlcore.models.bases import BASES
from tlcore.strategies import get_strategy
from tlcore.strategies.then import job_phases_of
from tlcore.tasks import get_task


def view_of(run: Path) -> LiveView:
    """What the run has said so far."""
    plan = read_json(run / "plan.json", {}) or {}
    return read_live(run, plan_phases(plan), patience_of(plan))


def plan_phases(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """The phases to expect of a plan: also those of the way to train that follows, where one does."""
    if not plan.get("then") and "backend" not in (plan.get("settings") or {}):
        return phases_of(str(plan.get("strategy")), str(plan.get("task") or "classify"))
    try:
        return (*BEFORE, *job_phases_of(plan, get_strategy(str(plan.get("strategy")))), *AFTER)
    except TlcoreError:
        return expected_phases(None)


@lru_cache
def phases_of(name: str, task: str = "classify") -> tuple[str, ...]:
    """The phases to expect of a strategy, whether or not this version of Nudge still has it."""
    try:
        return (*BEFORE, *get_task(task).job_phases(get_strategy(name)), *AFTER)
    except TlcoreError:
        return expected_phases(None)


def waking(run: Path, job: JobState, view: LiveView) -> bool:
    """Whether a job that goes on has said nothing yet: what was said last is of before the pause."""
    try:
        said = (run / EVENTS).stat().st_mtime
    except OSError:
        return False
    return bool(view.seen) and (job.state == "queued" or said < job.started)


def sentence(view: LiveView, job: JobState, asked: str, waking: bool = False) -> str:
    """The line above everything else while a training is alive."""
    if asked == jobs.CANCEL:
        return "Cancelling."
    if asked == jobs.KEEP:
        return f"Stopping, and keeping the best so far. {view.now}"
    if asked == jobs.PAUSE:
        late = f"There was nothing left to pause: learning is over. {view.now}"
        return late if view.packing else "Pausing: keeping where it is."
    if waking:
        return GOING_ON
    if job.state == "waiting" or view.waiting:
        return "Waiting for another training on this computer. This one begins by itself as soon as that one ends."
    return view.now


def phase_line(view: LiveView) -> None:
    """The phases, done, here and still to come, in one thin line."""
    marks = {"done": "✓", "here": "●", "todo": "○"}
    looks = {
        "done": "opacity:.75",
        "here": "font-weight:600;color:light-dark(#0B6E8A,#9BDCF0)",
        "todo": "opacity:.5",
    }
    spoken = {"done": "done", "here": "now", "todo": "still to come"}
    items = "".join(
        f'<span role="listitem" style="{looks[p.state]}"><span aria-hidden="true">{marks[p.state]}</span> {html.escape(p.title)}'
        f'<span class="nudge-said">, {spoken[p.state]}</span></span>'
        for p in view.phases
    )
    st.html(
        "<style>.nudge-phases{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;font-size:.92rem}"
        ".nudge-said{position:absolute;left:-9999px}</style>"
        f'<div role="list" class="nudge-phases" aria-label="The phases of this training">{items}</div>'
    )


def how_far(view: LiveView) -> None:
    """The phases and the bar."""
    phase_line(view)
    st.progress(view.fraction)


def progress(view: LiveView, asked: str, waking: bool = False) -> None:
    """Phases, bar, and the numbers under it; none where it has just been asked to end, or has not said any yet."""
    how_far(view)
    if waking or asked == jobs.CANCEL or (asked == jobs.PAUSE and not view.packing):
        return
    left = view.left_text or ("" if view.waiting or view.finished else "time left: measuring")
    speed = view.texts_per_second and f"{view.texts_per_second:,.0f} texts a second"
    memory = view.memory_mb and f"{words.megabytes(view.memory_mb)} of memory"
    st.caption(" · ".join(part for part in (left, speed, memory, view.stopping_rule) if part))


def graphs(view: LiveView, run: Path) -> None:
    """The charts for which there are points, side by side where there are two."""
    metric = METRICS.get(view.metric, USUAL)
    scores = dict(view.baselines)
    name = next((one for one in BASELINES if one in scores and one != "majority"), "tfidf")
    beside = scores.get(name)
    drawn = []
    if view.perplexity:
        title = "How well it guesses words in your texts: perplexity, lower is better"
        drawn.append((title, "perplexity", train_charts.perplexity_chart(view.perplexity, view.perplexity_reading)))
    if view.loss or view.validation_loss:
        figure = train_charts.loss_chart(view.loss, view.validation_loss)
        drawn.append(("How wrong it is: the loss, lower is better", "loss", figure))
    if view.f1:
        figure = train_charts.f1_chart(view.f1, beside, metric=metric, name=name)
        drawn.append((f"How good it is: {metric.title}, {metric.better}", "f1", figure))
    if view.curve:
        title = f"How good it is with fewer labels: {metric.title}, {metric.better}"
        drawn.append((title, "curve", train_charts.f1_chart(view.curve, beside, "labels used", metric, name)))
    for column, (title, name, figure) in zip(st.columns(len(drawn)) if drawn else [], drawn, strict=True):
        with column:
            st.markdown(f"**{title}**")
            st.plotly_chart(figure, key=f"{name}-{run.name}", config=CONFIG, alt=title)


def guesses(view: LiveView) -> None:
    """How well the model guesses words of texts that it does not read, where it reads first."""
    if not view.perplexity:
        return
    first, best = view.perplexity[0][1], min(value for _, value in view.perplexity)
    since = f", from {first:,.0f}" if best < first else " so far"
    shell.term(
        f"Where a word is hidden in your texts, it wavers between about {best:,.0f} words{since}.",
        "Perplexity: e to the mean loss of a guess, on texts kept aside that it does not read. Among how many words it would "
        "have to choose blindly to be wrong as often.",
    )


def remembers(view: LiveView) -> None:
    """Whether training spoils what the model knew before, where the job looks after that."""
    now = view.remembered
    if now is None:
        return
    limit = (
        "" if view.similarity_limit is None else f" Below {words.percent(view.similarity_limit)} it learns more gently."
    )
    shell.term(
        f"It still sees general language {words.percent(now)} as it did before.",
        f"Forgetting, measured by linear CKA: how alike the model's pictures of everyday sentences are, before the training "
        f"and now ({words.score(now)}; 1 is the same).{limit}",
    )


def picture(view: LiveView, run: Path, alive: bool) -> None:
    """The model's blocks: what stays as it was, what learns, and while it does, how fast. From the events, else from the plan."""
    blocks = view.blocks or _planned_blocks(run)
    if not blocks:
        return
    moving = sum(moves for _, moves in blocks)
    verb = ("learns now" if moving == 1 else "learn now") if alive else "learned"
    now = view.rates_now if alive else {}
    highest = max((rate for points in view.rates.values() for _, rate in points), default=0.0)
    fuller = "The fuller a box, the larger the steps it takes at this moment: its learning rate." if now else None
    st.markdown(f"**The model: {moving} of its {len(blocks)} parts {verb}**", help=fuller)
    alt = "The parts of the model, input side first; those that learn are filled, the others are hatched."
    figure = train_charts.blocks_picture(blocks, now, highest)
    st.plotly_chart(figure, key=f"blocks-{run.name}", config=CONFIG, alt=alt)


def speeds(view: LiveView, run: Path) -> None:
    """How large the steps of each part of the model are, over the steps; nothing where there is no line to draw yet."""
    if max((len(points) for points in view.rates.values()), default=0) < 2:
        return
    about = (
        "The learning rate of each part of the model; the scale is logarithmic: each line is about three times the one below. "
        "The part that answers moves fastest, lower parts more carefully, so that what the model knows is not spoilt. A line begins "
        "where its part begins to learn."
    )
    st.markdown("**How large its steps are**", help=about)
    alt = "The learning rate of each part of the model over the steps, from the classifier down."
    st.plotly_chart(train_charts.rates_chart(view.rates), key=f"rates-{run.name}", config=CONFIG, alt=alt)


def _planned_blocks(run: Path) -> tuple[tuple[str, bool], ...]:
    plan = read_json(run / "plan.json", {}) or {}
    count = next((base.blocks for base in BASES if base.name == plan.get("base")), 0)
    try:
        return (
            tuple((block.name, block.moves) for block in get_strategy(str(plan.get("strategy"))).blocks(count))
            if count
            else ()
        )
    except TlcoreError:
        return ()


def said(view: LiveView, error: TlcoreError | None = None) -> None:
    """What was chosen on the way, and the notes of the job; the words in them may be the user's. `error`: already shown."""
    if view.choices:
        text = "; ".join(f"{what}: {chosen}" for what, chosen in view.choices)
        st.markdown(f"Chosen by cross-validation: {words.escape_md(text)}")
    problems.warnings([text for level, text in view.notes if level == "warning" and text != str(error)])
    if infos := [text for level, text in view.notes if level != "warning"]:
        with st.expander("Notes"):
            st.text("\n".join(infos))
