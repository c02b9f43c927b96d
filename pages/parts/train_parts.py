"""What the Train screen draws: phases, bar, charts that grow, the picture of the model, and how a training ended."""

from __future__ import annotations

import html
import time
from functools import lru_cache
from pathlib import Path

import streamlit as st

from pages.parts import charts, problems, shell, state, words
from pages.parts.live import LiveView, expected_phases, patience_of, read_live
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.jobs import JobState
from tlcore.models.bases import BASES
from tlcore.strategies import get_strategy
from tlcore.workspace import Project

PATIENCE_SECONDS = 5.0
"""A cancelled training that is still there after this is ended from outside."""

TFIDF = "tfidf"


def view_of(run: Path) -> LiveView:
    """What the run has said so far."""
    plan = read_json(run / "plan.json", {}) or {}
    return read_live(run, phases_of(str(plan.get("strategy"))), patience_of(plan))


@lru_cache
def phases_of(name: str) -> tuple[str, ...]:
    """The phases to expect of a strategy, whether or not this version of Nudge still has it."""
    try:
        return expected_phases(get_strategy(name))
    except TlcoreError:
        return expected_phases(None)


def wish(run: Path) -> tuple[str, float]:
    """What the user asked a run to do, `keep`, `cancel` or "", and how many seconds ago."""
    path = run / jobs.STOP
    try:
        return path.read_text(encoding="utf-8").strip() or "keep", time.time() - path.stat().st_mtime
    except OSError:
        return "", 0.0


def insist(run: Path, job: JobState) -> None:
    """End a cancelled worker that does not answer. One that keeps its best is left to finish: it still has to pack."""
    asked, seconds = wish(run)
    if job.alive and asked == "cancel" and seconds > PATIENCE_SECONDS:
        jobs.end_process(run)


def sentence(view: LiveView, job: JobState, asked: str) -> str:
    """The line above everything else while a training is alive."""
    if asked == "cancel":
        return "Cancelling."
    if asked == "keep":
        return f"Stopping, and keeping the best so far. {view.now}"
    if job.state == "waiting" or view.waiting:
        return "Waiting for another training on this computer. This one begins by itself as soon as that one ends."
    return view.now


