"""How good is it? The answer in a sentence, beside the simple methods; then classes, mix-ups and the wrong rows."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.parts import confirm_parts, problems, shell, state
from pages.parts import results_parts as parts
from pages.parts import unscored_parts as unscored
from pages.parts.earlier_parts import confirmed_sentences, earlier_sentences
from pages.parts.results_tasks import kind_of
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.told_asking import asking_sentences
from tlcore.told_reading import reading_sentence


def show() -> None:
    project, run = state.require_run()
    report: dict[str, Any] | None = read_json(run / "report.json")
    if not report:
        not_yet(jobs.job_state(run).alive, run.name)
        return
    if confirm_parts.is_open():
        confirm_parts.show(project, run)
        return
    if unscored.is_unscored(report):
        unscored.show(project, run, report)
        problems.warnings(report.get("warnings") or [])
        with st.expander("What was chosen, how long it took, exact figures"):
            parts.details(report)
        return
    kind = kind_of(report)
    shell.answer(kind.headline(report))
    more = [parts.unlearned_sentence(report), reading_sentence(report.get("pretraining"))]
    more += [*asking_sentences(report.get("asked")), *earlier_sentences(report), *confirmed_sentences(report)]
    st.text("\n".join(line for line in (*kind.lines(report), *more) if line))
    parts.compared(report)
    st.caption(parts.looks_sentence(report))
    if report.get("ended") == "stopped":
        st.caption("You stopped this training early; these are the scores of the best model up to then.")
    problems.warnings(report.get("warnings") or [])
    if shell.primary("Put it to work"):
        state.go("use", run=run.name)
    confirm_parts.offer(project, run, report)
    st.space("medium")
    views = kind.views()
    view = st.segmented_control("Look closer", list(views), default=next(iter(views)), required=True, key="view")
    views[view](run, report)
    with st.expander("What was chosen, how long it took, exact figures"):
        parts.details(report)


def not_yet(alive: bool, run: str) -> None:
    if alive:
        st.info("The training is still running. The scores appear here when it ends.")
    else:
        what = "This training ended without a result."
        problems.problem(TlcoreError(what, "", "Look at Train to see why, and start again from there."))
    if shell.primary("Go to Train"):
        state.go("train", run=run)


shell.page("results", confirm_parts.QUESTION if confirm_parts.is_open() else "How good is it?")
show()
