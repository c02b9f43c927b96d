"""Put it to work: ask it, score a spreadsheet, take it away."""

from __future__ import annotations

import streamlit as st

from pages.parts import shelf_parts, shell, small_zip, state, zip_parts
from pages.parts import use_parts as parts
from tlcore import jobs

VIEWS = ("Ask it", "Score a spreadsheet", "Take it away", "Shelf of small parts")


def show() -> None:
    project, run = state.require_run()
    if not (run / "report.json").exists():
        alive = jobs.job_state(run).alive
        st.info("The training is still running." if alive else "This training ended without a model.")
        if shell.primary("Go to Train"):
            state.go("train", run=run.name)
        return
    view = st.segmented_control(
        "How?", VIEWS, required=True, label_visibility="collapsed", **state.kept(project, "use", VIEWS[0], VIEWS)
    )
    if view == "Ask it":
        st.fragment(parts.ask)(project, run)
    elif view == "Score a spreadsheet":
        parts.sheet(project, run)
    elif view == "Take it away":
        zip_parts.take_away(project, run)
        small_zip.small_zip(project, run)
    else:
        shelf_parts.shelf(project, run)


shell.page("use", "Put it to work")
show()
