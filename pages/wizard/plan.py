"""Step 4: the decision table with the row that matches, the recommendation, and the start."""

from __future__ import annotations

import streamlit as st

from pages.parts import agree, plan_parts, planning, shell, state, trial_parts, trying
from pages.parts.prepared import prepare
from pages.parts.problems import problem
from pages.parts.settings_form import settings_form
from pages.parts.words import escape_md
from pages.parts.writing_parts import instruction_box
from tlcore.advise import Recommendation
from tlcore.errors import TlcoreError
from tlcore.facts import Facts
from tlcore.strategies import get_strategy
from tlcore.tasks import get_task
from tlcore.workspace import Project


def main() -> None:
    shell.page("plan", "How should it be trained?")
    project = state.require_project()
    shell.require_open("check", project)
    try:
        with st.spinner("Looking at the rows …"):
            found = prepare(project)
            facts = planning.with_texts(found.facts, project)
    except TlcoreError as error:
        problem(error)
        st.page_link(state.PAGES["check"], label="Back to Check", query_params={state.PROJECT: project.id})
        return
    advised, chosen = _proposals(project, facts)
    shell.answer(chosen.sentence)
    _reasons(chosen)
    instruction_box(project, chosen.plan)
    _start(project, chosen)
    trial_parts.show(project, found)
    _table(project, facts, chosen)
    st.subheader("Ways to train", anchor=False)
    plan_parts.strategy_picker(project, advised)
    plan_parts.then_picker(project, chosen)
    agree.who_answers(project, chosen.plan)
    _advanced(project, chosen)


def _proposals(project: Project, facts: Facts) -> tuple[Recommendation, Recommendation]:
    """Ours, and the one for the way the user chose (with the user's settings)."""
    draft, machine = state.draft(project), plan_parts.machine()
    try:
        advised = planning.propose(facts, machine, draft, None)
    except TlcoreError as error:
        if not draft.get("base"):
            raise
        problem(error)  # a base model that is gone: go on with the one that came with Nudge
        draft = state.save(project, base=None)
        advised = planning.propose(facts, machine, draft, None)
    try:
        return advised, planning.propose(facts, machine, draft, draft.get("strategy") or advised.plan.strategy)
    except TlcoreError as error:
        problem(error)
        return advised, advised


def _reasons(chosen: Recommendation) -> None:
    if chosen.substituted:
        st.info(escape_md(chosen.substituted))
    st.markdown("\n".join(f"- {escape_md(reason)}" for reason in chosen.why))


def _start(project: Project, chosen: Recommendation) -> None:
    busy = planning.running(project)
    if busy:
        st.info("A training of this project is under way. A new one waits until it has ended.")
        st.page_link(state.PAGES["train"], label="Watch it", query_params={"project": project.id, "run": busy.name})
    asked = agree.box(project, chosen.plan)
    if shell.primary("Start training", disabled=asked.shut):
        trying.end(project)
        run = planning.start(project, chosen.plan, asked.agreement, asked.key)
        state.go("train", run=run.name)


def _table(project: Project, facts: Facts, chosen: Recommendation) -> None:
    st.subheader("Where you are in the decision table", anchor=False)
    plan_parts.case_pickers(project, planning.measured(facts, plan_parts.machine(), chosen.plan.task))
    own = planning.own_numbers(facts, plan_parts.machine(), chosen.plan.task)
    st.html(planning.decision_html(chosen.row, own))


def _advanced(project: Project, chosen: Recommendation) -> None:
    strategy = get_strategy(chosen.plan.strategy)
    with st.expander("Advanced: base model, settings, seed"):
        plan_parts.base_picker(project)
        st.caption(f"Settings of “{escape_md(strategy.title)}”: {escape_md(strategy.sentence)}")
        settings_form(project, strategy.name, get_task(chosen.plan.task).settings(strategy))
        if chosen.plan.then:
            then = get_strategy(chosen.plan.then)
            st.caption(f"And of “{escape_md(then.title)}”:")
            settings_form(project, then.name, then.Settings)
        help = "The same seed gives the same split and the same model. Another seed shows how much is luck."
        st.number_input("Seed", 0, 2**31 - 1, step=1, help=help, **state.kept(project, "seed", 0))


main()
