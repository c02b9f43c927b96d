"""How good is it? The answer in a sentence, beside the simple methods; then classes, mix-ups and the wrong rows."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.parts import problems, shell, state
from pages.parts import results_parts as parts
from tlcore import jobs
from tlcore.errors import TlcoreError
from tlcore.files import read_json
from tlcore.told_reading import reading_sentence

VIEWS = ("Wrong rows", "Classes", "Mix-ups")


def show() -> None:
    _, run = state.require_run()
    report: dict[str, Any] | None = read_json(run / "report.json")
    if not report:
        not_yet(jobs.job_state(run).alive, run.name)
        return
    shell.answer(parts.headline(report))
    st.text("\n".join(line for line in (parts.wrong_sentence(report), parts.difference_sentence(report)) if line))
    if sentence := reading_sentence(report.get("pretraining")):
        st.text(sentence)
    parts.compared(report)
    st.caption(parts.looks_sentence(report))
    if report.get("ended") == "stopped":
        st.caption("You stopped this training early; these are the scores of the best model up to then.")
    problems.warnings(report.get("warnings") or [])
    if shell.primary("Put it to work"):
        state.go("use", run=run.name)
    st.space("medium")
    view = st.segmented_control("Look closer", VIEWS, default=VIEWS[0], required=True, key="view")
    if view == "Wrong rows":
        parts.wrong(run)
    elif view == "Classes":
        parts.classes(report)
    elif view == "Mix-ups":
        parts.mix_ups(report)
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


shell.page("results", "How good is it?")
show()