def phase_line(view: LiveView) -> None:
    """The phases, done, here and still to come, in one thin line."""
    marks = {"done": "✓", "here": "●", "todo": "○"}
    looks = {
        "done": "opacity:.75",
        "here": "font-weight:600;color:var(--st-primary-color,#0B6E8A)",
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


def progress(view: LiveView) -> None:
    """Phases, bar, and the numbers under it."""
    phase_line(view)
    st.progress(view.fraction)
    left = view.left_text or ("" if view.waiting or view.finished else "time left: measuring")
    speed = view.texts_per_second and f"{view.texts_per_second:,.0f} texts a second"
    memory = view.memory_mb and f"{words.megabytes(view.memory_mb)} of memory"
    st.caption(" · ".join(part for part in (left, speed, memory, view.stopping_rule) if part))


def graphs(view: LiveView, run: Path) -> None:
    """The charts for which there are points, side by side where there are two."""
    tfidf = dict(view.baselines).get(TFIDF)
    drawn = []
    if view.loss or view.validation_loss:
        drawn.append(
            ("How wrong it is: the loss, lower is better", "loss", charts.loss_chart(view.loss, view.validation_loss))
        )
    if view.f1:
        drawn.append(("How good it is: macro-F1, higher is better", "f1", charts.f1_chart(view.f1, tfidf)))
    if view.curve:
        title = "How good it is with fewer labels: macro-F1, higher is better"
        drawn.append((title, "curve", charts.f1_chart(view.curve, tfidf, "labels used")))
    for column, (title, name, figure) in zip(st.columns(len(drawn)) if drawn else [], drawn, strict=True):
        with column:
            st.markdown(f"**{title}**")
            st.plotly_chart(figure, key=f"{name}-{run.name}", config=charts.CONFIG, alt=title)


def picture(view: LiveView, run: Path, alive: bool) -> None:
    """The model's blocks: what stays as it was, what learns. From the events, else from the plan."""
    blocks = view.blocks or _planned_blocks(run)
    if not blocks:
        return
    moving = sum(moves for _, moves in blocks)
    verb = ("learns now" if moving == 1 else "learn now") if alive else "learned"
    st.markdown(f"**The model: {moving} of its {len(blocks)} parts {verb}**")
    alt = "The parts of the model, input side first; those that learn are filled, the others are hatched."
    st.plotly_chart(charts.blocks_picture(blocks), key=f"blocks-{run.name}", config=charts.CONFIG, alt=alt)


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


def said(view: LiveView) -> None:
    """What was chosen on the way, and the notes of the job; the words in them may be the user's."""
    if view.choices:
        text = "; ".join(f"{what}: {chosen}" for what, chosen in view.choices)
        st.markdown(f"Chosen by cross-validation: {words.escape_md(text)}")
    problems.warnings([text for level, text in view.notes if level == "warning"])
    if infos := [text for level, text in view.notes if level != "warning"]:
        with st.expander("Notes"):
            st.text("\n".join(infos))


def buttons(run: Path, asked: str) -> None:
    """Stop and keep, or cancel; cancelling asks once more."""
    if asked:
        if asked == "keep" and wish(run)[1] > PATIENCE_SECONDS:
            st.caption("The best so far is being packed and checked. Ending it now would lose it.")
            st.button("End it now", key="end", on_click=_cancel, args=(run,))
    elif state.recall("cancel") == run.name:
        st.warning("Cancel this training? What it has learned so far is thrown away.")
        with st.container(horizontal=True):
            st.button("Yes, cancel it", key="cancel-yes", on_click=_cancel, args=(run,))
            st.button("No, go on", key="cancel-no", on_click=state.forget, args=("cancel",))
    else:
        with st.container(horizontal=True):
            about = "Ends early; the best model so far is tested and packed."
            st.button("Stop and keep the best", key="stop", help=about, on_click=jobs.request_stop, args=(run, True))
            st.button("Cancel", key="cancel", type="tertiary", on_click=state.remember, args=("cancel", run.name))


def _cancel(run: Path) -> None:
    state.forget("cancel")
    jobs.request_stop(run, keep=False)


def ended(project: Project, run: Path, job: JobState, view: LiveView) -> None:
    """How it ended, what to do now, and the one primary button."""
    kept = (run / "report.json").exists()
    if job.state in ("done", "stopped") and kept:
        how = "The training is done." if job.state == "done" else "You stopped the training; the best so far was kept."
        shell.answer(f"{how} It took {words.duration(view.worked)}.")
        if shell.primary("See how good it is"):
            state.go("results", run=run.name)
        return
    if job.state in ("cancelled", "stopped") or (job.state == "lost" and wish(run)[0] == "cancel"):
        shell.answer("You ended the training before there was anything to keep.")
        st.text("Your data and your plan are as they were.")
    elif job.state == "failed":
        unknown = TlcoreError(
            "The training failed without saying why.", "", "Start again. If it fails again, see below."
        )
        problems.problem(job.error or unknown, jobs.log_tail(run) or None)
    else:
        problems.problem(
            TlcoreError(
                "The training stopped unexpectedly.",
                f"phase “{view.phases[[p.state for p in view.phases].index('here')].title}”"
                if view.phase in view.order
                else "",
                "Nothing you entered is lost. Something ended its process: the computer slept or was short of memory, "
                "or somebody ended it. Close other programs and start again.",
            ),
            jobs.log_tail(run) or None,
        )
    if shell.primary("Start again"):
        start_again(project, run)
    st.page_link(state.PAGES["plan"], label="Change the plan", query_params={state.PROJECT: project.id})


def start_again(project: Project, run: Path) -> None:
    """A new run from the same plan and the same data; the old one stays as it is."""
    from tlcore.datasets import load_dataset
    from tlcore.runs import create_run, load_plan

    with st.spinner("Starting"):
        folder = create_run(project.new_run_folder(), load_dataset(run / "dataset"), load_plan(run))
        jobs.start_job(folder)
    state.save(project, run=folder.name)
    state.go("train", run=folder.name)
