"""The frame around every screen: the thin line of steps, the question, the one primary button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.parts import problems, state
from pages.parts.named import has_roles
from pages.parts.prepared import is_prepared
from pages.parts.spreadsheet import spreadsheet
from pages.parts.words import escape_md
from tlcore.errors import TlcoreError
from tlcore.workspace import Project

__all__ = ["STEPS", "Step", "answer", "closed", "page", "primary", "problems", "require_open", "term", "text_table"]


@dataclass(frozen=True)
class Step:
    """A step of the wizard: its name in addresses, its title, and what it answers (shown on hover)."""

    name: str
    title: str
    about: str

    @property
    def script(self) -> str:
        return state.PAGES[self.name]


STEPS: tuple[Step, ...] = (
    Step("projects", "Projects", "Continue, start new, or try an example"),
    Step("data", "Data", "Choose a spreadsheet and its columns"),
    Step("check", "Check", "See what the rows look like"),
    Step("plan", "Plan", "Choose how to train"),
    Step("train", "Train", "Watch the model learn"),
    Step("results", "Results", "See how good it is"),
    Step("use", "Use", "Ask it, score a sheet, take it away"),
)


def page(step: str, question: str) -> None:
    """Draw the line of steps and the question. Call it first on every page."""
    state.forget(state.EMPTIED)
    try:
        current = state.project()
        run = state.current_run(current) if current else None
    except TlcoreError:
        current, run = None, None
    _style()
    with st.container(horizontal=True, gap="small", key="steps"):
        for place in STEPS:
            _step(place, step, current, run)
        with st.container(horizontal=True, horizontal_alignment="right", gap="small", key="more"):
            st.page_link(state.PAGES["learn"], label="Words", help="What the words mean, and the decision table")
            st.page_link(state.PAGES["settings"], label="Settings", help="Where everything lies")
    st.title(question, anchor=False)


def closed(step: str, project: Project | None, run: Any = None) -> str:
    """Why a step is still closed, in one sentence; "" where it is open."""
    if step in ("projects", "data"):
        return ""
    if project is None:
        return "Opens once a spreadsheet is chosen in Data."
    draft = state.draft(project)
    if spreadsheet(project) is None or not has_roles(draft):
        return "Opens once a spreadsheet and its text column are chosen in Data, and its label column, or labels are named."
    if step == "plan" and not is_prepared(project):
        return "Opens once the data has been checked."
    if step == "train" and run is None:
        return "Opens once a plan has been started."
    if step in ("results", "use") and not (run and (run / "report.json").exists()):
        return "Opens once a model has been trained."
    return ""


def require_open(step: str, project: Project) -> None:
    """Explain why a step is closed, show the way, and end the page; nothing where it is open."""
    why = closed(step, project)
    if why:
        st.info(why)
        back = "data" if closed("check", project) else "check" if step == "plan" else "plan"
        st.page_link(state.PAGES[back], label=f"Go to {back.capitalize()}", query_params={state.PROJECT: project.id})
        st.stop()


def answer(sentence: str, help: str | None = None) -> None:
    """The answer in a sentence, before any chart. Plain text: it is escaped."""
    with st.container(key="answer"):
        st.markdown(escape_md(sentence), help=escape_md(help) if help else None, anchors=False)


def primary(label: str, *, key: str | None = None, disabled: bool = False, help: str | None = None) -> bool:
    """The one primary button of a screen; True when pressed."""
    st.space("small")
    return st.button(label, key=key or "primary", type="primary", disabled=disabled, help=help)


def term(word: str, explanation: str) -> None:
    """A plain word, with the field's name for it (or an exact figure) on hover."""
    st.markdown(escape_md(word), help=escape_md(explanation), anchors=False)


def text_table(
    columns: Mapping[str, Sequence[Any]],
    *,
    key: str | None = None,
    height: int | None = None,
    widths: Mapping[str, Any] | None = None,
    alt: str | None = None,
) -> None:
    """A table of the user's own text (never formatted, never fetched). widths: small, medium, large or pixels."""
    import pandas as pd

    frame = pd.DataFrame({name: list(values) for name, values in columns.items()})
    config = {
        name: st.column_config.TextColumn(width=(widths or {}).get(name))
        if frame[name].dtype.kind not in "iuf"
        else st.column_config.NumberColumn(width=(widths or {}).get(name))
        for name in frame.columns
    }
    size: dict[str, Any] = {} if height is None else {"height": height}
    st.dataframe(frame, hide_index=True, column_config=config, key=key, alt=alt, **size)


def _step(place: Step, here: str, project: Project | None, run: Any) -> None:
    why = closed(place.name, project, run)
    names = [step.name for step in STEPS]
    done = here in names and names.index(place.name) < names.index(here)
    mark = "✓ " if done and not why else ""
    query = {} if project is None or place.name == "projects" else {state.PROJECT: project.id}
    with st.container(key=f"step-{'here' if place.name == here else 'other'}-{place.name}", width="content"):
        st.page_link(
            place.script,
            label=f"{mark}{place.title}",
            help=why or place.about,
            disabled=bool(why) and place.name != here,
            query_params=query or None,
        )


def _style() -> None:
    st.html("""<style>
    .stMainBlockContainer {max-width: 62rem; padding-top: 3rem; padding-bottom: 6rem;}
    .st-key-steps {border-bottom: 1px solid rgba(128,140,150,.28); margin-bottom: .4rem; row-gap: .2rem;}
    [class*="st-key-step-here-"] {box-shadow: 0 3px 0 0 #1189a8; font-weight: 600;}
    .st-key-more {opacity: .8;}
    .stMain h1 {font-size: 2.1rem; padding-bottom: .3rem;}
    .stMain h3 {font-size: 1.25rem; padding-top: 1.4rem;}
    .st-key-answer p {font-size: 1.2rem; line-height: 1.5;}
    [data-variant="segmented_control"][data-selected] p {color: light-dark(#0B6E8A, #9BDCF0); font-weight: 600;}
    .stMain [data-testid="stMetricValue"] {font-size: 1.5rem;}
    </style>""")
